//! insula-pythons
