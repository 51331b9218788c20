//! insula
