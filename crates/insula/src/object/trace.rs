//! What the garbage collector must see of stored data.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{CString, c_int, c_void};
use std::marker::PhantomData;

use crate::ffi;
use crate::object::obj::Obj;

/// Passes references on to the garbage collector during a traversal (`visitproc` and its argument).
pub struct Visitor<'v> {
    visit: ffi::visitproc,
    arg: *mut c_void,
    status: c_int,
    depth: usize,
    during: PhantomData<&'v ()>,
}

/// How deep the collector follows values that lie in memory of their own, one in the other: `Box`, `Vec` and their kin.
/// It runs on any thread, at any time, so that no stack is its own. What lies deeper is not reported, and so is taken
/// for used from outside: it and what it leads to are not collected, but released when the object dies.
const DEEPEST: usize = 1000;

thread_local! {
    /// How deep this thread clears values.
    static CLEARING: Cell<usize> = const { Cell::new(0) };
}

/// Clears what lies in memory of its own, unless that is too deep.
fn clear_within(clear: impl FnOnce()) {
    /// Goes back to the depth before, also when a destructor panics.
    struct Level(usize);
    impl Drop for Level {
        fn drop(&mut self) {
            CLEARING.set(self.0);
        }
    }
    let level = Level(CLEARING.get());
    if level.0 < DEEPEST {
        CLEARING.set(level.0 + 1);
        clear();
    }
}

impl Visitor<'_> {
    /// A visitor for one `tp_traverse` or `m_traverse` call.
    pub(crate) fn new(visit: ffi::visitproc, arg: *mut c_void) -> Self {
        Visitor { visit, arg, status: 0, depth: 0, during: PhantomData }
    }

    /// Reports one owned reference; once the collector asked to stop, does nothing. NULL is skipped, as `Py_VISIT`
    /// does.
    ///
    /// # Safety
    ///
    /// `object` is NULL or an object that the traversed object owns a reference to.
    #[inline]
    pub(crate) unsafe fn visit(&mut self, object: *mut ffi::PyObject) {
        if self.status == 0 && !object.is_null() {
            // SAFETY: the function and its argument come from the collector for this very traversal.
            self.status = unsafe { (self.visit)(object, self.arg) };
        }
    }

    /// Lets a built-in type's own `tp_traverse` report what it owns.
    ///
    /// # Safety
    ///
    /// The function belongs to a type that `object` is an instance of.
    #[inline]
    pub(crate) unsafe fn delegate(&mut self, traverse: Option<ffi::traverseproc>, object: *mut ffi::PyObject) {
        if let (0, Some(traverse)) = (self.status, traverse) {
            // SAFETY: the caller's promise; the function and its argument come from the collector for this very
            // traversal.
            self.status = unsafe { traverse(object, self.visit, self.arg) };
        }
    }

    /// Goes on with what lies in memory of its own, unless that is too deep.
    #[inline]
    fn within(&mut self, trace: impl FnOnce(&mut Self)) {
        if self.depth < DEEPEST {
            self.depth += 1;
            trace(self);
            self.depth -= 1;
        }
    }

    /// What `tp_traverse` returns.
    pub(crate) fn status(&self) -> c_int {
        self.status
    }
}

