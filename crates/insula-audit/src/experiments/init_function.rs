//! How the target initialises itself: by what its init function returns, or else by what the file imports.

use insula_xray::{DefFacts, InitKind, InitSymbol, def_facts, export_slots};

use super::memory::View;
use super::{Lab, Setup};
use crate::worker::WorkerError;
use crate::worker::protocol::{At, InitReturned, Scenario};

/// What is known of the init function.
pub(super) struct Init {
    pub(super) kind: InitKind,
    /// How that is known.
    pub(super) source: String,
    /// What it exports.
    pub(super) exported: Option<DefFacts>,
}

pub(super) fn run(lab: &Lab, setup: &Setup) -> Result<Init, WorkerError> {
    let subject = &setup.subject;
    let last = subject.name.rsplit('.').next().unwrap_or(&subject.name).to_owned();
    let exports_slots = subject.extension.init.iter().any(|init| match init {
        InitSymbol::PyModExport { name } => *name == last,
        InitSymbol::PyInit { .. } => false,
    });
    // From 3.15 on the import system prefers the export of slots.
    let symbol = if exports_slots && lab.host.feature() >= (3, 15) { "PyModExport_" } else { "PyInit_" };
    let guess = |exported| Init {
        kind: subject.extension.static_init_guess(),
        source: "the functions it imports".to_owned(),
        exported,
    };
    if !last.is_ascii() {
        return Ok(guess(None));
    }
    let symbol = format!("{symbol}{last}");
    let mut task = setup.base.doing(Scenario::InitFunction { symbols: vec![symbol.clone()] });
    task.light_use = false;
    let mut exported = None;
    let run = lab.work(&task, &mut |pid, checkpoint, _| {
        let Ok(view) = View::open(lab, pid, checkpoint) else { return };
        exported = match checkpoint.at {
            At::Export { slots } => export_slots(&view.memory, &view.layout, slots).ok(),
            At::Definition { address } => def_facts(&view.memory, &view.layout, address).ok(),
            _ => None,
        };
    })?;
    let returned = run.first::<InitReturned>().and_then(|event| event.returns.get(&symbol)).map(String::as_str);
    let source = format!("what {symbol} returns");
    Ok(match returned {
        Some("moduledef") => Init { kind: InitKind::MultiPhase, source, exported },
        Some(_) => Init { kind: InitKind::SinglePhase, source, exported },
        None if symbol.starts_with("PyModExport_") => {
            Init { kind: InitKind::MultiPhase, source: "its PyModExport_ function".to_owned(), exported }
        }
        None => guess(exported),
    })
}
