//! The command from outside: real interpreters, real packages, bad input.

mod app;
mod app_asked;
mod app_blame;
mod app_counts;
mod app_process;
mod app_python;
mod bad_input;
mod commands;
mod common;
mod compare;
mod environments;
mod exercise;
mod foreign;
mod hostile;
mod hosts;
mod isolate;
mod limits;
mod lines;
mod new;
mod outputs;
mod real;
mod shards;
mod strangers;
mod suites;
mod verdicts;
mod wheels;
