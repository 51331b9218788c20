//! Rust futures as Python coroutines: what an `async fn` that Python calls returns.

mod async_cx;
mod awaited;
mod wake;

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_void};
use std::mem::offset_of;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use crate::arguments::scope::{FunctionScope, Scope};
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::call::methods::{Object, Return};
use crate::class::own_type::{self, OwnType, module_of, scope_of, value};
use crate::class::type_spec::TypeSpec;
use crate::def::{Block, MethodTable, ModuleDef};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RuntimeError, StopIteration, TypeError, ValueError};
use crate::object::obj::{Any, Obj};
use crate::object::slot::Slot;
use crate::object::trace::{Trace, Visitor};
use crate::object::types::{Str, Type};
use crate::root::{Root, Rooted};
use crate::thread::sync::Flag;
use crate::trampoline::enter;

pub use async_cx::{AsyncCx, AsyncError, async_cx};
pub use awaited::Awaited;
use wake::Waking;

/// The coroutine object for the future that `make` makes of the arguments of a call.
///
/// # Errors
///
/// `MemoryError`; `RuntimeError` if the module is not initialised; that of `make`.
pub fn coroutine<'py, S, F>(scope: &S, name: &CStr, make: impl FnOnce() -> PyResult<'py, F>) -> PyResult<'py, Obj<'py>>
where
    S: Scope<'py>,
    F: Future + Send + 'static,
    F::Output: for<'b> Return<'b, Object, FunctionScope<'b, S::Module>>,
{
    let py = scope.py();
    // SAFETY: the block lives for the call, which holds the module.
    let block = unsafe { scope.block()?.as_ref() };
    // So that `release_roots` finds it.
    block.record.get(py)?;
    let name = Str::intern(py, name)?;
    let future = make().inspect_err(|_| {
        // Some of the arguments may have been rooted already.
        // SAFETY: the call holds the module.
        unsafe { release_roots::<S::Module>(block.module.load(Ordering::Acquire)) };
    })?;
    let work: Box<dyn Work<S::Module>> = Box::new(Box::pin(future));
    let work = UnsafeCell::new(Some(work));
    let coroutine = Coroutine { name, running: Flag::new(), work, waits_for: Slot::empty() };
    own_type::create::<CoroutineType<S::Module>, _>(py, block, coroutine)
}

/// The receiver of an asynchronous method, which outlives the call.
///
/// # Errors
///
/// As [`Root::new`].
pub fn rooted<'py, T: Rooted<'py>>(scope: &impl Scope<'py>, object: &Obj<'py, T>) -> PyResult<'py, Root<T::Family>> {
    Root::new(scope.py(), object)
}

/// What a coroutine object holds.
struct Coroutine<'py, M> {
    name: Obj<'py, Str>,
    /// Whoever has seized it may use `work`, and nobody else.
    running: Flag,
    /// Nothing once it has come to an end.
    work: UnsafeCell<Option<Box<dyn Work<M>>>>,
    /// While it is suspended, what it has yielded: a loop's future, which a task may wait for until it is done, or
    /// `None`.
    waits_for: Slot<'py>,
}

// SAFETY: each of the two references is reported once. A future is plain data: it holds no object but through a `Root`.
unsafe impl<'py, M> Trace<'py> for Coroutine<'py, M> {
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        self.name.trace_objects(visitor);
        self.waits_for.trace_objects(visitor);
    }

    fn clear_objects(&self) {
        self.waits_for.clear_objects();
    }
}

/// The type of coroutine objects, of a module `M`.
struct CoroutineType<M>(std::marker::PhantomData<fn() -> M>);

// SAFETY: 1) one type with any brand; 2) the functions are for these coroutines, and a member of the kind
// Py_T_OBJECT_EX holds an object; 3) the place is its own.
unsafe impl<M: ModuleDef> OwnType for CoroutineType<M> {
    type Of<'b> = Coroutine<'b, M>;
    const PLACE: usize = 1;
    const NAME: &'static CStr = c"insula.coroutine";
    const DOC: &'static CStr = c"A coroutine that is a future in Rust.";

