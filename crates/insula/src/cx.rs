//! `Cx`: the module's side of a call.

use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::arguments::scope::Scope;
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::class::class_of::ClassOf;
use crate::class::instance::create;
use crate::class::layout::is_complete;
use crate::def::{Block, Class, ClassDef, ClassStateDef, ExceptionDef, Initializer, Recorded, StateDef};
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::types::{Module, Type};

/// The module's side of a call: its state, classes and exceptions. A handler that has a `Cx` parameter gets it; one
/// that has none pays nothing.
///
/// It is the module object that the function or class belongs to, whichever copy of the module that is and in whichever
/// interpreter (HOWTO, "Module State Access from Functions" and "... from Classes").
///
/// Asking for it raises `RuntimeError` while the module is not initialised: before its exec finished, or after that
/// failed.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[state]
/// struct State<'py> {
///     calls: PyCell<'py, u64>,
/// }
/// #     #[exec]
/// #     fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
/// #         Ok(State { calls: PyCell::new(0) })
/// #     }
///
/// #[function]
/// fn count(cx: Cx<'_, State>) -> u64 {
///     let calls = &cx.state().calls;
///     calls.set(calls.get() + 1);
///     calls.get()
/// }
/// # }
/// # fn main() {}
/// ```
pub struct Cx<'py, S: StateDef> {
    py: Py<'py>,
    block: NonNull<Block<S::Module>>,
    of: PhantomData<fn() -> S>,
}

impl<S: StateDef> Clone for Cx<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S: StateDef> Copy for Cx<'_, S> {}

/// A state type whatever its brand: what belongs to no call can name it.
pub(crate) type Erased<S> = <S as StateDef>::Of<'static>;

/// The `Cx` of a scope.
///
/// # Errors
///
/// `RuntimeError` if the module is not initialised.
#[inline]
pub fn cx<'py, S: StateDef>(scope: &impl Scope<'py, Module = S::Module>) -> PyResult<'py, Cx<'py, S>> {
    Ok(Cx { py: scope.py(), block: scope.block()?, of: PhantomData })
}

