//! The command from outside: real interpreters, real packages, bad input.

mod app;
mod bad_input;
mod commands;
mod common;
mod compare;
mod environments;
mod hostile;
mod hosts;
mod isolate;
mod limits;
mod outputs;
mod real;
mod shards;
mod strangers;
mod verdicts;
mod wheels;
