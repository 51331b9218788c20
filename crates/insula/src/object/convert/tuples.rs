//! Tuples.

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;
use crate::object::recursion::Level;
use crate::object::types::Tuple;

macro_rules! tuples {
    ($($count:literal ($($name:ident $index:tt),+))*) => { $(
        impl<'py, S, $($name),+> FromPy<'_, 'py, S> for ($($name,)+)
        where
            $($name: for<'item> FromPy<'item, 'py, S>,)+
        {
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                let tuple = Tuple::downcast(argument)?;
                if tuple.len() != $count {
                    let message = format!("expected a tuple of {} items, not {}", $count, tuple.len());
                    return Err(ValueError::new_err(argument.py(), message.as_str()));
                }
                let _level = Level::enter(argument.py())?;
                let item = |index| tuple.get(index).ok_or_else(|| ValueError::new_err(argument.py(), "tuple is too short"));
                Ok(($($name::from_py(&argument.part(&item($index)?))?,)+))
            }
        }

        impl<'py, $($name: IntoPy<'py>),+> IntoPy<'py> for ($($name,)+) {
            fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
                Tuple::new(py, vec![$(self.$index.into_py(py)?),+]).map(Obj::into_any)
            }
        }
    )* };
}
tuples! {
    1 (A 0)
    2 (A 0, B 1)
    3 (A 0, B 1, C 2)
    4 (A 0, B 1, C 2, D 3)
    5 (A 0, B 1, C 2, D 3, E 4)
    6 (A 0, B 1, C 2, D 3, E 4, F 5)
    7 (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    8 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
