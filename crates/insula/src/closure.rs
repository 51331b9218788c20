//! Rust closures as Python callables.

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::mem::offset_of;

use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::class::own_type::{self, OwnType, scope_of};
use crate::class::type_spec::TypeSpec;
use crate::cx::{Cx, Erased, cx};
use crate::def::StateDef;
use crate::ffi;
use crate::object::convert::callee::Callee;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ReferenceError};
use crate::object::obj::{Any, Obj};
use crate::object::recursion::Call;
use crate::object::slot::Slot;
use crate::object::trace::{Plain, Trace, Visitor};
use crate::object::types::Str;
use crate::root::{Family, Rooted};
use crate::trampoline::enter;

impl<'py, S: StateDef> Cx<'py, S>
where
    Erased<S>: StateDef<Module = S::Module> + 'static,
{
    /// A Python function that calls a Rust closure. `name` is its `__name__`.
    ///
    /// The closure gets a `Cx` of its own and the [`Arguments`] of the call, by position and by keyword. It may be
    /// called by any thread, by several at once and by itself, and dies on any thread. So it captures plain data
    /// (`'static + Send + Sync`); a [`Root`](crate::Root) is that too. Python objects go along by
    /// [`callable_with`](Self::callable_with).
    ///
    /// ```
    /// # #[insula::module]
    /// # mod demo {
    /// #     use insula::prelude::*;
    /// #     #[state]
    /// #     struct State;
    /// /// A function that adds `n` to what it is given.
    /// #[function]
    /// fn adder<'py>(cx: Cx<'py, State>, n: i64) -> PyResult<'py, Obj<'py>> {
    ///     cx.callable("add", move |cx, arguments| {
    ///         let (number,): (i64,) = arguments.extract(cx.py())?;
    ///         (number + n).into_py(cx.py())
    ///     })
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// `MemoryError`; the closure is then dropped.
    pub fn callable<F>(&self, name: &str, function: F) -> PyResult<'py, Obj<'py>>
    where
        F: for<'a, 'b> Fn(Cx<'b, Erased<S>>, Arguments<'a, 'b>) -> PyResult<'b, Obj<'b>> + Plain,
    {
        let body = Box::new(Alone::<Erased<S>, F> { function, of: PhantomData });
        self.function(name, Slot::empty(), body)
    }

    /// The same with an object that the function keeps, and the closure is lent: the garbage collector sees it there,
    /// and collects a cycle through it. For several objects, take a tuple, or an instance of a `#[class(hidden)]`.
    ///
    /// ```
    /// # #[insula::module]
    /// # mod demo {
    /// #     use insula::prelude::*;
    /// #     #[state]
    /// #     struct State;
    /// /// A function that appends what it is given to a list.
    /// #[function]
    /// fn appender<'py>(cx: Cx<'py, State>, list: &Obj<'py, List>) -> PyResult<'py, Obj<'py>> {
    ///     cx.callable_with("append", list, |list, cx, arguments| {
    ///         for item in arguments.values() {
    ///             list.append(item)?;
    ///         }
    ///         Ok(cx.py().none())
    ///     })
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// As [`callable`](Self::callable).
    pub fn callable_with<T, O, F>(&self, name: &str, object: &Obj<'py, T>, function: F) -> PyResult<'py, Obj<'py>>
    where
        T: Rooted<'py, Family = O>,
        O: Family,
        F: for<'a, 'b> Fn(&'a Obj<'b, O::Of<'b>>, Cx<'b, Erased<S>>, Arguments<'a, 'b>) -> PyResult<'b, Obj<'b>>
            + Plain,
    {
        let body = Box::new(With::<Erased<S>, O, F> { function, of: PhantomData });
        self.function(name, Slot::new(object.clone().into_any()), body)
    }
}

impl<'py, S: StateDef> Cx<'py, S> {
    /// The function object for a closure.
    pub(crate) fn function(&self, name: &str, object: Slot<'py>, body: Box<dyn Body>) -> PyResult<'py, Obj<'py>> {
        let (call, name) = (call as ffi::vectorcallfunc, Str::new(self.py(), name)?);
        own_type::create::<ClosureType, _>(self.py(), self.block(), Closure { call, name, object, body })
    }
}

/// What a function object holds.
#[repr(C)]
struct Closure<'py> {
    call: ffi::vectorcallfunc,
    name: Obj<'py, Str>,
    /// What it was made with; empty if that is nothing, and once the collector has cleared it.
    object: Slot<'py>,
    body: Box<dyn Body>,
}

// SAFETY: the two references are reported once each; the closure is plain data. Clearing empties the slot, for which
// `call` is prepared.
unsafe impl<'py> Trace<'py> for Closure<'py> {
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        self.name.trace_objects(visitor);
        self.object.trace_objects(visitor);
    }

    fn clear_objects(&self) {
        self.object.clear_objects();
    }
}

/// The type of these function objects.
enum ClosureType {}

