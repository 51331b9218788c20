//! What takes too long for every day: packages with large modules, and many runs. `cargo xtask test --real` runs it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::common::audit;
use crate::{limits, strangers, verdicts};

#[test]
#[ignore = "large: cargo xtask test --real"]
fn large_packages_get_their_known_verdicts() {
    verdicts::are_as(include_str!("verdicts_real.txt"));
}

#[test]
#[ignore = "large: cargo xtask test --real"]
fn what_is_known_of_large_packages_is_found_and_nothing_that_is_untrue() {
    strangers::are_as(include_str!("strangers_real.txt"));
}

#[test]
#[ignore = "large: cargo xtask test --real"]
fn less_time_brings_no_finding_on_a_large_module_either() {
    limits::less_time_brings_nothing_more("multidict==7.2.1");
}

/// The answers, and the keys of the findings.
fn answers_and_keys(report: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for module in report["targets"].as_array().unwrap().iter().flat_map(|target| target["modules"].as_array().unwrap())
    {
        let name = module["name"].as_str().unwrap();
        for (question, answer) in module["answers"].as_object().unwrap() {
            lines.insert(format!("{name} {question}={}", answer["answer"]));
        }
        lines.extend(module["findings"].as_array().unwrap().iter().map(|finding| format!("{name} {}", finding["key"])));
    }
    lines
}

/// Computes on every processor while this goes on.
fn beside_a_busy_machine<R>(work: impl FnOnce() -> R) -> R {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = work();
        over.store(true, Ordering::Relaxed);
        result
    })
}

#[test]
#[ignore = "large: cargo xtask test --real"]
fn ten_runs_five_of_them_on_a_busy_machine_give_the_same_answers_and_keys() {
    let mut targets: Vec<&str> = [include_str!("verdicts.txt"), include_str!("verdicts_real.txt")]
        .iter()
        .flat_map(|rows| rows.lines())
        .filter(|row| !row.starts_with('#'))
        .map(|row| row.split('|').next().unwrap().trim())
        .collect();
    targets.extend(["pillow==13.0.0", "pydantic-core==2.50.5"]);
    targets.dedup();
    let mut first = None;
    let mut different = Vec::new();
    for number in 0..10 {
        let (report, _) = if number % 2 == 0 { audit(&targets) } else { beside_a_busy_machine(|| audit(&targets)) };
        let now = answers_and_keys(&report);
        let first = first.get_or_insert_with(|| now.clone());
        different.extend(first.symmetric_difference(&now).map(|line| format!("run {number}: {line}")));
    }
    assert_eq!(different, Vec::<String>::new());
}