/// Data that may be stored in a class or in the module state: everything in it that refers to a Python object is
/// reported to the garbage collector.
///
/// Derive it (`#[derive(Trace)]`); `#[class]` and `#[state]` do so by themselves. Each field that mentions `'py` must
/// be `Trace<'py>`; every other field must be `'static + Send + Sync`, because an object may be used by, and die on,
/// any thread.
///
/// ```
/// use insula::prelude::*;
/// #[derive(Trace)]
/// struct Entry<'py> {
///     key: Obj<'py, Str>,
///     values: Vec<Obj<'py>>,
///     hits: u64,
/// }
/// ```
///
/// A value that holds another of its own type in a `Box` or `Vec` may become deeper than a stack: the collector follows
/// 1,000 levels, and what lies deeper keeps alive what it refers to until the object dies; and Rust drops such a value
/// level by level, as any list of boxes. Where others choose how deep it becomes, make the level a class
/// (`#[class(hidden)]`) and hold an `Obj<'py, Level<'py>>`: objects are released one after another.
///
/// # Safety
///
/// For the derive to implement. 1) Every brand inside the type is exactly `'py`, and no borrow uses it: there is no
/// `&'py T`.
/// 2) `trace_objects` reports every owned reference at most once; what it leaves out is not collected. 3) It runs no
/// Python code, changes no reference count, takes no lock and does not panic. 4) `clear_objects` drops what can change
/// after construction, leaving the value usable. 5) The type has no `Drop` of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a Python object or in the module state",
    label = "this field mentions `'py` and is invisible to the garbage collector",
    note = "store `Obj<'py>`, `Slot<'py>`, `Guarded<'py, T>`, or a container or struct of these that derives `Trace`",
    note = "for shared ownership (`Rc`, `Arc`), make what is shared a class of its own, `#[class(hidden)]`, and hold \
            `Obj<'py, TheClass>`: the collector counts each owner",
    note = "data of another crate without objects in it: wrap it in a struct of your own that derives `Trace`, whose \
            field has no `'py`",
    note = "a borrow such as `&'py str` ends with the call it came from: store a `String` or an `Obj<'py, Str>` instead"
)]
// The methods have names that no other type's have: the trait is in scope wherever the prelude is, and a `clear(&self)`
// would be found before the `clear(&mut self)` of a `Vec`, and clear nothing.
pub unsafe trait Trace<'py> {
    /// Whether a value can own a reference at all. Plain data says no: objects that hold nothing else die without the
    /// care that long chains of objects need.
    const HOLDS_OBJECTS: bool = true;

    /// Reports every reference that this value owns.
    fn trace_objects(&self, visitor: &mut Visitor<'_>);

    /// Lets go of what can change after construction, to break reference cycles (`tp_clear`).
    fn clear_objects(&self) {}
}

// SAFETY: one owned reference, reported once; it cannot change, so there is nothing to clear.
unsafe impl<'py, T> Trace<'py> for Obj<'py, T> {
    #[inline]
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: `self` owns the reference.
        unsafe { visitor.visit(self.as_ptr()) }
    }
}

macro_rules! leaves {
    ($($ty:ty),* $(,)?) => { $(
        // SAFETY: plain data without any reference to a Python object; `'static + Send + Sync`, as checked here.
        unsafe impl<'py> Trace<'py> for $ty {
            const HOLDS_OBJECTS: bool = false;
            #[inline]
            fn trace_objects(&self, _: &mut Visitor<'_>) {
                const fn plain<T: 'static + Send + Sync>() {}
                const { plain::<$ty>() };
            }
        }
    )* };
}

leaves!((), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
leaves!(String, CString, std::path::PathBuf, std::ffi::OsString, Box<str>, std::sync::Arc<str>);
leaves!(std::time::Duration, std::time::Instant, std::time::SystemTime);

// SAFETY: the contained value, if any, is reported once and cleared.
unsafe impl<'py, T: Trace<'py>> Trace<'py> for Option<T> {
    const HOLDS_OBJECTS: bool = T::HOLDS_OBJECTS;
    #[inline]
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        if let Some(value) = self {
            value.trace_objects(visitor);
        }
    }
    fn clear_objects(&self) {
        if let Some(value) = self {
            value.clear_objects();
        }
    }
}

// SAFETY: the contained value is reported once and cleared.
unsafe impl<'py, T: Trace<'py>> Trace<'py> for Box<T> {
    #[inline]
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        visitor.within(|visitor| (**self).trace_objects(visitor));
    }
    fn clear_objects(&self) {
        clear_within(|| (**self).clear_objects());
    }
}

