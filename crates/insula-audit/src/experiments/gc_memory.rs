//! What memory shows of the contract with the collector: types, instances and module state.

use std::collections::{BTreeMap, HashSet};

use insula_xray::{Hit, KnownType, TypeObject, module_facts, objects_in};

use super::memory::{View, unread};
use crate::observations::{MissedWord, Seen, TypeContract};
use crate::target::Subject;

/// The size of an object's head.
const HEAD: u64 = 16;

/// The target's types: flags, and whose functions their slots are.
pub(super) fn types(view: &View, subject: &Subject, types: &BTreeMap<String, u64>) -> BTreeMap<String, TypeContract> {
    const IMMUTABLE: u64 = 1 << 8;
    let View { memory, layout } = view;
    let own = memory.loaded(&subject.extension).map(|file| file.range.clone()).unwrap_or_default();
    let read = |(name, address): (&String, &u64)| {
        let kind = TypeObject::read(memory, layout, *address).ok()?;
        let one = TypeContract {
            has_gc: kind.has_gc(),
            immutable: kind.flags & IMMUTABLE != 0,
            own_traverse: own.contains(&kind.traverse),
            own_dealloc: own.contains(&kind.dealloc),
            ..TypeContract::default()
        };
        Some((name.clone(), one))
    };
    types.iter().filter_map(read).collect()
}

/// Words of an instance that are its only owner's: the object has one reference, and traverse does not lead to it.
pub(super) fn instances(
    view: &View,
    subject: &Subject,
    known: &[KnownType],
    samples: &BTreeMap<String, Vec<(u64, Vec<u64>)>>,
    types: &mut BTreeMap<String, TypeContract>,
) {
    let View { memory, layout } = view;
    for (name, samples) in samples {
        let Some(one) = types.get_mut(name) else { continue };
        let Some((first, _)) = samples.first() else { continue };
        let kind = memory.word(first + 8).and_then(|kind| TypeObject::read(memory, layout, kind).ok());
        let Some(kind) = kind else { continue };
        let count = (kind.basicsize.max(0) as u64).saturating_sub(HEAD) / 8;
        let only_owner = |hit: &Hit| {
            let count = memory.word(hit.target).and_then(|word| layout.refcount(word));
            count.is_some_and(|count| !count.immortal && count.count == 1)
        };
        let mut each: Vec<Vec<MissedWord>> = Vec::new();
        for (address, referents) in samples {
            let read = objects_in(memory, &subject.extension, layout, known, address + HEAD, count as usize);
            // One that cannot be read says nothing about this type, and nothing at all about the next one.
            let Ok(objects) = read else { continue };
            let missed = objects.into_iter().filter(|(_, hit)| {
                hit.collected && !referents.contains(&hit.target) && only_owner(hit) && hit.type_name != "weakref"
            });
            each.push(missed.map(|(offset, object)| MissedWord { offset: offset + HEAD, object }).collect());
        }
        one.missed_words = in_each(&each);
    }
}

/// What all instances have at the same place is a field, and no chance, if each has an object of its own there: no two
/// can be the only owner of one. Bytes that are not in use, such as those of the other variants of an enum, hold what
/// was there before, often the same for all.
fn in_each(each: &[Vec<MissedWord>]) -> Vec<MissedWord> {
    let Some((first, others)) = each.split_first() else { return Vec::new() };
    let field = |missed: &&MissedWord| {
        let mut seen = HashSet::from([missed.object.target]);
        others.iter().all(|all| {
            let same_place = all.iter().find(|one| one.offset == missed.offset);
            same_place.is_some_and(|one| seen.insert(one.object.target))
        })
    };
    first.iter().filter(field).cloned().collect()
}

/// Objects that the state holds, whose type takes part in garbage collection, and that `m_traverse` does not visit.
pub(super) fn missed_state(
    view: &View,
    subject: &Subject,
    known: &[KnownType],
    module: u64,
    referents: &[u64],
) -> Seen<Vec<MissedWord>> {
    let View { memory, layout } = view;
    let facts = module_facts(memory, layout, module).map_err(unread)?;
    let (Some(state), size) = (facts.state, facts.state_size) else {
        return Ok(Vec::new());
    };
    let objects = objects_in(memory, &subject.extension, layout, known, state, size as usize / 8).map_err(unread)?;
    let missed = objects
        .into_iter()
        .filter(|(_, hit)| hit.collected && !hit.immortal && hit.target != module && !referents.contains(&hit.target));
    let mut seen = HashSet::new();
    Ok(missed
        .filter(|(_, hit)| seen.insert(hit.target))
        .map(|(offset, object)| MissedWord { offset, object })
        .collect())
}
