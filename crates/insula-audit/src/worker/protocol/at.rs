//! Where a worker waits, and what is to be seen there.

use std::collections::BTreeMap;

use insula_xray::{KnownType, Reached};
use serde::Deserialize;

use super::event::ReachedObjects;

/// Where a worker waits, and what is to be seen there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum At {
    /// The target was imported, or used lightly.
    Import {
        /// The types that are alive.
        known: Known,
        /// The module's address.
        module: u64,
        /// Addresses of objects that have nothing to do with the target.
        others: Vec<u64>,
    },
    /// The main interpreter has imported it, and no other one.
    OneInterpreter {
        /// The types that are alive.
        known: Known,
    },
    /// A sub-interpreter has imported it, too.
    TwoInterpreters {
        /// The types that are alive in the main interpreter.
        known: Known,
    },
    /// A `PyModExport` function returned.
    Export {
        /// The address of the slots.
        slots: u64,
    },
    /// A `PyInit` function returned a definition.
    Definition {
        /// Its address.
        address: u64,
    },
    /// The module's state is to be read.
    State {
        /// The types that are alive.
        known: Known,
        /// The module's address.
        module: u64,
        /// What the collector is told of the module.
        referents: Vec<u64>,
        /// The addresses of the target's types.
        types: BTreeMap<String, u64>,
    },
    /// Instances are to be read.
    Instances {
        /// The types that are alive.
        known: Known,
        /// For each type some instances, with what the collector is told of them.
        samples: BTreeMap<String, Vec<(u64, Vec<u64>)>>,
    },
    /// Before everything is called.
    BeforeCalls {
        /// The types that are alive.
        known: Known,
    },
    /// Once everything was called.
    AfterCalls {
        /// The types that are alive.
        known: Known,
        /// Addresses of objects that have nothing to do with the target.
        others: Vec<u64>,
        /// Where the target's block of thread-local storage is: 0 if this thread has none, nothing if that cannot be
        /// told.
        tls: Option<u64>,
    },
    /// The module's types and callables are to be looked up.
    Inventory {
        /// The module's address.
        module: u64,
        /// Types by name.
        types: BTreeMap<String, u64>,
        /// Callables by name: address, and the name of the object's type.
        callables: BTreeMap<String, (u64, String)>,
        /// Callables that have a code object, as Cython's do: its file, and its first line.
        code: BTreeMap<String, (String, u32)>,
    },
    /// All interpreters of an audit of private copies have told what they have.
    Copies {
        /// Which reading this is.
        reading: u32,
    },
}

/// Types that are alive, by address.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Known(Vec<(u64, String)>);

impl Known {
    /// As the X-ray wants them: each address once.
    pub(crate) fn types(&self) -> Vec<KnownType> {
        Self::both(self, &Self::default())
    }

    /// Those of two interpreters.
    pub(crate) fn both(one: &Self, other: &Self) -> Vec<KnownType> {
        let all: BTreeMap<u64, &String> = one.0.iter().chain(&other.0).map(|(addr, name)| (*addr, name)).collect();
        all.into_iter().map(|(addr, name)| KnownType { addr, name: name.clone() }).collect()
    }
}

impl ReachedObjects {
    /// As the intersection wants them.
    pub(crate) fn list(&self) -> Vec<Reached> {
        let one = |(addr, type_name, path, immortal): &(u64, String, String, bool)| Reached {
            addr: *addr,
            type_name: type_name.clone(),
            path: path.clone(),
            immortal: *immortal,
        };
        self.objects.iter().map(one).collect()
    }
}
