//! xxlimited