impl<'py, S: StateDef> Cx<'py, S> {
    /// The proof of attachment.
    #[inline]
    pub fn py(&self) -> Py<'py> {
        self.py
    }

    #[inline]
    pub(crate) fn block(&self) -> &Block<S::Module> {
        // SAFETY: a `Cx` is made for one call and its brand keeps it from outliving it. For that time the call holds
        // the function object, instance or class, which holds the module, whose memory the block is.
        unsafe { self.block.as_ref() }
    }

    /// The module object's hold on the record of its interpreter.
    pub(crate) fn recorded(&self) -> &Recorded {
        &self.block().record
    }

    /// A place in the module's table of objects.
    #[inline]
    pub(crate) fn object(&self, index: usize) -> &*mut ffi::PyObject {
        self.block().object(index)
    }

    /// The module object.
    #[inline]
    pub fn module(&self) -> &Obj<'py, Module> {
        // SAFETY: exec wrote the address before the block was initialised, and the module lives for as long as `&self`
        // (see `block`).
        unsafe { Obj::from_place(&*self.block().module.as_ptr()) }
    }

    /// The module state.
    #[inline]
    pub fn state(&self) -> &S::Of<'py> {
        // SAFETY: 1) the block was initialised when the `Cx` was made, and the state is dropped only once the module is
        // unreachable, so not during the call; 2) the stored `Of<'static>` and `Of<'py>` are the same type but for the
        // brand, and every object in it belongs to this interpreter.
        unsafe { self.block().state_unchecked().cast::<S::Of<'py>>().as_ref() }
    }

    /// The type object of a class of this module.
    #[inline]
    pub fn class<T: Class<'py>>(&self) -> &Obj<'py, Type>
    where
        T::Def: ClassDef<Module = S::Module>,
    {
        // SAFETY: a live type, held by the module for as long as `&self`.
        unsafe { Obj::from_place(self.block().object(<T::Def as ClassDef>::INDEX)) }
    }

    /// The same, to be kept where there will be no `Cx`.
    #[inline]
    pub fn class_of<T: Class<'py>>(&self) -> ClassOf<'py, T>
    where
        T::Def: ClassDef<Module = S::Module>,
    {
        // SAFETY: the type object is that of the class.
        unsafe { ClassOf::new(self.class::<T>().clone()) }
    }

    /// The class of an exception of this module.
    #[inline]
    pub fn exception<E: ExceptionDef<Module = S::Module>>(&self) -> &Obj<'py, Type> {
        // SAFETY: a live type, held by the module for as long as `&self`.
        unsafe { Obj::from_place(self.block().object(E::INDEX)) }
    }

    /// A new exception of this module; `arg` is its only argument, usually the message.
    pub fn new_err<E: ExceptionDef<Module = S::Module>>(&self, arg: impl IntoPy<'py>) -> PyErr<'py> {
        PyErr::from_type(self.py, self.exception::<E>().as_ptr(), arg)
    }

    /// A new instance of a class of this module. `__new__` and `__init__` are not called: the value is complete. A
    /// class that derives from another takes [`With`](crate::With).
    ///
    /// # Errors
    ///
    /// `MemoryError`; the value is then dropped. `TypeError` for a class whose base makes the instances, such as `str`.
    #[inline]
    #[allow(clippy::new_ret_no_self, reason = "it makes what it is asked for: an instance in this module")]
    pub fn new<I: Initializer<'py>>(&self, value: I) -> PyResult<'py, Obj<'py, I::Class>>
    where
        <I::Class as Class<'py>>::Def: ClassDef<Module = S::Module>,
    {
        // SAFETY: the type object is that of the class.
        unsafe {
            let ty = (*self.object(value.place())).cast();
            let list = self.block().free_list(<<I::Class as Class<'py>>::Def as ClassDef>::INDEX);
            create(self.py, ty, Arguments::positional(&[]), value, Some(list))
        }
    }

    /// The object as an instance of a class of this module, or of a subclass, if it is one.
    ///
    /// An instance from another copy of the module is none.
    #[inline]
    pub fn downcast<'a, T: Class<'py>>(&self, object: &'a Obj<'py>) -> Option<&'a Obj<'py, T>>
    where
        T::Def: ClassDef<Module = S::Module>,
    {
        let ty = self.class::<T>().as_ptr().cast();
        // SAFETY: both are alive; an instance of the class or a subclass has `T`'s payload.
        unsafe {
            let is_one = ffi::PyObject_TypeCheck(object.as_ptr(), ty) != 0 && is_complete::<T::Def>(object.as_ptr());
            is_one.then(|| object.cast_unchecked())
        }
    }
}

impl<'py, S: StateDef> Cx<'py, S> {
    /// The state of a class of this module: `#[class(state = Type)]`.
    ///
    /// It belongs to the class itself, not to those that derive from it: a method sees the state of the class that
    /// defines it, on whichever instance it is called. Each module object has its own.
    ///
    /// ```
    /// # #[insula::module]
    /// # mod demo {
    /// #     use insula::prelude::*;
    /// #     #[state]
    /// #     struct State;
    /// #[class(hidden)]
    /// struct Registry<'py> {
    ///     made: PyCell<'py, u64>,
    /// }
    ///
    /// #[class(state = Registry, subclassable)]
    /// struct Shape;
    ///
    /// #[methods]
    /// impl Shape {
    ///     #[class_state]
    ///     fn registry<'py>(_class: &Obj<'py, Type>) -> Registry<'py> {
    ///         Registry { made: PyCell::new(0) }
    ///     }
    ///     #[new]
    ///     fn new<'py>(cx: Cx<'py, State>) -> Self {
    ///         let made = &cx.class_state::<Shape>().made;
    ///         made.set(made.get() + 1);
    ///         Shape
    ///     }
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    #[inline]
    pub fn class_state<T: Class<'py>>(&self) -> &Obj<'py, <<T::Def as ClassStateDef>::State as ClassDef>::Of<'py>>
    where
        T::Def: ClassStateDef + ClassDef<Module = S::Module>,
    {
        // SAFETY: an instance of that class, held by the module for as long as `&self`.
        unsafe { Obj::from_place(self.object(<T::Def as ClassStateDef>::STATE)) }
    }
}

impl<S: StateDef> std::fmt::Debug for Cx<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cx")
    }
}
