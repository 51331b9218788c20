//! A persistent hash map of Python objects: each change makes a new map, which shares with the old one all but a few
//! nodes.
//!
//! Several maps own one node, so a node is a Python object of its own: the garbage collector counts every owner, and
//! finds cycles through what a map holds. The module that uses the map declares the class of its nodes, and says how
//! keys are hashed and compared.
//!
//! It is a hash array mapped trie: 32 ways on each of seven levels, then lists of keys whose hashes are the same. A
//! look-up takes a step for each level, a change copies one node of each; both grow with the logarithm of the number of
//! entries, to the base 32.
//!
//! Every node is complete when it is made and never changes: comparisons and finalisers that run Python code in the
//! middle of an operation find whole maps only.
//!
//! ```
//! #[insula::module]
//! mod persistent {
//!     use insula::prelude::*;
//!     use insula_hamt::{Host, Iter, Map, Node};
//!
//!     #[state]
//!     struct State;
//!
//!     /// A node that several maps share.
//!     #[class(hidden)]
//!     struct Shared<'py> {
//!         node: Node<'py, Shared<'py>>,
//!     }
//!
//!     impl<'py> AsRef<Node<'py, Shared<'py>>> for Shared<'py> {
//!         fn as_ref(&self) -> &Node<'py, Shared<'py>> {
//!             &self.node
//!         }
//!     }
//!
//!     #[derive(Clone, Copy)]
//!     struct Keys<'py>(Cx<'py, State>);
//!
//!     impl<'py> Host<'py> for Keys<'py> {
//!         type Shared = Shared<'py>;
//!         fn share(self, node: Node<'py, Shared<'py>>) -> PyResult<'py, Obj<'py, Shared<'py>>> {
//!             self.0.new(Shared { node })
//!         }
//!     }
//!
//!     /// An immutable mapping.
//!     #[class]
//!     struct Frozen<'py> {
//!         map: Map<'py, Shared<'py>>,
//!     }
//!
//!     impl<'py> AsRef<Map<'py, Shared<'py>>> for Frozen<'py> {
//!         fn as_ref(&self) -> &Map<'py, Shared<'py>> {
//!             &self.map
//!         }
//!     }
//!
//!     #[methods]
//!     impl<'py> Frozen<'py> {
//!         #[new]
//!         fn new() -> Self {
//!             Frozen { map: Map::new() }
//!         }
//!         fn with_item(
//!             slf: &Obj<'py, Self>,
//!             cx: Cx<'py, State>,
//!             key: &Obj<'py>,
//!             value: &Obj<'py>,
//!         ) -> PyResult<'py, Obj<'py, Frozen<'py>>> {
//!             match slf.map.insert(Keys(cx), key, value)?.map {
//!                 Some(map) => cx.new(Frozen { map }),
//!                 None => Ok(slf.clone()),
//!             }
//!         }
//!         fn __getitem__(&self, cx: Cx<'py, State>, key: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
//!             self.map.get(Keys(cx), key)?.cloned().ok_or_else(|| KeyError::new_err(key.py(), key))
//!         }
//!         fn keys(slf: &Obj<'py, Self>) -> Vec<Obj<'py>> {
//!             let entries = Iter::new(Some(slf.clone()));
//!             std::iter::from_fn(|| entries.next(|key, _| key.clone())).collect()
//!         }
//!     }
//! }
//! # fn main() {}
//! ```

#![forbid(unsafe_code)]

mod boxed;
mod draft;
mod entries;
mod host;
mod iter;
mod list;
mod map;
mod node;
mod set;
mod walk;

pub use host::Host;
pub use iter::Iter;
pub use list::{Link, List};
pub use map::{Change, Map};
pub use node::Node;
pub use set::Set;
pub use walk::Walk;
