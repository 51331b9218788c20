//! What experiments write and rules read: plain data, from which neither side sees the other.

mod collection;
mod exercise;
mod hostile;
mod lines;
mod outcome;
mod repetition;
mod trouble;

use insula_xray::{Changed, DeepHit, DefFacts, Hit, InitKind, MultiInterp, Overwritten, Section, Shared};
use serde::{Deserialize, Serialize};

use crate::reproducer::Place;

pub(crate) use self::collection::{Contract, MissedWord, OverRelease, OverVisit, Released, TypeContract};
pub(crate) use self::exercise::{Exercised, FailingTest, LeakingTest};
pub(crate) use self::hostile::{Case, Ending, HostileCalls, to_blame};
pub(crate) use self::lines::{FieldName, Inventory, Lines, Spot, TypeParts};
pub(crate) use self::outcome::{Gap, Outcome, Seen};
pub(crate) use self::repetition::{Leak, Repetition};
pub(crate) use self::trouble::{Trouble, refused_by_host};

/// All that was seen of one module.
pub(crate) struct Observations {
    /// Its dotted name.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) place: Place,
    /// The sections of its file.
    pub(crate) sections: Vec<Section>,
    /// The functions that its file takes from others.
    pub(crate) imported: Vec<String>,
    /// The interpreter's version.
    pub(crate) feature: (u32, u32),
    /// How it initialises itself.
    pub(crate) init: InitKind,
    /// How that is known.
    pub(crate) init_source: String,
    /// Its definition, or the slots it exports.
    pub(crate) definition: Option<DefFacts>,
    /// The X-ray of globals.
    pub(crate) hits: Seen<Vec<Hit>>,
    /// What the second interpreter's import replaced.
    pub(crate) overwritten: Seen<Vec<Overwritten>>,
    /// What two live interpreters both reach.
    pub(crate) shared: Seen<Vec<Shared>>,
    /// A plain import, and the end of the process.
    pub(crate) exit: Outcome,
    /// A second import in one interpreter.
    pub(crate) again: Outcome,
    /// The second import in one interpreter was given the first module object.
    pub(crate) given_again: bool,
    /// Legacy sub-interpreters.
    pub(crate) legacy: Outcome,
    /// Own-GIL interpreters, one after the other.
    pub(crate) own_gil: Outcome,
    /// Own-GIL interpreters at the same time.
    pub(crate) parallel: Outcome,
    /// Restarts of the runtime.
    pub(crate) restart: Outcome,
    /// Whether the first interpreter keeps working when others come and go.
    pub(crate) replay: Outcome,
    /// For a module that refuses a second interpreter: how many of those that import at the same time get in.
    pub(crate) race: Seen<usize>,
    /// What the same calls give to two interpreters.
    pub(crate) given: Seen<Vec<Given>>,
    /// What the import changes outside of the module.
    pub(crate) effects: Seen<Vec<String>>,
    /// Hostile calls.
    pub(crate) hostile_calls: Seen<HostileCalls>,
    /// The contract with the garbage collector.
    pub(crate) gc_contract: Seen<Contract>,
    /// The same over again.
    pub(crate) repetition: Seen<Repetition>,
    /// The module in use.
    pub(crate) in_use: InUse,
    /// Growth for each import.
    pub(crate) leak_per_import: Seen<LeakRate>,
    /// Growth for each interpreter.
    pub(crate) leak_per_interpreter: Seen<LeakRate>,
    /// The user's workload, if there was one.
    pub(crate) exercised: Option<Exercised>,
    /// Where in the source all this is.
    pub(crate) lines: Lines,
}

impl Observations {
    /// Adds what the user's workload brought to light: it is the same kind of thing as what blind calls do.
    pub(crate) fn add(&mut self, mut exercised: Exercised) {
        let InUse { hits, deep, thread_locals: _, changed } = &mut exercised.in_use;
        add(&mut self.hits, hits, |hit| hit.vaddr);
        add(&mut self.in_use.deep, deep, |hit| hit.vaddr);
        add(&mut self.in_use.changed, changed, |one| one.vaddr);
        add(&mut self.overwritten, &mut exercised.overwritten, |one| one.vaddr);
        add(&mut self.shared, &mut exercised.shared, |one| one.path.clone());
        self.exercised = Some(exercised);
    }

    /// What the module declares about interpreters.
    pub(crate) fn declared(&self) -> Option<MultiInterp> {
        self.definition.as_ref().and_then(|definition| definition.multiple_interpreters)
    }

    /// Whether it says that it works under an own GIL.
    pub(crate) fn declares_own_gil(&self) -> bool {
        self.declared() == Some(MultiInterp::PerInterpreterGil)
    }

    /// Whether its file takes this function from others.
    pub(crate) fn imports(&self, function: &str) -> bool {
        self.imported.iter().any(|name| name == function)
    }

    pub(crate) fn multi_phase(&self) -> bool {
        self.init == InitKind::MultiPhase
    }
}

/// The module after use, seen from outside.
#[derive(Clone, Debug)]
pub(crate) struct InUse {
    /// The X-ray of globals after calls.
    pub(crate) hits: Seen<Vec<Hit>>,
    /// Objects behind heap memory.
    pub(crate) deep: Seen<Vec<DeepHit>>,
    /// Objects in the main thread's thread-locals, with their offset.
    pub(crate) thread_locals: Seen<Vec<(u64, Hit)>>,
    /// Globals whose native words changed.
    pub(crate) changed: Seen<Vec<Changed>>,
}

impl InUse {
    /// Nothing was seen.
    pub(crate) fn nothing(gap: &Gap) -> Self {
        Self {
            hits: Err(gap.clone()),
            deep: Err(gap.clone()),
            thread_locals: Err(gap.clone()),
            changed: Err(gap.clone()),
        }
    }
}

/// Adds what is not known yet, by what tells one from another.
fn add<T, K: PartialEq>(known: &mut Seen<Vec<T>>, more: &mut Seen<Vec<T>>, key: impl Fn(&T) -> K) {
    let Ok(more) = more else { return };
    match known {
        Ok(known) => {
            let new = |one: &T| known.iter().all(|other| key(other) != key(one));
            let fresh: Vec<T> = std::mem::take(more).into_iter().filter(new).collect();
            known.extend(fresh);
        }
        Err(_) if !more.is_empty() => *known = Ok(std::mem::take(more)),
        Err(_) => {}
    }
}

/// Something that two interpreters were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The callable, or the type.
    pub(crate) callable: String,
    /// The call in the second interpreter.
    pub(crate) call: String,
    /// The call in the first one.
    pub(crate) other: String,
    /// The object's type.
    pub(crate) kind: String,
    /// It is one live object; else memory that the first interpreter had given back.
    pub(crate) live: bool,
}

/// Growth for each repetition. Clean modules stay below [`LeakRate::IMPORT`] and [`LeakRate::INTERPRETER`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeakRate {
    /// Blocks of Python's allocator.
    pub(crate) blocks: f64,
    /// Bytes of the C library's; none where it does not tell.
    pub(crate) bytes: Option<f64>,
}

impl LeakRate {
    /// What an import has to leave behind to be a leak.
    pub(crate) const IMPORT: Self = Self { blocks: 8.0, bytes: Some(800.0) };
    /// What an interpreter has to.
    pub(crate) const INTERPRETER: Self = Self { blocks: 20.0, bytes: Some(4000.0) };

    /// Whether neither comes to as much as the other's.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        let bytes = self.bytes.zip(other.bytes).is_none_or(|(mine, others)| mine < others);
        self.blocks < other.blocks && bytes
    }
}
