//! Where a root is made or bound: the proofs of attachment that lead to an interpreter's record.

use std::sync::Arc;

use crate::brand::Py;
use crate::cx::Cx;
use crate::def::{Record, StateDef};
use crate::object::err::PyResult;

/// Where a thread is attached: [`Py`] or [`Cx`].
pub trait At<'py>: Copy + sealed::Sealed {
    /// The record of the interpreter.
    #[doc(hidden)]
    fn record(self) -> PyResult<'py, Arc<Record>>;

    /// Whether this is the record of the interpreter. Not every record of it needs to be known.
    #[doc(hidden)]
    fn is_at(self, record: &Arc<Record>) -> bool;
}

impl<'py> At<'py> for Py<'py> {
    fn record(self) -> PyResult<'py, Arc<Record>> {
        Record::of(self)
    }

    fn is_at(self, record: &Arc<Record>) -> bool {
        Record::find(self).is_ok_and(|found| found.is_some_and(|found| Arc::ptr_eq(&found, record)))
    }
}

impl<'py, S: StateDef> At<'py> for Cx<'py, S> {
    fn record(self) -> PyResult<'py, Arc<Record>> {
        self.recorded().get(self.py())
    }

    fn is_at(self, record: &Arc<Record>) -> bool {
        self.recorded().is(record) || self.py().is_at(record)
    }
}

mod sealed {
    use crate::brand::Py;
    use crate::cx::Cx;
    use crate::def::StateDef;

    /// Implemented here only: what `is_at` says is relied on.
    pub trait Sealed {}
    impl Sealed for Py<'_> {}
    impl<S: StateDef> Sealed for Cx<'_, S> {}
}
