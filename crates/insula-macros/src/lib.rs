//! Procedural macros of insula.
