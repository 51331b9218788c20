//! The auditor as a tool: what its report says of modules.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::build;

const QUESTIONS: [&str; 9] =
    ["import", "again", "legacy", "own-gil", "parallel", "restart", "exit", "clean", "threads"];

/// Whether it is isolated; nothing if that is not known.
pub(crate) fn isolated(module: &Value) -> Option<bool> {
    match module["isolated"].as_str()? {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// The answers that are no plain yes, without questions that the interpreter cannot ask: `again=no clean=no`.
pub(crate) fn answers(module: &Value) -> String {
    let told = QUESTIONS.iter().filter_map(|question| {
        let answered = &module["answers"][question];
        let answer = match answered["answer"].as_str().unwrap_or("missing") {
            "yes" if answered["declared"] == false => "undeclared",
            "yes" => return None,
            other => other,
        };
        (answered["excluded"] != true).then(|| format!("{question}={answer}"))
    });
    told.collect::<Vec<_>>().join(" ")
}

/// In one cell of a table: isolated, or what is in the way.
pub(crate) fn summary(module: &Value) -> String {
    match isolated(module) {
        Some(true) => "isolated".to_owned(),
        Some(false) => format!("not isolated ({})", answers(module)),
        None => format!("not known ({})", answers(module)),
    }
}

/// Audits files; the report's modules, in the order of the files.
pub(crate) fn audit(python: &Interpreter, files: &[PathBuf]) -> Result<Vec<Value>> {
    let output = Command::new(build::auditor(&[])?)
        .args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"])
        .arg(&python.executable)
        .args(files)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).with_context(|| format!("no report: {said}"))?;
    let targets = report["targets"].as_array().context("a report has targets")?;
    Ok(targets.iter().map(|target| target["modules"][0].clone()).collect())
}
