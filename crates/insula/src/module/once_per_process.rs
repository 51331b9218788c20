//! Modules of which the process may hold one object only: `once_per_process`.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::brand::Py;
use crate::def::ModuleDef;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ImportError};

/// The claim of a `once_per_process` module to be the first; given up again if its exec fails.
pub(super) struct Once(Option<&'static AtomicBool>);

impl Once {
    pub(super) fn begin<M: ModuleDef>(py: Py<'_>) -> PyResult<'_, Self> {
        if M::ONCE.is_some_and(|loaded| loaded.swap(true, Ordering::AcqRel)) {
            return Err(ImportError::new_err(py, "cannot load module more than once per process"));
        }
        Ok(Once(M::ONCE))
    }

    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Once {
    fn drop(&mut self) {
        if let Some(loaded) = self.0 {
            loaded.store(false, Ordering::Release);
        }
    }
}