    fn describe(spec: &mut TypeSpec) {
        spec.slot(ffi::Py_am_await, awaited::<M> as *mut c_void);
        spec.slot(ffi::Py_tp_iter, itself as *mut c_void);
        spec.slot(ffi::Py_tp_iternext, next::<M> as *mut c_void);
        spec.slot(ffi::Py_tp_methods, Methods::<M>::TABLE.as_ptr().cast_mut().cast());
        spec.slot(ffi::Py_tp_repr, repr::<M> as *mut c_void);
        let at = own_type::offset::<Self>() + offset_of!(Coroutine<'_, M>, name);
        for name in [c"__name__", c"__qualname__"] {
            spec.member(name, ffi::Py_T_OBJECT_EX, at, ffi::Py_READONLY);
        }
    }

    unsafe fn dropped(module: *mut ffi::PyObject) {
        // SAFETY: the caller's promise; a module of `M` made the instance.
        unsafe { release_roots::<M>(module) };
    }
}

/// A future of whichever type, with a result that Python can have. It is `Send`: any thread may poll it or drop it, one
/// at a time.
trait Work<M: ModuleDef>: Send {
    /// Polls it.
    ///
    /// # Safety
    ///
    /// `coroutine` is the coroutine object that it was made for, alive for the call.
    unsafe fn poll<'py>(
        &mut self,
        py: Py<'py>,
        coroutine: *mut ffi::PyObject,
        context: &mut Context<'_>,
    ) -> Poll<PyResult<'py, Obj<'py>>>;
}

impl<M, F> Work<M> for Pin<Box<F>>
where
    M: ModuleDef,
    F: Future + Send + 'static,
    F::Output: for<'b> Return<'b, Object, FunctionScope<'b, M>>,
{
    unsafe fn poll<'py>(
        &mut self,
        py: Py<'py>,
        coroutine: *mut ffi::PyObject,
        context: &mut Context<'_>,
    ) -> Poll<PyResult<'py, Obj<'py>>> {
        self.as_mut().poll(context).map(|output| {
            // SAFETY: the caller's promise; a module of `M` made it.
            let scope = unsafe { scope_of::<M>(py, coroutine) };
            output.into_out(py, &scope)
        })
    }
}

/// Exclusive use of a coroutine's future, until this is dropped.
struct Running<'a, 'py, M>(&'a Coroutine<'py, M>);

impl<'a, 'py, M: ModuleDef> Running<'a, 'py, M> {
    /// # Errors
    ///
    /// `ValueError` if somebody runs it.
    fn begin(py: Py<'py>, coroutine: &'a Coroutine<'py, M>) -> PyResult<'py, Self> {
        if coroutine.running.seize() {
            Ok(Running(coroutine))
        } else {
            Err(ValueError::new_err(py, "coroutine already executing"))
        }
    }

    /// Puts the future back, or takes it out.
    fn replace(&self, work: Option<Box<dyn Work<M>>>) -> Option<Box<dyn Work<M>>> {
        // SAFETY: the flag keeps all others away until this is dropped; the borrow ends here.
        unsafe { std::mem::replace(&mut *self.0.work.get(), work) }
    }
}

impl<M> Drop for Running<'_, '_, M> {
    fn drop(&mut self) {
        self.0.running.release();
    }
}

/// How far a coroutine came.
enum Step<'py> {
    Yielded(Obj<'py>),
    Returned(Obj<'py>),
}

/// Lets a coroutine go on.
///
/// # Errors
///
/// What it raises; it has come to an end then, and its future is dropped.
///
/// # Safety
///
/// `object` is a coroutine object of a module `M`, alive for the call.
unsafe fn resume<'py, M: ModuleDef>(py: Py<'py>, object: *mut ffi::PyObject) -> PyResult<'py, Step<'py>> {
    // SAFETY: the caller's promise.
    let coroutine = unsafe { value::<CoroutineType<M>>(object) };
    let running = Running::begin(py, coroutine)?;
    let outstanding = wake::outstanding(coroutine.waits_for.get())?;
    if let Some(future) = &outstanding
        && !wake::is_of_running_loop(future)?
    {
        // It cannot be waited for from here: whoever waits for it keeps it.
        return Err(awaited_already(py));
    }
    coroutine.waits_for.set(None);
    let first = Outstanding(outstanding);
    // Taken out meanwhile: after an error or a panic nothing is left.
    let Some(mut work) = running.replace(None) else { return Err(ended(py)) };
    let waking = Waking::new();
    let waker = Waker::from(Arc::clone(&waking));
    // SAFETY: the caller's promise.
    match unsafe { work.poll(py, object, &mut Context::from_waker(&waker)) } {
        Poll::Ready(result) => {
            drop(work);
            // SAFETY: the coroutine holds its module.
            unsafe { release_roots::<M>(module_of(object)) };
            result.map(Step::Returned)
        }
        Poll::Pending => {
            // Only the waker of the last poll counts: it wakes all who wait, since they wait for one future.
            let waits_for = waking.wait(py, first.0.clone())?;
            running.replace(Some(work));
            coroutine.waits_for.set(Some(first.keep().unwrap_or_else(|| waits_for.clone())));
            Ok(Step::Yielded(waits_for))
        }
    }
}

/// The loop's future that somebody may still wait for while somebody else has the coroutine go on, or ends it. Dropped,
/// it becomes done: who waits for it finds out what became of the coroutine.
struct Outstanding<'py>(Option<Obj<'py>>);

