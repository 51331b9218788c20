//! `Memo`: where something was found last time, without owning it and without ever being out of date.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ffi;
use crate::object::cell::PyCell;
use crate::object::obj::Obj;
use crate::object::trace::{Trace, Visitor};

/// How many stamps one [`Stamps`] takes from the process at a time: enough for a day of ten in each microsecond.
const BLOCK: u64 = 1 << 40;

/// The next block of stamps. Plain data; taken from when a module object is made.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Where stamps come from: a field of the module state.
///
/// No two stamps in a process are the same, whoever gives them out.
pub struct Stamps<'py> {
    last: PyCell<'py, u64>,
}

impl<'py> Stamps<'py> {
    /// A source of stamps.
    pub fn new() -> Self {
        Stamps { last: PyCell::new(block()) }
    }

    /// Gives a value its stamp.
    #[inline]
    pub fn stamp<T>(&self, value: T) -> Stamped<T> {
        let number = self.last.update(|last| {
            let used_up = (last + 1).is_multiple_of(BLOCK);
            1 + if used_up { block() } else { last }
        });
        Stamped { value, number }
    }
}

/// The number below the first of a block that nobody else has.
fn block() -> u64 {
    let block = NEXT.fetch_add(1, Ordering::Relaxed);
    // The first block to come round again would have numbers that were given out.
    assert!(block < u64::MAX / BLOCK, "there were more than 16 million sources of stamps in this process");
    block * BLOCK
}

impl Default for Stamps<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// A value with a number that no other value in the process has, or will ever have.
///
/// From now on there is no `&mut` to it, and no way to take it out again: [`Memo`] builds on that.
pub struct Stamped<T> {
    value: T,
    number: u64,
}

impl<T> Stamped<T> {
    /// The number.
    #[inline]
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl<T> std::ops::Deref for Stamped<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Remembers what was found in one [`Stamped`] value: as long as it is asked with the same one, finding it again costs
/// a comparison of two numbers. It owns nothing, so it keeps nothing alive.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// use insula::{Memo, Stamped, Stamps};
///
/// #[state]
/// struct State<'py> {
///     stamps: Stamps<'py>,
/// }
/// #     #[exec]
/// #     fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
/// #         Ok(State { stamps: Stamps::new() })
/// #     }
///
/// /// A table that never changes.
/// #[class]
/// struct Table<'py> {
///     entries: Stamped<Vec<(Obj<'py>, Obj<'py>)>>,
/// }
///
/// #[methods]
/// impl<'py> Table<'py> {
///     #[new]
///     fn new(cx: Cx<'py, State>, entries: Vec<(Obj<'py>, Obj<'py>)>) -> Self {
///         Table { entries: cx.state().stamps.stamp(entries) }
///     }
/// }
///
/// #[class]
/// struct Key<'py> {
///     memo: Memo<'py>,
/// }
///
/// #[methods]
/// impl<'py> Key<'py> {
///     #[new]
///     fn new() -> Self {
///         Key { memo: Memo::new() }
///     }
///     /// The value in the table; the second time it is not searched.
///     fn of(slf: &Obj<'py, Self>, table: &Obj<'py, Table<'py>>) -> Option<Obj<'py>> {
///         slf.memo.find(&table.entries, slf, |entries, key| {
///             entries.iter().find(|(each, _)| each.is(key)).map(|(_, value)| value)
///         })
///     }
/// }
/// # }
/// # fn main() {}
/// ```
pub struct Memo<'py> {
    /// The number of the value, and the address of the object that was found in it.
    found: PyCell<'py, (u64, usize)>,
}

impl<'py> Memo<'py> {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        // No value has the number 0.
        Memo { found: PyCell::new((0, 0)) }
    }

    /// What was found in this value last time, or else what `find` finds now. Always ask one memo with the same key and
    /// the same function: it does not remember which.
    #[inline]
    pub fn find<T: Trace<'py>, K>(
        &self,
        of: &Stamped<T>,
        key: &Obj<'py, K>,
        find: for<'a, 'k> fn(&'a T, &'k Obj<'py, K>) -> Option<&'a Obj<'py>>,
    ) -> Option<Obj<'py>> {
        let (number, address) = self.found.get();
        if number == of.number {
            // SAFETY: the object is alive, and of this interpreter. 1) The number is that of `of`, and no other value
            // ever had it: `find` got the object from this very value, and returned a borrow of it that lasts as long
            // as the borrow of the value. 2) `find` is a function without captured data, for every such lifetime:
            // nothing tells it how long the borrow it was given lasts, and it could be all of the value's life, so what
            // it returned is valid for all of that. It cannot come from elsewhere: the key has a lifetime of its own,
            // neither type holds a borrow of `'py` (`Trace` says so of `T`, `Obj` holds none), and no static holds an
            // `Obj`. (One that was leaked lives on.) 3) The value lives: `of` is borrowed. It has been reached through
            // `&` only since it was stamped, moved or not, because `Stamped` gives nothing else.
            unsafe {
                let object = ptr::with_exposed_provenance_mut::<ffi::PyObject>(address);
                ffi::Py_INCREF(object);
                return Some(Obj::from_owned_non_null(ptr::NonNull::new_unchecked(object)));
            }
        }
        let found = find(&of.value, key)?.clone();
        self.found.set((of.number, found.as_ptr().expose_provenance()));
        Some(found)
    }
}

impl Default for Memo<'_> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: the value reports and clears itself, through `&`; the rest is plain data.
unsafe impl<'py, T: Trace<'py>> Trace<'py> for Stamped<T> {
    const HOLDS_OBJECTS: bool = T::HOLDS_OBJECTS;
    #[inline]
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        self.value.trace_objects(visitor);
    }
    fn clear_objects(&self) {
        self.value.clear_objects();
    }
}

// SAFETY: a number.
unsafe impl<'py> Trace<'py> for Stamps<'py> {
    const HOLDS_OBJECTS: bool = false;
    #[inline]
    fn trace_objects(&self, _: &mut Visitor<'_>) {}
}

// SAFETY: two numbers: it owns no reference.
unsafe impl<'py> Trace<'py> for Memo<'py> {
    const HOLDS_OBJECTS: bool = false;
    #[inline]
    fn trace_objects(&self, _: &mut Visitor<'_>) {}
}

impl std::fmt::Debug for Stamps<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stamps").field(&self.last).finish()
    }
}

impl<T> std::fmt::Debug for Stamped<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Stamped").field(&self.number).finish()
    }
}

impl std::fmt::Debug for Memo<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Memo").field(&self.found.get().0).finish()
    }
}
