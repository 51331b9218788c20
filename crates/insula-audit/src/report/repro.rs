//! `--repro-dir`: the programs that show findings, each in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::report::Report;

/// Writes `MODULE/RULE/repro.py`, numbered from the second of a rule on, and returns what was written.
pub fn write_all(report: &Report, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let mut taken: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (target, module) in report.rows() {
        for finding in &module.findings {
            let Some(repro) = &finding.repro else { continue };
            let mut place = folder.to_owned();
            if report.interpreters.len() > 1 {
                place.push(safe(&target.interpreter));
            }
            place.push(safe(&module.name));
            place.push(safe(&finding.rule.name()));
            let number = taken.entry(place.clone()).or_default();
            *number += 1;
            if *number > 1 {
                place.push(number.to_string());
            }
            std::fs::create_dir_all(&place)?;
            place.push("repro.py");
            std::fs::write(&place, repro)?;
            written.push(place);
        }
    }
    Ok(written)
}

/// A name as one part of a path, whatever it holds.
fn safe(name: &str) -> String {
    let text: String = name.chars().map(|c| if c.is_alphanumeric() || "._-+".contains(c) { c } else { '_' }).collect();
    if text.trim_matches('.').is_empty() { "_".to_owned() } else { text }
}
