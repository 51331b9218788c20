//! What was seen of the contract with the garbage collector.

use std::collections::BTreeMap;

use insula_xray::Hit;

use super::{Seen, Trouble};

/// What the experiments came to.
#[derive(Clone, Debug)]
pub(crate) struct Contract {
    /// The heap types that came with the target, by name.
    pub(crate) types: BTreeMap<String, TypeContract>,
    /// The objects in the module state that the collector is not told of.
    pub(crate) missed_state: Seen<Vec<MissedWord>>,
    /// What was still alive after a module was dropped; nothing if no second module could be made.
    pub(crate) survivors: Option<Vec<String>>,
    /// A second copy of the module is the first one.
    pub(crate) one_module: bool,
    /// Calls that release what they do not own.
    pub(crate) releases: Vec<OverRelease>,
    /// Experiments that ended the process.
    pub(crate) ended: Vec<(String, Trouble)>,
    /// So many of them came to no end in their time that the others were left alone.
    pub(crate) time_was_up: bool,
}

/// One heap type.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeContract {
    /// The expression that made an instance.
    pub(crate) made_by: Option<String>,
    /// Its flags say that instances take part in garbage collection.
    pub(crate) has_gc: bool,
    /// Its flags say that its attributes cannot be set (3.10 and later).
    pub(crate) immutable: bool,
    /// `tp_traverse` lies in the target's file.
    pub(crate) own_traverse: bool,
    /// `tp_dealloc` lies in the target's file.
    pub(crate) own_dealloc: bool,
    /// How often traverse visits the type.
    pub(crate) type_visits: Option<u64>,
    /// What traverse visits more often than the instance owns it.
    pub(crate) over_visited: Vec<OverVisit>,
    /// By how much the type's reference count changes for each instance that came and went.
    pub(crate) slope: Option<f64>,
    /// Instances were kept alive, so that the slope says nothing.
    pub(crate) kept: bool,
    /// Ways to make it own an object that traverse does not visit.
    pub(crate) missed: Option<Vec<String>>,
    /// Whether an object could be put into an instance at all.
    pub(crate) holds_objects: bool,
    /// Ways to make a cycle that is never collected.
    pub(crate) stuck: Option<Vec<String>>,
    /// Who saw that the instance was still tracked while it was destroyed; none if it was seen not to be.
    pub(crate) tracked_to_death: Option<Option<String>>,
    /// Words of the instance that own an object which traverse does not visit.
    pub(crate) missed_words: Vec<MissedWord>,
}

/// Something that is visited more often than it is owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OverVisit {
    /// In words.
    pub(crate) what: String,
    /// How often an instance visits it.
    pub(crate) visits: i64,
    /// How many references an instance owns.
    pub(crate) owned: i64,
}

/// A call that releases what it does not own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OverRelease {
    /// The call.
    pub(crate) call: String,
    /// What it releases.
    pub(crate) what: Released,
}

/// The part of a call that is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// Its result, of this type.
    Result(String),
    /// An argument.
    Argument,
    /// The object that it is called on.
    Receiver,
}

/// An object that native memory owns and the collector is not told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MissedWord {
    /// Offset in the state, or in the instance.
    pub(crate) offset: u64,
    /// The object.
    pub(crate) object: Hit,
}
