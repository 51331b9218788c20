//! Where a call happens: how a handler finds the module state that belongs to it (HOWTO, "Module State Access").

use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::brand::Py;
use crate::def::{Block, ClassDef, ModuleDef, defining_type, module_of};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RuntimeError};

/// The place of a call: which module object it belongs to. The state is looked up only when somebody asks.
#[diagnostic::on_unimplemented(
    message = "this needs the module, which cannot be found from here",
    label = "the module cannot be found from here, as by `?` or `extract`: return the error itself (`Result<T, E>`), \
             or use `cx`",
    note = "`cx.new_err::<TheException>(message)` makes an exception of the module, `cx.downcast::<TheClass>(object)` \
            finds its instances"
)]
pub trait Scope<'py> {
    /// The module.
    #[doc(hidden)]
    type Module: ModuleDef;

    /// The proof of attachment.
    fn py(&self) -> Py<'py>;

    /// The state block of the module object, initialised.
    #[doc(hidden)]
    fn block(&self) -> PyResult<'py, NonNull<Block<Self::Module>>>;
}

/// The error of a call that reaches a module object before its exec finished, after it failed, or after it was cleared.
#[cold]
fn not_ready<'py, M: ModuleDef>(py: Py<'py>) -> PyErr<'py> {
    let name = M::NAME.to_str().unwrap_or("?");
    RuntimeError::new_err(py, format!("module '{name}' is not initialised").as_str())
}

#[inline]
fn ready<'py, M: ModuleDef>(py: Py<'py>, block: Option<NonNull<Block<M>>>) -> PyResult<'py, NonNull<Block<M>>> {
    if let Some(block) = block {
        // SAFETY: the block lives as long as its module, which the caller's function or class holds during the call.
        if unsafe { block.as_ref() }.state().is_some() {
            return Ok(block);
        }
    }
    Err(not_ready::<M>(py))
}

/// The scope of a module function: its first argument is the module.
pub struct FunctionScope<'py, M> {
    py: Py<'py>,
    module: *mut ffi::PyObject,
    of: PhantomData<fn() -> M>,
}

impl<'py, M: ModuleDef> FunctionScope<'py, M> {
    /// # Safety
    ///
    /// `module` is alive for the call and was made from `M`'s definition.
    #[inline]
    pub(crate) unsafe fn new(py: Py<'py>, module: *mut ffi::PyObject) -> Self {
        FunctionScope { py, module, of: PhantomData }
    }
}

impl<'py, M: ModuleDef> Scope<'py> for FunctionScope<'py, M> {
    type Module = M;

    #[inline]
    fn py(&self) -> Py<'py> {
        self.py
    }

    #[inline]
    fn block(&self) -> PyResult<'py, NonNull<Block<M>>> {
        // SAFETY: the promise of `new`.
        ready(self.py, unsafe { Block::of(self.module) })
    }
}

/// The scope of a static method: it has no receiver, and so no way to its module.
pub struct StaticScope<'py, M> {
    py: Py<'py>,
    of: PhantomData<fn() -> M>,
}

impl<'py, M: ModuleDef> StaticScope<'py, M> {
    /// The scope; it needs nothing but attachment.
    #[inline]
    pub fn new(py: Py<'py>) -> Self {
        StaticScope { py, of: PhantomData }
    }
}

impl<'py, M: ModuleDef> Scope<'py> for StaticScope<'py, M> {
    type Module = M;

    #[inline]
    fn py(&self) -> Py<'py> {
        self.py
    }

    fn block(&self) -> PyResult<'py, NonNull<Block<M>>> {
        Err(RuntimeError::new_err(self.py, "a static method cannot reach its module; use a class method"))
    }
}

/// The scope of a method, slot, getter, setter or constructor: the module is found from the class that *defines* it,
/// also when the instance is of a subclass.
pub struct ClassScope<'py, C> {
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    of: PhantomData<fn() -> C>,
}

impl<'py, C: ClassDef> ClassScope<'py, C> {
    /// # Safety
    ///
    /// `ty` is alive for the call: `C`'s type object or a subclass of it.
    #[inline]
    pub(crate) unsafe fn new(py: Py<'py>, ty: *mut ffi::PyTypeObject) -> Self {
        ClassScope { py, ty, of: PhantomData }
    }
}

impl<'py, C: ClassDef> Scope<'py> for ClassScope<'py, C> {
    type Module = C::Module;

    #[inline]
    fn py(&self) -> Py<'py> {
        self.py
    }

    #[inline]
    fn block(&self) -> PyResult<'py, NonNull<Block<C::Module>>> {
        // SAFETY: the type is alive, and so is the class that defines it, which was made with a module of this
        // definition.
        let block = unsafe {
            defining_type::<C>(NonNull::new_unchecked(self.ty))
                .and_then(|ty| module_of(ty))
                .and_then(|module| Block::of(module.as_ptr()))
        };
        ready(self.py, block)
    }
}
