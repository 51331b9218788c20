//! What the module that uses the map provides.

use insula::{Class, Obj, PyResult};

use crate::node::Node;

/// What the module that uses a map provides: the class of shared nodes, and how keys are hashed and compared.
pub trait Host<'py>: Copy {
    /// A `#[class(hidden)]` with a [`Node`] in it.
    type Shared: Class<'py> + AsRef<Node<'py, Self::Shared>>;

    /// Makes an instance of it (`Cx::new`).
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    fn share(self, node: Node<'py, Self::Shared>) -> PyResult<'py, Obj<'py, Self::Shared>>;

    /// The hash of a key: `hash(key)`. A map keeps it with the key.
    ///
    /// # Errors
    ///
    /// What the key's `__hash__` raises.
    fn hash(self, key: &Obj<'py>) -> PyResult<'py, isize> {
        key.hash()
    }

    /// Whether two keys of the same hash are the same:
    /// `key is other or key == other`.
    ///
    /// # Errors
    ///
    /// What the keys' `__eq__` raises.
    fn same(self, key: &Obj<'py>, other: &Obj<'py>) -> PyResult<'py, bool> {
        key.is_or_eq(other)
    }
}