/// Containers whose elements `iter` gives, each once.
macro_rules! sequences {
    ($([$($generics:tt)*] $ty:ty;)*) => { $(
        // SAFETY: `iter` gives every element once; behind `&self` only the elements can change, and each is cleared.
        unsafe impl<'py, $($generics)*> Trace<'py> for $ty {
            #[inline]
            fn trace_objects(&self, visitor: &mut Visitor<'_>) {
                visitor.within(|visitor| self.iter().for_each(|item| item.trace_objects(visitor)));
            }
            fn clear_objects(&self) {
                clear_within(|| self.iter().for_each(Trace::clear_objects));
            }
        }
    )* };
}
sequences! {
    [T: Trace<'py>] Vec<T>;
    [T: Trace<'py>] Box<[T]>;
    [T: Trace<'py>] std::collections::VecDeque<T>;
    [T: Trace<'py>, S: 'static + Send + Sync] std::collections::HashSet<T, S>;
    [T: Trace<'py>] std::collections::BTreeSet<T>;
    [T: Trace<'py>] std::collections::BinaryHeap<T>;
}

// SAFETY: `as_slice` gives every element that is left once; behind `&self` only the elements can change, and each is
// cleared.
unsafe impl<'py, T: Trace<'py>> Trace<'py> for std::vec::IntoIter<T> {
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        visitor.within(|visitor| self.as_slice().iter().for_each(|item| item.trace_objects(visitor)));
    }
    fn clear_objects(&self) {
        clear_within(|| self.as_slice().iter().for_each(Trace::clear_objects));
    }
}

// SAFETY: `iter` gives every element once, and each is cleared.
unsafe impl<'py, T: Trace<'py>, const N: usize> Trace<'py> for [T; N] {
    #[inline]
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|item| item.trace_objects(visitor));
    }
    fn clear_objects(&self) {
        self.iter().for_each(Trace::clear_objects);
    }
}

/// Maps: keys and values are reported; the hasher must be plain data, for it may not smuggle a reference in.
macro_rules! maps {
    ($([$($generics:tt)*] $ty:ty;)*) => { $(
        // SAFETY: `iter` gives every entry once; behind `&self` only keys and values can change, and each is cleared.
        unsafe impl<'py, $($generics)*> Trace<'py> for $ty {
            fn trace_objects(&self, visitor: &mut Visitor<'_>) {
                visitor.within(|visitor| {
                    self.iter().for_each(|(key, value)| {
                        key.trace_objects(visitor);
                        value.trace_objects(visitor);
                    });
                });
            }
            fn clear_objects(&self) {
                clear_within(|| {
                    self.iter().for_each(|(key, value)| {
                        key.clear_objects();
                        value.clear_objects();
                    });
                });
            }
        }
    )* };
}
maps! {
    [K: Trace<'py>, V: Trace<'py>, S: 'static + Send + Sync] HashMap<K, V, S>;
    [K: Trace<'py>, V: Trace<'py>] BTreeMap<K, V>;
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => { $(
        // SAFETY: every element is reported once and cleared.
        unsafe impl<'py, $($name: Trace<'py>),+> Trace<'py> for ($($name,)+) {
            #[allow(non_snake_case)]
            #[inline]
            fn trace_objects(&self, visitor: &mut Visitor<'_>) {
                let ($($name,)+) = self;
                $($name.trace_objects(visitor);)+
            }
            #[allow(non_snake_case)]
            fn clear_objects(&self) {
                let ($($name,)+) = self;
                $($name.clear_objects();)+
            }
        }
    )* };
}
tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) }

/// A type that implements it has no `Drop`: the derive implements it for the type itself, which conflicts with this one
/// if the type implements `Drop`. A destructor written by hand could reach Python objects while the object dies.
#[doc(hidden)]
#[allow(drop_bounds, dead_code, reason = "the bound is the point: it makes a second implementation conflict")]
pub trait MustNotImplDrop {}

#[allow(drop_bounds, reason = "the bound is the point: it makes a second implementation conflict")]
impl<T: Drop + ?Sized> MustNotImplDrop for T {}

/// Accepts a field that does not mention `'py`: it must be plain data.
#[doc(hidden)]
#[inline]
pub fn plain_field<T: Plain>(_: &T) {}

/// Data that no thread or interpreter owns: what a field without `'py` must be. Every `'static + Send + Sync` type is.
///
/// # Safety
///
/// A value may be used by any thread, by several at once, and dropped by any.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a Python object or in the module state",
    label = "a field that does not mention `'py` must be plain data: `'static + Send + Sync`",
    note = "an object may be used by, and die on, any thread: use atomics, `Mutex`, `PyCell<'py, T>` or \
            `Guarded<'py, T>` instead of `Cell`, `RefCell` and `Rc`"
)]
pub unsafe trait Plain: 'static {}
// SAFETY: that is what `Send` and `Sync` say.
unsafe impl<T: 'static + Send + Sync> Plain for T {}
