//! Bytes, borrowed; copies of them are in `collections` and `numbers`.

use crate::brand::Py;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::Bytes;

/// Only from `bytes`: the memory of other buffers may change or move under the borrow.
impl<'a, 'py, S> FromPy<'a, 'py, S> for &'a [u8] {
    #[inline]
    fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
        Bytes::downcast(argument).map(Obj::as_bytes)
    }
}

/// `bytes`.
impl<'py> IntoPy<'py> for &[u8] {
    #[inline]
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Bytes::new(py, self).map(Obj::into_any)
    }
}
