//! State that belongs to one class of a module object (HOWTO, "Per-Class Scope").

use pyo3_ffi as ffi;

use crate::base::Initializer;
use crate::class::{Class, ClassDef, create};
use crate::cx::Cx;
use crate::err::PyResult;
use crate::module::StateDef;
use crate::obj::Obj;
use crate::signature::Arguments;
use crate::types::{Module, Type};

/// A class with the option `state = Type`.
///
/// # Safety
///
/// For the macro to implement: `STATE` is the place of the state in the module's table of objects.
pub unsafe trait ClassStateDef: ClassDef {
    /// The hidden class that the state is an instance of.
    type State: ClassDef<Module = Self::Module>;
    /// The value that it is made of.
    type Init<'py>: Initializer<'py, Class = <Self::State as ClassDef>::Of<'py>>;
    /// The place in the module's table of objects.
    const STATE: usize;

    /// The user's `#[class_state]` function.
    ///
    /// # Errors
    ///
    /// What it raises.
    fn make<'py>(class: &Obj<'py, Type>) -> PyResult<'py, Self::Init<'py>>;
}

/// Makes the state of a class for one module object. The module holds, visits and releases it with its types.
pub(crate) fn make_class_state<'py, C: ClassStateDef>(
    module: &Obj<'py, Module>,
    made: &[*mut ffi::PyObject],
) -> PyResult<'py, Obj<'py>> {
    // SAFETY: the types of the module are made before the states of its classes.
    unsafe {
        let value = C::make(Obj::from_place(&made[C::INDEX]))?;
        create(module.py(), made[C::State::INDEX].cast(), Arguments::positional(&[]), value, None).map(Obj::into_any)
    }
}

impl<'py, S: StateDef> Cx<'py, S> {
    /// The state of a class of this module: `#[class(state = Type)]`.
    ///
    /// It belongs to the class itself, not to those that derive from it: a method sees the state of the class that defines it, on
    /// whichever instance it is called. Each module object has its own.
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
