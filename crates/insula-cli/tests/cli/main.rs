//! The command from outside: real interpreters, real packages, bad input.

mod bad_input;
mod commands;
mod common;
mod hosts;
mod verdicts;