// SAFETY: 1) one type with any brand; 2) the slots and offsets are those of a `Closure`: CPython finds the vectorcall
// function where the offset says (PEP 590), and a member of the kind Py_T_OBJECT_EX holds an object; 3) the place is
// its own.
unsafe impl OwnType for ClosureType {
    type Of<'b> = Closure<'b>;
    const PLACE: usize = 0;
    const NAME: &'static CStr = c"insula.function";
    const DOC: &'static CStr = c"A function that is a closure in Rust.";

    fn describe(spec: &mut TypeSpec) {
        let at = |field: usize| own_type::offset::<Self>() + field;
        spec.flag(ffi::Py_TPFLAGS_HAVE_VECTORCALL);
        spec.slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void);
        spec.slot(ffi::Py_tp_repr, repr as *mut c_void);
        spec.member(c"__vectorcalloffset__", ffi::Py_T_PYSSIZET, at(offset_of!(Closure<'_>, call)), ffi::Py_READONLY);
        for name in [c"__name__", c"__qualname__"] {
            spec.member(name, ffi::Py_T_OBJECT_EX, at(offset_of!(Closure<'_>, name)), ffi::Py_READONLY);
        }
    }
}

/// A closure of whichever type: plain data, which may be used by several threads at once, and dropped by any.
pub(crate) trait Body: 'static {
    /// Calls it.
    ///
    /// # Safety
    ///
    /// `function` is the function object that holds it, alive for the call, and `object` what that was made with.
    unsafe fn call<'a, 'py>(
        &self,
        py: Py<'py>,
        function: *mut ffi::PyObject,
        object: Option<Obj<'py>>,
        arguments: Arguments<'a, 'py>,
    ) -> PyResult<'py, Obj<'py>>;
}

/// A closure that keeps no object.
struct Alone<S, F> {
    function: F,
    of: PhantomData<fn() -> S>,
}

impl<S, F> Body for Alone<S, F>
where
    S: StateDef + 'static,
    F: for<'a, 'b> Fn(Cx<'b, S>, Arguments<'a, 'b>) -> PyResult<'b, Obj<'b>> + Plain,
{
    unsafe fn call<'a, 'py>(
        &self,
        py: Py<'py>,
        function: *mut ffi::PyObject,
        _: Option<Obj<'py>>,
        arguments: Arguments<'a, 'py>,
    ) -> PyResult<'py, Obj<'py>> {
        // SAFETY: the caller's promise; a module of this state made it.
        let scope = unsafe { scope_of::<S::Module>(py, function) };
        (self.function)(cx::<S>(&scope)?, arguments)
    }
}

/// A closure with the object that it keeps.
struct With<S, T, F> {
    function: F,
    of: PhantomData<fn() -> (S, T)>,
}

impl<S, T, F> Body for With<S, T, F>
where
    S: StateDef + 'static,
    T: Family,
    F: for<'a, 'b> Fn(&'a Obj<'b, T::Of<'b>>, Cx<'b, S>, Arguments<'a, 'b>) -> PyResult<'b, Obj<'b>> + Plain,
{
    unsafe fn call<'a, 'py>(
        &self,
        py: Py<'py>,
        function: *mut ffi::PyObject,
        object: Option<Obj<'py>>,
        arguments: Arguments<'a, 'py>,
    ) -> PyResult<'py, Obj<'py>> {
        // SAFETY: the caller's promise; a module of this state made it.
        let scope = unsafe { scope_of::<S::Module>(py, function) };
        let Some(object) = object else {
            return Err(ReferenceError::new_err(py, "what the function was made with is gone"));
        };
        // SAFETY: `callable_with` put an object of this family there, and types do not change.
        let object: &Obj<'py, T::Of<'py>> = unsafe { object.cast_unchecked() };
        (self.function)(object, cx::<S>(&scope)?, arguments)
    }
}

/// The vectorcall function (PEP 590).
unsafe extern "C" fn call(
    function: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it with an instance of the type, whose instances alone have this function, and live
    // arguments, attached. It holds the function object for the call. The object that goes along is held here, for
    // the collector may clear the slot.
    unsafe {
        enter(|py| {
            let _call = Call::enter(py)?;
            let closure = own_type::value::<ClosureType>(function);
            let arguments = Arguments::vectorcall(args, ffi::PyVectorcall_NARGS(count).cast_unsigned(), &names)
                .of(Callee::Closure(&closure.name));
            closure.body.call(py, function, closure.object.get(), arguments).map(Obj::into_ptr)
        })
    }
}

/// `tp_repr`.
unsafe extern "C" fn repr(function: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it with an instance of the type, attached.
    unsafe {
        enter(|py| {
            let name = own_type::value::<ClosureType>(function).name.str()?;
            let object = Obj::<Any>::from_place(&function);
            let text = format!("<function {} at {:#x}>", name.to_str()?, object.address());
            Ok(Str::new(py, &text)?.into_ptr())
        })
    }
}
