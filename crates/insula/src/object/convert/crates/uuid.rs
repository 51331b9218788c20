//! `uuid`.

use uuid::Uuid;

use super::check_class;
use crate::brand::Py;
use crate::object::convert::{Argument, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::obj::Obj;

/// From a `uuid.UUID`.
impl<'py, S> FromPy<'_, 'py, S> for Uuid {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        check_class(argument, "uuid", "UUID")?;
        let number = argument.object().getattr("int")?;
        u128::from_py(&argument.part(&number)).map(Uuid::from_u128)
    }
}

/// A `uuid.UUID`.
impl<'py> IntoPy<'py> for Uuid {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let number = self.as_u128().into_py(py)?;
        py.import("uuid")?.getattr("UUID")?.call_kw((), &[("int", &number)])
    }
}
