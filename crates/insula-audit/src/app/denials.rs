//! What sub-interpreters deny to Python code, and what can be done about it.

use std::collections::BTreeSet;

use super::Seen;
use super::chains::Ways;
use super::events::{Event, Place, Stage, What};
use super::judge::is_standard;
use super::report::{Denied, Kind};
use super::run::Ran;
use super::verdicts::verdict;

/// What helps, by what is denied.
const ADVICE: [(&str, &str); 5] = [
    ("os.fork", "start processes by subprocess, or by multiprocessing with the start method \"spawn\""),
    ("os.exec", "run the program by subprocess"),
    ("daemon threads", "start an ordinary thread, and end it where the application ends"),
    ("signal.", "set handlers in the main interpreter; elsewhere catch the ValueError and go on"),
    ("module ", "part of CPython itself: import it in the main interpreter only, or where it is used"),
];

/// Where the application does not load: all that is denied there, in the order in which it comes.
pub(super) fn found(seen: &Seen, spared: &BTreeSet<&str>, ways: &Ways<'_>) -> Vec<Denied> {
    let mut found: Vec<Denied> = Vec::new();
    for (kind, ran) in &seen.kinds {
        if verdict(*kind, ran, Stage::Natural, spared).loads == Some(true) {
            continue;
        }
        // What fails behind damage of another one's is not denied.
        let cleared = |one: &Denied| seen.cleared.iter().any(|(of, name)| of == kind && one.what == module(name));
        for one in denied(*kind, ran, ways).into_iter().filter(|one| !cleared(one)) {
            match found.iter_mut().find(|other| other.what == one.what && other.chain == one.chain) {
                Some(other) if other.kinds.contains(kind) => {}
                Some(other) => other.kinds.push(*kind),
                None => found.push(one),
            }
        }
    }
    found
}

fn denied(kind: Kind, ran: &Ran, ways: &Ways<'_>) -> Vec<Denied> {
    // What others do that the application does not import is nothing of its own.
    let mut own = false;
    let of_application = |event: &&Event| {
        if let What::Step { name } = &event.what {
            own = ["natural", "lifted"].contains(&name.as_str());
        }
        own && event.place == Place::from(kind)
    };
    let here: Vec<&What> = ran.events.iter().filter(of_application).map(|event| &event.what).collect();
    let make = |what: String, message: &str, chain: Vec<String>| Denied {
        advice: advice(&what).to_owned(),
        what,
        message: message.to_owned(),
        kinds: vec![kind],
        chain,
    };
    let of = |what: &What| match what {
        What::Denied { name, message, chain, origin } => {
            Some(make(name.clone(), message, ways.way(chain, origin.as_deref())))
        }
        // Extension modules of the standard library are nobody's distribution.
        What::Refused { name, message, .. } => here.iter().find_map(|other| match other {
            What::Trying { name: tried, file, chain, origin, .. } if tried == name && is_standard(file) => {
                Some(make(module(name), message, ways.way(chain, origin.as_deref())))
            }
            _ => None,
        }),
        _ => None,
    };
    here.iter().filter_map(|what| of(what)).collect()
}

/// How a module of the standard library is named.
fn module(name: &str) -> String {
    format!("module {name}")
}

fn advice(what: &str) -> &'static str {
    ADVICE.iter().find(|(begin, _)| what.starts_with(begin)).map_or("", |(_, advice)| advice)
}