impl<'py> Outstanding<'py> {
    fn keep(mut self) -> Option<Obj<'py>> {
        self.0.take()
    }
}

impl Drop for Outstanding<'_> {
    fn drop(&mut self) {
        if let Some(future) = self.0.take() {
            // It fails where the loop is closed meanwhile: nobody waits then.
            let _ = wake::call_soon(&future, &wake::DONE);
        }
    }
}

#[cold]
fn awaited_already(py: Py<'_>) -> PyErr<'_> {
    RuntimeError::new_err(py, "coroutine is being awaited already")
}

#[cold]
fn ended(py: Py<'_>) -> PyErr<'_> {
    RuntimeError::new_err(py, "cannot reuse already awaited coroutine")
}

/// Releases what the roots of a future that was dropped held: a root leaves that to who comes next.
///
/// # Safety
///
/// Attached; `module` is a live module object of `M`.
unsafe fn release_roots<M: ModuleDef>(module: *mut ffi::PyObject) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(block) = Block::<M>::of(module) {
            block.as_ref().record.drain();
        }
    }
}

/// Drops the future; whether there was one.
///
/// # Safety
///
/// As [`resume`].
unsafe fn cancel<'py, M: ModuleDef>(py: Py<'py>, object: *mut ffi::PyObject) -> PyResult<'py, bool> {
    // SAFETY: the caller's promise.
    let coroutine = unsafe { value::<CoroutineType<M>>(object) };
    let running = Running::begin(py, coroutine)?;
    // What is asked about it fails only where there is no loop to wake anybody.
    let first = Outstanding(wake::outstanding(coroutine.waits_for.replace(None)).unwrap_or_default());
    let was_there = running.replace(None).is_some();
    // SAFETY: the coroutine holds its module.
    unsafe { release_roots::<M>(module_of(object)) };
    drop(first);
    Ok(was_there)
}

/// The functions in the type's table.
struct Methods<M>(std::marker::PhantomData<M>);

impl<M: ModuleDef> Methods<M> {
    /// CPython only reads it.
    const TABLE: &'static [ffi::PyMethodDef; 4] = &[
        entry(
            c"send",
            ffi::PyMethodDefPointer { PyCFunction: send::<M> },
            ffi::METH_O,
            c"send($self, value, /)\n--\n\nLets the coroutine go on. The value is not used.",
        ),
        entry(
            c"throw",
            ffi::PyMethodDefPointer { PyCFunctionFast: throw::<M> },
            ffi::METH_FASTCALL,
            c"throw($self, type, value=None, traceback=None, /)\n--\n\nDrops the future, and raises the exception.",
        ),
        entry(
            c"close",
            ffi::PyMethodDefPointer { PyCFunction: close::<M> },
            ffi::METH_NOARGS,
            c"close($self, /)\n--\n\nDrops the future.",
        ),
        MethodTable::END,
    ];
}

