//! Multi-phase initialisation: how a module object gets its types and state, and how it lets go of them (HOWTO, "Module
//! State Management").

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::all::set_all;
use super::once_per_process::Once;
use super::submodule::{has_submodules, register_if_imported};
use crate::brand::Py;
use crate::def::{Block, EntryDef, ExecScope, ModuleDef, StateDef};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, ImportError, SystemError};
use crate::object::obj::Obj;
use crate::object::raise::IntoPyErr;
use crate::object::trace::{Trace, Visitor};
use crate::object::types::{Module, Str};
use crate::trampoline::{enter, enter_silent, note_places};

/// `Py_mod_exec`.
pub(crate) unsafe extern "C" fn exec<M: ModuleDef>(module: *mut ffi::PyObject) -> c_int {
    // SAFETY: CPython calls exec on an attached thread with a module object made from `M`'s definition.
    unsafe {
        enter(|py| {
            let Some(block) = Block::<M>::of(module) else {
                return Err(SystemError::new_err(py, "the module has no memory for its state"));
            };
            let block = block.as_ref();
            // One call has it, whatever Python code runs meanwhile, and on which thread.
            if block.begun.swap(true, Ordering::AcqRel) {
                return Err(ImportError::new_err(py, "the module was executed before"));
            }
            block.module.store(module, Ordering::Release);
            note_places();
            let once = Once::begin::<M>(py)?;
            let module = Obj::<Module>::from_place(&module);
            for (index, entry) in M::ENTRIES.iter().enumerate() {
                let made = match entry {
                    EntryDef::Type(make) => {
                        let made = make(module, (*block.objects.get()).as_ref())?;
                        PyErr::check(py, ffi::PyModule_AddType(module.as_ptr(), made.as_ptr().cast()))?;
                        made.into_any()
                    }
                    EntryDef::Submodule { name, make, .. } => {
                        let made = make(module)?;
                        module.add(&Str::intern(py, name)?, &made)?;
                        made.into_any()
                    }
                    EntryDef::Hidden(make) => make(module, (*block.objects.get()).as_ref())?.into_any(),
                    EntryDef::Instance(make) => make(module, (*block.objects.get()).as_ref())?,
                    EntryDef::Name(name) => Str::intern(py, name)?.into_any(),
                };
                block.place(index).store(made.into_ptr(), Ordering::Release);
            }
            set_constants::<M>(module)?;
            let state = M::exec(module, &ExecScope::new(py, NonNull::from(block)))?;
            // The brand of the stored value is erased; every later entry puts its own in its place.
            (*block.state.get()).as_mut_ptr().cast::<<M::State as StateDef>::Of<'_>>().write(state);
            block.ready.store(true, Ordering::Release);
            complete::<M>(module)?;
            once.keep();
            Ok(0)
        })
    }
}

/// Gives a module its constants.
fn set_constants<'py, M: ModuleDef>(module: &Obj<'py, Module>) -> PyResult<'py, ()> {
    for constant in M::CONSTANTS {
        module.add(&Str::intern(module.py(), constant.name)?, (constant.make)(module.py())?)?;
    }
    Ok(())
}

/// What a module gets last: `__all__`, and its submodules their place in `sys.modules`. If it fails, the module is
/// initialised all the same, and the import fails.
fn complete<'py, M: ModuleDef>(module: &Obj<'py, Module>) -> PyResult<'py, ()> {
    if let Some(all) = &M::ALL {
        set_all(module, all)?;
    }
    if has_submodules::<M>() { register_if_imported::<M>(module) } else { Ok(()) }
}

/// `m_traverse`.
pub(crate) unsafe extern "C" fn traverse<M: ModuleDef>(
    module: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: CPython traverses a live module object made from `M`'s definition. The references are the block's own.
    // The state is traced as `State<'static>`, whose layout is that of every brand.
    unsafe {
        if let Some(block) = Block::<M>::of_during_gc(module) {
            for ty in &block.as_ref().own_types {
                visitor.visit(ty.load(Ordering::Acquire));
            }
            for &object in (*block.as_ref().objects.get()).as_ref() {
                visitor.visit(object);
            }
            if let Some(state) = block.as_ref().state() {
                state.cast::<<M::State as StateDef>::Of<'static>>().as_ref().trace_objects(&mut visitor);
            }
        }
    }
    visitor.status()
}

/// `m_clear`: the collector found the module unreachable.
pub(crate) unsafe extern "C" fn clear<M: ModuleDef>(module: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live module object made from `M`'s definition, attached. It is unreachable, so no call is running that
    // borrows the state: a call holds its function object, instance or class, and each of these holds the module.
    unsafe {
        enter_silent(|| {
            if let Some(block) = Block::<M>::of(module) {
                block.as_ref().drop_state();
            }
        });
    }
    0
}

/// `m_free`: the module object dies; also when exec failed half-way or never ran.
pub(crate) unsafe extern "C" fn free<M: ModuleDef>(module: *mut c_void) {
    // SAFETY: a dying module object made from `M`'s definition, attached. Nothing can call into it any more.
    unsafe {
        enter_silent(|| {
            let Some(block) = Block::<M>::of(module.cast()) else {
                return;
            };
            let block = block.as_ref();
            block.drop_state();
            for ty in &block.own_types {
                ffi::Py_XDECREF(ty.swap(std::ptr::null_mut(), Ordering::AcqRel));
            }
            block.record.release();
            for list in (*block.free_lists.get()).as_mut() {
                list.empty();
            }
            for index in 0..M::ENTRIES.len() {
                let object = std::mem::replace(&mut (*block.objects.get()).as_mut()[index], std::ptr::null_mut());
                ffi::Py_XDECREF(object);
            }
        });
    }
}

/// What an `#[exec]` may return: the state, or a result of it.
///
/// # Errors
///
/// The error it is.
pub fn exec_result<'py, S, R: ExecResult<'py, S>>(py: Py<'py>, result: R) -> PyResult<'py, S> {
    result.into_result(py)
}

/// See [`exec_result`].
pub trait ExecResult<'py, S> {
    /// As a result.
    ///
    /// # Errors
    ///
    /// The error it is.
    fn into_result(self, py: Py<'py>) -> PyResult<'py, S>;
}

impl<'py, S: StateDef> ExecResult<'py, S> for S {
    fn into_result(self, _: Py<'py>) -> PyResult<'py, S> {
        Ok(self)
    }
}

impl<'py, S: StateDef, E: IntoPyErr<'py, Py<'py>>> ExecResult<'py, S> for Result<S, E> {
    fn into_result(self, py: Py<'py>) -> PyResult<'py, S> {
        self.map_err(|error| error.into_py_err(py, &py))
    }
}
