//! The framework's own synchronisation under loom, which runs each model in every order in which its threads' steps can
//! follow one another, and with every value that the memory model lets a load see.
//!
//! The files are those of `crates/insula/src/thread/sync`, compiled as for a free-threaded build, on loom's locks and
//! atomics.

#![cfg(test)]
#![allow(clippy::undocumented_unsafe_blocks, reason = "whether each access is sound is what loom checks")]

#[path = "../../../crates/insula/src/thread/sync/flag.rs"]
mod flag;
#[path = "../../../crates/insula/src/thread/sync/lifecycle.rs"]
#[allow(dead_code, reason = "what a fork needs has no model: only one thread is there then")]
mod lifecycle;
#[path = "../../../crates/insula/src/thread/sync/place.rs"]
mod place;
#[path = "../../../crates/insula/src/thread/sync/store.rs"]
mod store;

mod primitives {
    pub(crate) use loom::sync::atomic::{AtomicIsize, AtomicPtr, Ordering};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use loom::thread::{ThreadId, current};
}

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use flag::Flag;
use lifecycle::{Lifecycle, Refusal};
use place::{FieldLock, Place};
use store::Store;

/// Runs a model in every order in which threads are interrupted at most this often: more interruptions than faults of
/// this kind need, few enough to take seconds.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// What would be an interpreter: visitors use it, the end takes it away.
struct Interpreter {
    lifecycle: Lifecycle,
    alive: UnsafeCell<bool>,
}

#[test]
fn the_end_waits_for_every_visitor() {
    check(|| {
        let interpreter = Arc::new(Interpreter { lifecycle: Lifecycle::new(), alive: UnsafeCell::new(true) });
        let visitors: Vec<_> = (0..2)
            .map(|_| {
                let interpreter = Arc::clone(&interpreter);
                thread::spawn(move || {
                    if interpreter.lifecycle.enter() {
                        // A visit within the visit is admitted whatever happens meanwhile.
                        assert!(interpreter.lifecycle.enter());
                        interpreter.lifecycle.leave();
                        interpreter.alive.with(|alive| assert!(unsafe { *alive }, "it ended under a visitor"));
                        interpreter.lifecycle.leave();
                    }
                })
            })
            .collect();
        if interpreter.lifecycle.close() {
            interpreter.lifecycle.wait();
        }
        interpreter.alive.with_mut(|alive| unsafe { *alive = false });
        assert!(!interpreter.lifecycle.enter());
        visitors.into_iter().for_each(|visitor| visitor.join().unwrap());
    });
}

#[test]
fn who_ends_from_inside_waits_for_the_others_only() {
    check(|| {
        let lifecycle = Arc::new(Lifecycle::new());
        assert!(lifecycle.enter());
        let visitor = {
            let lifecycle = Arc::clone(&lifecycle);
            thread::spawn(move || {
                if lifecycle.enter() {
                    lifecycle.leave();
                }
            })
        };
        if lifecycle.close() {
            lifecycle.wait();
        }
        lifecycle.leave();
        visitor.join().unwrap();
    });
}

#[test]
fn one_thread_ends_it_while_others_enter() {
    check(|| {
        let interpreter = Arc::new(Interpreter { lifecycle: Lifecycle::new(), alive: UnsafeCell::new(true) });
        let visitor = {
            let interpreter = Arc::clone(&interpreter);
            thread::spawn(move || {
                if interpreter.lifecycle.enter() {
                    interpreter.alive.with(|alive| assert!(unsafe { *alive }, "it ended under a visitor"));
                    interpreter.lifecycle.leave();
                }
            })
        };
        let ending = |interpreter: &Interpreter| match interpreter.lifecycle.claim(true, || false) {
            Ok(()) => {
                interpreter.alive.with_mut(|alive| unsafe { *alive = false });
                interpreter.lifecycle.settle(true);
                true
            }
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Ended);
                assert!(interpreter.lifecycle.settled(), "the other thread goes through with it");
                false
            }
        };
        let other = {
            let interpreter = Arc::clone(&interpreter);
            thread::spawn(move || ending(&interpreter))
        };
        let mine = ending(&interpreter);
        assert!(mine != other.join().unwrap(), "one of them ends it");
        assert!(!interpreter.lifecycle.enter() && !interpreter.lifecycle.is_open());
        visitor.join().unwrap();
    });
}

#[test]
fn an_end_that_fails_opens_it_again() {
    check(|| {
        let lifecycle = Arc::new(Lifecycle::new());
        let visitor = {
            let lifecycle = Arc::clone(&lifecycle);
            thread::spawn(move || {
                let admitted = lifecycle.enter();
                if admitted {
                    assert_eq!(
                        lifecycle.claim(true, || false),
                        Err(if lifecycle.is_open() { Refusal::Inside } else { Refusal::Ended })
                    );
                    lifecycle.leave();
                }
                admitted
            })
        };
        match lifecycle.claim(false, || false) {
            Ok(()) => lifecycle.settle(false),
            Err(refusal) => assert_eq!(refusal, Refusal::Busy),
        }
        assert!(!lifecycle.settled());
        visitor.join().unwrap();
        assert!(lifecycle.enter(), "it is open again");
        assert_eq!(lifecycle.claim(true, || false), Err(Refusal::Inside));
        lifecycle.leave();
        assert_eq!(lifecycle.claim(true, || true), Err(Refusal::Inside));
    });
}

