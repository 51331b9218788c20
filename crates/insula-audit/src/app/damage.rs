//! What refuses may leave an interpreter damaged, and the first to notice is not to blame.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::events::Stage;
use super::report::Kind;
use super::run::{self, Ran, Task};
use super::{AppError, Entry, Seen, verdicts};

/// What comes of modules in one kind of interpreter, without the application.
pub(super) fn alone(
    python: &Path,
    timeout: Duration,
    folder: &Path,
    kind: Kind,
    names: &[&str],
) -> Result<Ran, AppError> {
    let mode = match kind {
        Kind::Legacy => "legacy",
        Kind::Own => "own",
    };
    let entries = names.iter().map(|name| Entry::module(name)).collect();
    let task = Task { mode, entries, steps: vec!["natural"], folder: folder.to_owned(), ..Task::default() };
    run::run(python, task, timeout)
}

/// Finds the modules that fail behind one that refuses and load by themselves, and what they fail behind.
pub(super) fn find(python: &Path, timeout: Duration, folder: &Path, seen: &mut Seen) -> Result<(), AppError> {
    let alone = |kind: Kind, names: &[&str]| alone(python, timeout, folder, kind, names);
    let spared = verdicts::spared(seen);
    let (mut cleared, mut damaging) = (Vec::new(), BTreeSet::new());
    for (kind, ran) in &seen.kinds {
        // Where the application loads, nobody is to blame.
        if verdicts::verdict(*kind, ran, Stage::Natural, &spared).loads == Some(true) {
            continue;
        }
        for name in verdicts::behind_others(*kind, ran) {
            let whole = verdicts::verdict(*kind, &alone(*kind, &[name])?, Stage::Natural, &BTreeSet::new());
            if whole.loads != Some(true) {
                continue;
            }
            cleared.push((*kind, name.to_owned()));
            // What stands in the way anyhow needs no more blame. Of what the application goes on without, only that
            // which does the damage by itself does not go without consequences.
            let before = verdicts::refused_before(*kind, ran, name);
            let mut found = false;
            for one in before.iter().filter(|one| spared.contains(*one)) {
                let behind = alone(*kind, &[one, name])?;
                if !verdicts::entered_in(*kind, &behind, name) {
                    damaging.insert((*one).to_owned());
                    found = true;
                }
            }
            if !found && before.iter().all(|one| spared.contains(one)) {
                damaging.extend(before.iter().map(|one| (*one).to_owned()));
            }
        }
    }
    (seen.cleared, seen.damaging) = (cleared, damaging);
    Ok(())
}
