//! Tuples.

use crate::brand::Py;
use crate::object::convert::callee::Callee;
use crate::object::convert::collections::iterated_as;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy, Name as CallName};
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;
use crate::object::recursion::Level;
use crate::object::types::Tuple;

/// What the positional arguments of a call convert to, one by one: a tuple.
pub trait FromItems<'a, 'py>: Sized {
    /// How many they are.
    const COUNT: usize;

    /// Converts so many.
    ///
    /// # Errors
    ///
    /// As the conversions.
    fn from_items(py: Py<'py>, callee: Callee<'_, 'py>, items: &'a [Obj<'py>]) -> PyResult<'py, Self>;
}

impl<'py> FromItems<'_, 'py> for () {
    const COUNT: usize = 0;

    fn from_items(_: Py<'py>, _: Callee<'_, 'py>, _: &[Obj<'py>]) -> PyResult<'py, Self> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($count:literal ($($name:ident $index:tt),+))*) => { $(
        impl<'py, S, $($name),+> FromPy<'_, 'py, S> for ($($name,)+)
        where
            $($name: for<'item> FromPy<'item, 'py, S>,)+
        {
            fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
                let given = Tuple::downcast(argument)?;
                // A subclass may have an `__iter__` of its own.
                let own;
                let tuple = if iterated_as::<Tuple>(argument.object()).is_some() {
                    given
                } else {
                    own = Tuple::from_iterable(given)?;
                    &own
                };
                if tuple.len() != $count {
                    let message = format!("expected a tuple of {} items, not {}", $count, tuple.len());
                    return Err(ValueError::new_err(argument.py(), message.as_str()));
                }
                let _level = Level::enter(argument.py())?;
                let short = || ValueError::new_err(argument.py(), "tuple is too short");
                let item = |index| tuple.get(index).ok_or_else(short);
                Ok(($($name::from_py(&argument.part(&item($index)?))?,)+))
            }
        }

        impl<'a, 'py, $($name: FromPy<'a, 'py, Py<'py>>),+> FromItems<'a, 'py> for ($($name,)+) {
            const COUNT: usize = $count;

            fn from_items(py: Py<'py>, callee: Callee<'_, 'py>, items: &'a [Obj<'py>]) -> PyResult<'py, Self> {
                let name = |index: usize| CallName::Called(callee, index + 1);
                Ok(($($name::from_py(&Argument::new(&items[$index], &py, name($index)))?,)+))
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
    9 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    10 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    11 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    12 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
    13 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
    14 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
    15 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
    16 (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
}
