//! Where the module's types and callables have their functions: what source lines are looked up by.

use insula_xray::{SlotKind, TypeObject, function_of, module_facts, state_functions, type_functions, type_slots};

use super::Lab;
use super::memory::View;
use crate::observations::{Inventory, TypeParts};
use crate::target::Subject;
use crate::worker::WorkerError;
use crate::worker::protocol::{At, Checkpoint, Scenario};
use crate::worker::task::Task;

/// Takes the inventory; what cannot be read is left out, which costs lines and nothing else.
pub(crate) fn run(lab: &Lab, base: &Task, subject: &Subject) -> Result<Inventory, WorkerError> {
    let mut found = Inventory::default();
    lab.work(&base.doing(Scenario::Inventory), &mut |pid, checkpoint, _| {
        if let Ok(view) = View::open(lab, pid, checkpoint) {
            found = read(&view, subject, checkpoint).unwrap_or_default();
        }
    })?;
    Ok(found)
}

/// Reads it at the checkpoint of that name.
pub(crate) fn read(view: &View, subject: &Subject, checkpoint: &Checkpoint) -> Option<Inventory> {
    let At::Inventory { module, types, callables, code } = &checkpoint.at else { return None };
    let View { memory, layout } = view;
    let file = memory.loaded(&subject.extension)?;
    // Link-time addresses, which are the same in every process; what lies elsewhere is not the target's.
    let own = |address: u64| file.range.contains(&address).then(|| address.wrapping_sub(file.bias));
    let function = |address: u64| {
        let segments = &subject.extension.segments;
        let code =
            |vaddr: u64| segments.iter().any(|one| !one.writable && vaddr.wrapping_sub(one.vaddr) < one.mem_size);
        own(address).filter(|vaddr| code(*vaddr))
    };
    let mut found = Inventory { code: code.clone(), ..Inventory::default() };
    for (name, (object, kind)) in callables {
        if let Some(entry) = function_of(memory, *object, kind).and_then(function) {
            found.callables.insert(name.clone(), entry);
        }
    }
    for (name, address) in types {
        let size = TypeObject::read(memory, layout, *address).map_or(0, |kind| kind.basicsize.max(0) as u64);
        let prefix = format!("{name}.");
        let methods = found.callables.iter().filter(|(name, _)| name.starts_with(&prefix)).map(|(_, entry)| *entry);
        found.types.insert(
            name.clone(),
            TypeParts {
                object: own(*address),
                size,
                slots: type_slots(memory, *address)
                    .into_iter()
                    .filter_map(|(slot, address)| Some((slot, function(address)?)))
                    .collect(),
                functions: type_functions(memory, *address).into_iter().filter_map(function).chain(methods).collect(),
            },
        );
    }
    if let Ok(facts) = module_facts(memory, layout, *module) {
        found.state_size = facts.state_size;
        let def = facts.def;
        found.definition = def.as_ref().and_then(|def| own(def.addr));
        let traverse = def.iter().flat_map(|def| &def.slots).find(|(kind, _)| *kind == SlotKind::StateTraverse);
        let by_def = def.as_ref().map(|def| state_functions(memory, def.addr)).unwrap_or_default();
        found.traverse = traverse.map(|(_, value)| *value).or(by_def.first().copied()).and_then(function);
        let by_slots = def.iter().flat_map(|def| &def.slots).map(|(_, value)| *value);
        let module_level = found.callables.iter().filter(|(name, _)| !name.contains('.')).map(|(_, entry)| *entry);
        found.state_functions = by_slots.chain(by_def).filter_map(function).chain(module_level).collect();
    }
    Some(found)
}
