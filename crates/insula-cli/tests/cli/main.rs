//! The command from outside: real interpreters, real packages, bad input.

mod bad_input;
mod commands;
mod common;
mod compare;
mod environments;
mod hosts;
mod isolate;
mod outputs;
mod verdicts;
mod wheels;
