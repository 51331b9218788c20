//! insula-audit
