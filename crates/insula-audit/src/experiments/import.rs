//! The first import: X-rays before and after light use, the module's definition, and what it depends on.

use insula_xray::{DefFacts, Hit, Holds, module_facts};

use super::memory::View;
use super::{Lab, ObserveError, Setup, judge};
use crate::observations::{Gap, Seen, Trouble};
use crate::target::Subject;
use crate::worker::Run;
use crate::worker::protocol::{At, BlindCalls, Imported, Scenario, SearchPath};
use crate::worker::task::Task;

/// What the import in the main interpreter showed.
pub(super) struct Import {
    pub(super) definition: Option<DefFacts>,
    pub(super) hits: Seen<Vec<Hit>>,
    /// How it ended, if badly, and whether that was before the end of the process.
    ended: Option<(Trouble, String)>,
    at_exit: bool,
}

impl Import {
    /// Whether light use can be part of other scenarios.
    pub(super) fn light_use(&self, setup: &Setup) -> bool {
        self.notes(setup).is_none()
    }

    /// Whether the file has types of its own that no import makes.
    pub(super) fn holds_static_types(&self) -> bool {
        self.hits.iter().flatten().any(|hit| hit.holds == Holds::StaticType)
    }

    /// What there is to say about an import that ended badly.
    pub(super) fn notes(&self, setup: &Setup) -> Option<String> {
        let (trouble, what) = self.ended.as_ref().filter(|_| !(self.at_exit && setup.exits_badly))?;
        Some(format!("{what} ended badly: {}; the other scenarios only import it", trouble.line()))
    }
}

pub(super) fn run(lab: &Lab, subject: Subject) -> Result<(Import, Setup), ObserveError> {
    let mut base = Task {
        name: subject.name.clone(),
        path: subject.path.clone(),
        roots: subject.roots.clone(),
        light_use: true,
        ..Task::default()
    };
    let mut import = Import {
        definition: None,
        hits: Err(Gap::not_tried("no checkpoint was reached")),
        ended: None,
        at_exit: false,
    };
    let task = base.doing(Scenario::Import);
    let run = lab.work(&task, &mut |pid, checkpoint, _| {
        let At::Import { known, module, others } = &checkpoint.at else { return };
        match View::open(lab, pid, checkpoint) {
            Ok(view) => {
                import.hits = view.x_ray(&subject.extension, &known.types(), others);
                if let Ok(found) = module_facts(&view.memory, &view.layout, *module) {
                    import.definition = found.def;
                }
            }
            Err(gap) => import.hits = Err(gap),
        }
    })?;
    let trouble = judge::trouble(&run);
    let told = run.first::<SearchPath>().zip(run.first::<Imported>());
    let Some((search, imported)) = told.filter(|_| run.unreadable.is_none()) else {
        return Err(trouble.map_or_else(
            || ObserveError::Inconclusive("the worker did not report its import".to_owned()),
            |trouble| import_error(&trouble, &run),
        ));
    };
    if let Some(trouble) = trouble {
        // It can be imported, so the audit goes on, without what made it fail.
        let what = if run.last_step() == "light use" { "light use of its types" } else { "the import worker" };
        import.ended = Some((trouble, what.to_owned()));
        import.at_exit = run.done();
    }
    for (name, file) in &imported.dependencies {
        if name.split('.').next() == Some(subject.package()) {
            continue;
        }
        base.dependencies.push(name.clone());
        if lab.is_stdlib(file.as_ref()) {
            base.preload.push(name.clone());
        }
    }
    let search = search.entries.clone();
    let calls = BlindCalls { functions: lab.acts_on_the_system(&subject).is_none(), avoid: Vec::new() };
    Ok((import, Setup { subject, base, search, exits_badly: false, calls }))
}

fn import_error(trouble: &Trouble, run: &Run) -> ObserveError {
    match trouble {
        Trouble::Slow { .. } | Trouble::Unreadable { .. } => {
            ObserveError::Inconclusive(format!("it cannot be said whether it can be imported: {}", trouble.line()))
        }
        Trouble::Raised { missing: Some(missing), .. } => ObserveError::Missing { missing: missing.clone() },
        Trouble::Raised { .. } => {
            let line = trouble.line();
            ObserveError::Import(format!("it cannot be imported: {line}; make the import work by itself first"))
        }
        _ => {
            let mut frames = run.fault.lines().map(str::trim).filter(|line| line.starts_with("File \""));
            let place = frames.find(|line| !line.contains("\"<frozen"));
            let place = place.map(|line| format!(" [{line}]")).unwrap_or_default();
            ObserveError::Import(format!(
                "its import ends badly: {}{place}; make the import work by itself first",
                trouble.line()
            ))
        }
    }
}
