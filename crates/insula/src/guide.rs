//! The guide's examples are compiled, and its mistakes rejected, with those of this documentation.

#[doc = include_str!("../../../docs/guide/src/background.md")]
mod background {}
#[doc = include_str!("../../../docs/guide/src/modules.md")]
mod modules {}
#[doc = include_str!("../../../docs/guide/src/heap-types.md")]
mod heap_types {}
#[doc = include_str!("../../../docs/guide/src/open-issues.md")]
mod open_issues {}