const fn entry(
    name: &'static CStr,
    function: ffi::PyMethodDefPointer,
    flags: std::ffi::c_int,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef { ml_name: name.as_ptr(), ml_meth: function, ml_flags: flags, ml_doc: doc.as_ptr() }
}

/// `__await__`: of a coroutine that is suspended, somebody awaits it.
unsafe extern "C" fn awaited<M: ModuleDef>(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it with an instance of the type, attached; the result is a new reference to it.
    unsafe {
        enter(|py| match value::<CoroutineType<M>>(object).waits_for.get() {
            Some(_) => Err(awaited_already(py)),
            None => Ok(itself(object)),
        })
    }
}

/// `__iter__`.
unsafe extern "C" fn itself(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython passes a live object; the result is a new reference to it.
    unsafe {
        ffi::Py_INCREF(object);
        object
    }
}

/// `tp_iternext`.
unsafe extern "C" fn next<M: ModuleDef>(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it with an instance of the type, attached, and holds it for the call.
    unsafe {
        enter(|py| match resume::<M>(py, object)? {
            Step::Yielded(waits_for) => Ok(waits_for.into_ptr()),
            Step::Returned(result) => {
                // An exception of its own, for CPython takes tuples apart where it makes one itself.
                Err(PyErr::from_value(&StopIteration::with_args(py, (result,)).into_value(py)))
            }
        })
    }
}

/// `send(value)`.
unsafe extern "C" fn send<M: ModuleDef>(object: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: METH_O of the type: CPython checked that `object` is an instance; the rest as for `tp_iternext`.
    unsafe { next::<M>(object) }
}

/// `throw(type, value=None, traceback=None)`.
unsafe extern "C" fn throw<M: ModuleDef>(
    object: *mut ffi::PyObject,
    args: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: METH_FASTCALL of the type: CPython checked that `object` is an instance, and passes live arguments;
    // attached.
    unsafe {
        enter(|py| {
            let names = std::ptr::null_mut();
            let arguments = Arguments::vectorcall(args, count.cast_unsigned(), &names);
            let exception = thrown(py, arguments.values())?;
            // The exception ends the coroutine, whatever it was waiting for.
            Err(if cancel::<M>(py, object)? { exception } else { ended(py) })
        })
    }
}

/// The exception that `throw` was given.
fn thrown<'py>(py: Py<'py>, arguments: &[Obj<'py>]) -> PyResult<'py, PyErr<'py>> {
    let (class, value, traceback) = match arguments {
        [class] => (class, None, None),
        [class, value] => (class, Some(value), None),
        [class, value, traceback] => (class, Some(value), Some(traceback)),
        _ => {
            let message = format!("throw expected from 1 to 3 arguments, got {}", arguments.len());
            return Err(TypeError::new_err(py, message));
        }
    };
    let value = value.filter(|value| !value.is_none());
    let exception = match (class.downcast::<Type>(), value) {
        (None, None) => class.clone(),
        (None, Some(_)) => return Err(TypeError::new_err(py, "instance exception may not have a separate value")),
        (Some(class), Some(value)) if value.is_instance(class)? => value.clone(),
        (Some(class), Some(value)) => class.as_any().call_one(value)?,
        (Some(class), None) => class.as_any().call0()?,
    };
    if let Some(traceback) = traceback.filter(|traceback| !traceback.is_none()) {
        exception.setattr("__traceback__", traceback)?;
    }
    Ok(PyErr::from_value(&exception))
}

/// `close()`.
unsafe extern "C" fn close<M: ModuleDef>(object: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: METH_NOARGS of the type: CPython checked that `object` is an instance; attached.
    unsafe { enter(|py| cancel::<M>(py, object).map(|_| py.none().into_ptr())) }
}

/// `tp_repr`.
unsafe extern "C" fn repr<M: ModuleDef>(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls it with an instance of the type, attached.
    unsafe {
        enter(|py| {
            let name = &value::<CoroutineType<M>>(object).name;
            let address = Obj::<Any>::from_place(&object).address();
            let text = format!("<coroutine object {} at {address:#x}>", name.to_str()?);
            Ok(Str::new(py, &text)?.into_ptr())
        })
    }
}
