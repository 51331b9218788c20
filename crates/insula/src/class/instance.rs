//! Instances: made, seen as their fields, and recognised among arguments.

use std::ops::Deref;
use std::ptr::NonNull;

use super::freelist::{self, has_list};
use super::layout::{Layout, check_complete, payload, pointer_at};
use super::runtime_base;
use crate::arguments::scope::Scope;
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::def::{Base, Class, ClassDef, FreeList, Initializer, Origin};
use crate::ffi;
use crate::object::convert::Argument;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, TypeError};
use crate::object::obj::Obj;
use crate::object::types::Tuple;

impl<'py, T: Class<'py>> Deref for Obj<'py, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: 1) an `Obj<'py, T>` is an instance of `T`'s class or a subclass; 2) its payload was written before
        // anybody saw the object and is dropped only when it dies; 3) `T::Def` and `T` differ in the brand only.
        unsafe { &*payload::<T::Def>(self.as_ptr()).cast::<T>() }
    }
}

/// Makes an instance: the value exists first, then the memory, then the value is moved in. No Python code runs in
/// between.
///
/// # Safety
///
/// `ty` is the type object of the class, or a subclass made by Python; `list` its free list, if the caller has it at
/// hand.
#[inline]
pub(crate) unsafe fn create<'py, I: Initializer<'py>>(
    py: Py<'py>,
    ty: *mut ffi::PyTypeObject,
    args: Arguments<'_, 'py>,
    value: I,
    list: Option<NonNull<FreeList>>,
) -> PyResult<'py, Obj<'py, I::Class>> {
    // SAFETY: a ready type has a tp_alloc, and a built-in type of this kind a tp_new that makes an instance of a
    // subclass; both give zeroed memory for what the class adds, or NULL with an exception.
    unsafe {
        if has_list::<<I::Class as Class<'py>>::Def>()
            && let Some(object) = freelist::take::<<I::Class as Class<'py>>::Def>(ty, list)
        {
            let object = object.as_ptr();
            if <<I::Class as Class<'py>>::Def as ClassDef>::WEAKREF {
                pointer_at(object, Layout::<<I::Class as Class<'py>>::Def>::WEAKLIST).write(std::ptr::null_mut());
            }
            value.write(object);
            ffi::PyObject_GC_Track(object.cast());
            return Ok(Obj::from_owned_non_null(NonNull::new_unchecked(object)));
        }
        let object = match <<<I::Class as Class<'py>>::Def as ClassDef>::Base as Base>::ORIGIN {
            Origin::Object => ffi::call_2((*ty).tp_alloc.unwrap_unchecked(), ty, 0),
            Origin::New { arguments } => {
                let args = args.values().iter().filter(|_| arguments).cloned();
                let args = Tuple::new(py, args.collect::<Vec<_>>())?;
                let root = <<<I::Class as Class<'py>>::Def as ClassDef>::Base as Base>::root();
                ffi::call_3((*root).tp_new.unwrap_unchecked(), ty, args.as_ptr(), std::ptr::null_mut())
            }
            Origin::RuntimeBase => return runtime_base::create(py, ty, args, value),
            Origin::Inherited => {
                let message = "instances of this class are made by calling it";
                return Err(TypeError::new_err(py, message));
            }
        };
        let Some(object) = NonNull::new(object) else {
            return Err(PyErr::take(py));
        };
        value.write(object.as_ptr());
        Ok(Obj::from_owned_non_null(object))
    }
}

/// Views an argument as an instance of a class of the module.
///
/// # Errors
///
/// `TypeError` if it is none, `RuntimeError` if the module is not initialised.
#[inline]
pub fn downcast_class<'a, 'py, T: Class<'py>, S>(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, &'a Obj<'py, T>>
where
    S: Scope<'py, Module = <T::Def as ClassDef>::Module>,
{
    let block = argument.scope().block()?;
    // SAFETY: the block is initialised and lives for the call; its entry for the class is a live type. An instance of
    // it or of a subclass has `T`'s payload.
    unsafe {
        let ty = (*block.as_ref().object(<T::Def as ClassDef>::INDEX)).cast();
        if ffi::PyObject_TypeCheck(argument.object().as_ptr(), ty) != 0 {
            check_complete::<T::Def>(argument.py(), argument.object().as_ptr())?;
            return Ok(argument.object().cast_unchecked());
        }
    }
    Err(argument.wrong_type(<T::Def as ClassDef>::NAME.to_str().unwrap_or("?")))
}
