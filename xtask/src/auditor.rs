//! What a report of the auditor says of one module.

use serde_json::Value;

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
