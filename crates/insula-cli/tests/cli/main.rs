//! The command from outside: real interpreters, real packages, bad input.

mod bad_input;
mod commands;
mod common;
mod compare;
mod hosts;
mod verdicts;