/// A reference that must be released exactly once.
struct Reference(Arc<AtomicUsize>);

fn release(references: Vec<Reference>) {
    for reference in references {
        assert_eq!(reference.0.fetch_add(1, Ordering::Relaxed), 0, "released twice");
    }
}

#[test]
fn a_reference_is_released_once_by_whoever_comes_first() {
    check(|| {
        let (store, count) = (Arc::new(Store::new()), Arc::new(AtomicUsize::new(0)));
        let place = store.insert(Reference(Arc::clone(&count))).ok().unwrap();
        let dropping = {
            let store = Arc::clone(&store);
            thread::spawn(move || store.give_up(place))
        };
        let draining = {
            let store = Arc::clone(&store);
            thread::spawn(move || release(store.take()))
        };
        // While it can be looked at, nobody has released it.
        let seen = store.with(place, |reference| reference.0.load(Ordering::Relaxed));
        assert!(seen.is_none_or(|released| released == 0));
        release(store.end());
        dropping.join().unwrap();
        draining.join().unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1, "never released");
        // After the end nothing comes in, and nothing more comes out.
        assert!(store.insert(Reference(Arc::clone(&count))).is_err());
        assert!(store.with(place, |_| ()).is_none() && store.take().is_empty() && store.end().is_empty());
    });
}

#[test]
fn a_place_is_not_used_again_while_its_root_lives() {
    check(|| {
        let store = Arc::new(Store::new());
        let mine = store.insert(1).unwrap();
        let other = {
            let store = Arc::clone(&store);
            thread::spawn(move || {
                let place = store.insert(2).unwrap();
                assert_eq!(store.with(place, |item| *item), Some(2));
                store.give_up(place);
            })
        };
        assert_eq!(store.with(mine, |item| *item), Some(1));
        store.give_up(mine);
        other.join().unwrap();
        let mut out = store.take();
        out.sort_unstable();
        assert_eq!(out, [1, 2]);
    });
}

/// A borrow flag and what it guards.
struct Guarded {
    flag: Flag,
    value: UnsafeCell<u32>,
}

#[test]
fn a_borrow_to_change_excludes_all_others() {
    check(|| {
        let guarded = Arc::new(Guarded { flag: Flag::new(), value: UnsafeCell::new(0) });
        let changing = |guarded: &Guarded| {
            if guarded.flag.seize() {
                // loom reports it if anybody else looks meanwhile.
                guarded.value.with_mut(|value| unsafe { *value += 1 });
                guarded.flag.release();
            }
        };
        let reading = |guarded: &Guarded| {
            if guarded.flag.share() {
                guarded.value.with(|value| unsafe { *value });
                guarded.flag.unshare();
            }
        };
        let threads = [
            thread::spawn({
                let guarded = Arc::clone(&guarded);
                move || changing(&guarded)
            }),
            thread::spawn({
                let guarded = Arc::clone(&guarded);
                move || reading(&guarded)
            }),
        ];
        changing(&guarded);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(guarded.flag.seize(), "a borrow was not given back");
    });
}

/// An object with a reference count.
struct Object {
    count: AtomicUsize,
    freed: AtomicBool,
}

impl Object {
    fn leak() -> *mut Self {
        Box::into_raw(Box::new(Object { count: AtomicUsize::new(1), freed: AtomicBool::new(false) }))
    }

    fn retain(&self) {
        assert!(!self.freed.load(Ordering::Relaxed), "retained after it was freed");
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// One reference less; who drops the last frees.
    fn drop_one(&self) {
        if self.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            assert!(!self.freed.swap(true, Ordering::Relaxed), "freed twice");
        }
    }
}

#[test]
fn what_is_read_from_a_place_is_alive() {
    check(|| {
        let (first, second) = (Object::leak(), Object::leak());
        let place = Arc::new(Place::new(first));
        let setting = {
            let (place, second) = (Arc::clone(&place), second as usize);
            thread::spawn(move || {
                let before = place.replace(second as *mut Object);
                // Released after the lock.
                unsafe { (*before).drop_one() };
            })
        };
        let got = place.get(|object| unsafe { object.as_ref().retain() }).unwrap();
        unsafe {
            assert!(!got.as_ref().freed.load(Ordering::Relaxed));
            got.as_ref().drop_one();
        }
        setting.join().unwrap();
        unsafe {
            assert_eq!(place.peek(), second);
            (*place.replace(std::ptr::null_mut())).drop_one();
            for object in [first, second] {
                assert!((*object).freed.load(Ordering::Relaxed));
                drop(Box::from_raw(object));
            }
        }
    });
}

#[test]
fn a_field_lock_lets_one_in() {
    check(|| {
        let field = Arc::new((FieldLock::new(), UnsafeCell::new(0)));
        let add = |field: &(FieldLock, UnsafeCell<u32>)| {
            field.0.hold(|| field.1.with_mut(|value| unsafe { *value += 1 }));
        };
        let other = {
            let field = Arc::clone(&field);
            thread::spawn(move || add(&field))
        };
        add(&field);
        other.join().unwrap();
        assert_eq!(field.0.hold(|| field.1.with(|value| unsafe { *value })), 2);
    });
}
