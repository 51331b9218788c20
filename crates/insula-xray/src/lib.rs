//! insula-xray
