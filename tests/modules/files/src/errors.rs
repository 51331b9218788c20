//! The exceptions.

use insula::prelude::*;

/// Raised by this module.
#[insula::exception(base = ValueError)]
pub(crate) struct Failure;

/// Derives from another exception of the module.
#[insula::exception(base = Failure, module = "package.files")]
pub(crate) struct Detail;
