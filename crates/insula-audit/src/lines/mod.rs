//! Where in the source everything is that was seen: asked of the debug information, of symbols without it, and of
//! what code generators leave behind.

mod cython;
pub(crate) mod names;
pub(crate) mod relate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use insula_xray::debug::{self, Answers, Field, Named, Questions, Record, Which};
use insula_xray::{Extension, InitSymbol};

use self::cython::Generated;
use crate::observations::{FieldName, Inventory, Lines, Observations, Spot};

/// The folders with debug files of the whole system: those of `INSULA_DEBUG_DIRS`, else the usual one.
pub(crate) fn debug_folders() -> Vec<PathBuf> {
    let named = std::env::var_os("INSULA_DEBUG_DIRS");
    named.map_or_else(|| vec![PathBuf::from("/usr/lib/debug")], |all| std::env::split_paths(&all).collect())
}

/// Looks up what the observations are about.
pub(crate) fn look(extension: &Extension, inventory: &Inventory, seen: &Observations) -> Lines {
    let mut questions = questions(extension, inventory, &seen.name);
    add_seen(&mut questions, inventory, seen);
    let fields: Vec<String> = instances(seen).into_keys().collect();
    answer(extension, inventory, &seen.name, &questions, &fields)
}

/// Looks up the types and callables of a module.
pub(crate) fn look_up(extension: &Extension, inventory: &Inventory, module: &str) -> Lines {
    answer(extension, inventory, module, &questions(extension, inventory, module), &[])
}

/// Looks up variables of a file, by link-time address.
pub(crate) fn look_up_variables(extension: &Extension, variables: Vec<u64>) -> BTreeMap<u64, Spot> {
    let questions = Questions { variables, ..Questions::default() };
    answer(extension, &Inventory::default(), "", &questions, &[]).variables
}

/// Answers the questions; `instances` are the types of all records behind the first one.
fn answer(
    extension: &Extension,
    inventory: &Inventory,
    module: &str,
    questions: &Questions,
    instances: &[String],
) -> Lines {
    let answers = debug::answer(&extension.path, questions, &debug_folders());
    let mut lookup = Lookup { extension, inventory, answers, generated: Generated::default() };
    let mut lines = Lines::default();
    for address in &questions.variables {
        lines.variables.extend(lookup.variable(*address).map(|spot| (*address, spot)));
    }
    for offset in &questions.thread_locals {
        lines.thread_locals.extend(lookup.thread_local(*offset).map(|spot| (*offset, spot)));
    }
    for (name, entry) in &inventory.callables {
        lines.callables.extend(lookup.callable(name, *entry).map(|spot| (name.clone(), spot)));
    }
    for (name, parts) in &inventory.types {
        for (slot, entry) in &parts.slots {
            lines.slots.extend(lookup.slot(name, *entry).map(|spot| ((name.clone(), *slot), spot)));
        }
        let object = parts.object.and_then(|object| lookup.variable(object));
        lines.types.extend(object.map(|spot| (name.clone(), spot)));
    }
    lines.traverse = inventory.traverse.and_then(|entry| lookup.function(entry));
    let definition = inventory.definition.and_then(|definition| lookup.variable(definition));
    let init = init_function(extension, module).and_then(|entry| lookup.function(entry));
    // Generated code has a definition that its author never saw.
    let own = [definition, init].into_iter().flatten().find(|spot| !cython::is_generated(&spot.symbol));
    lines.module = own.map(|spot| lookup.generated.module(module, spot));
    for (offset, which) in lookup.fields(0) {
        lines.state.insert(offset, field_name(which, |field| format!("state->{}", field.path)));
    }
    for (number, name) in instances.iter().enumerate() {
        for (offset, which) in lookup.fields(number + 1) {
            let named = field_name(which, |field| format!("{}.{}", field.record, field.path));
            lines.instances.insert((name.clone(), offset), named);
        }
    }
    lines.notes = lookup.answers.notes;
    lines
}

/// What is asked of every module.
fn questions(extension: &Extension, inventory: &Inventory, module: &str) -> Questions {
    let slots = inventory.types.values().flat_map(|parts| parts.slots.values().copied());
    let functions = inventory.callables.values().copied().chain(inventory.traverse).chain(slots);
    let objects = inventory.types.values().filter_map(|parts| parts.object);
    Questions {
        variables: objects.chain(inventory.definition).collect(),
        functions: functions.chain(init_function(extension, module)).collect(),
        ..Questions::default()
    }
}

/// What is asked because of what was seen: the first record is the module's state, the others are types of which a
/// field is in question.
fn add_seen(questions: &mut Questions, inventory: &Inventory, seen: &Observations) {
    let in_use = &seen.in_use;
    let hits = seen.hits.iter().chain(&in_use.hits).flatten().map(|hit| hit.vaddr);
    let replaced = seen.overwritten.iter().flatten().map(|one| one.was.vaddr);
    let behind = in_use.deep.iter().flatten().map(|one| one.vaddr);
    let changed = in_use.changed.iter().flatten().map(|one| one.vaddr);
    questions.variables.extend(hits.chain(replaced).chain(behind).chain(changed));
    questions.variables.sort_unstable();
    questions.variables.dedup();
    questions.thread_locals = in_use.thread_locals.iter().flatten().map(|(offset, _)| *offset).collect();
    let missed = seen.gc_contract.iter().flat_map(|contract| &contract.missed_state).flatten();
    questions.records.push(Record {
        size: inventory.state_size,
        object: false,
        functions: inventory.state_functions.clone(),
        offsets: missed.map(|one| one.offset).collect(),
    });
    for (name, offsets) in instances(seen) {
        let parts = inventory.types.get(&name).cloned().unwrap_or_default();
        questions.records.push(Record { size: parts.size, object: true, functions: parts.functions, offsets });
    }
}

/// The types of which a field is in question, with its offsets.
fn instances(seen: &Observations) -> BTreeMap<String, Vec<u64>> {
    let types = seen.gc_contract.iter().flat_map(|contract| &contract.types);
    let missed = types.filter(|(_, kind)| !kind.missed_words.is_empty());
    missed.map(|(name, kind)| (name.clone(), kind.missed_words.iter().map(|word| word.offset).collect())).collect()
}

/// Where the init function is.
fn init_function(extension: &Extension, module: &str) -> Option<u64> {
    let last = module.rsplit('.').next().unwrap_or(module);
    let init = extension.init.iter().find(|init| init.name() == last)?;
    let symbol = match init {
        InitSymbol::PyInit { .. } => format!("PyInit_{last}"),
        InitSymbol::PyModExport { .. } => format!("PyModExport_{last}"),
    };
    extension.symbols.iter().find(|one| one.name == symbol).map(|one| one.vaddr)
}

fn field_name(which: Which, name: impl Fn(&Field) -> String) -> FieldName {
    match which {
        Which::One(field) => FieldName::Known(name(&field)),
        Which::Among(fields) => FieldName::Among(fields.iter().map(name).collect()),
    }
}

struct Lookup<'a> {
    extension: &'a Extension,
    inventory: &'a Inventory,
    answers: Answers,
    generated: Generated,
}

impl Lookup<'_> {
    fn variable(&mut self, address: u64) -> Option<Spot> {
        match self.answers.variables.get(&address) {
            Some(named) => Some(self.generated.variable(spot(named))),
            None => self.symbol(address).map(|spot| self.generated.variable(spot)),
        }
    }

    fn thread_local(&mut self, offset: u64) -> Option<Spot> {
        let known = self.answers.thread_locals.get(&offset).map(spot);
        known.or_else(|| {
            let all = self.extension.thread_locals.iter();
            let symbol = all.rev().find(|one| one.vaddr <= offset && offset - one.vaddr < one.size.max(1))?;
            Some(Spot { symbol: names::demangled(&symbol.name), ..Spot::default() })
        })
    }

    fn function(&self, entry: u64) -> Option<Spot> {
        let spot = self.answers.functions.get(&entry).map(spot).or_else(|| self.symbol(entry))?;
        // What a binding generator calls first is its own, and the same for all.
        (!names::is_of_generator(&spot.symbol)).then_some(spot)
    }

    /// A callable: what its code object says comes before what the compiler saw of generated code.
    fn callable(&mut self, name: &str, entry: u64) -> Option<Spot> {
        if let Some((file, line)) = self.inventory.code.get(name) {
            let file = Some(file.clone());
            return Some(Spot { symbol: name.to_owned(), file, line: Some(*line), column: None });
        }
        let spot = self.function(entry)?;
        Some(self.generated.function(name, spot))
    }

    fn slot(&mut self, of: &str, entry: u64) -> Option<Spot> {
        let spot = self.function(entry)?;
        Some(self.generated.slot(of, spot))
    }

    /// What the file, or else its debug file, calls an address.
    fn symbol(&self, address: u64) -> Option<Spot> {
        let name = match self.extension.symbol_at(address) {
            Some((name, 0)) => name.to_owned(),
            Some((name, offset)) => format!("{name}+{offset}"),
            None => {
                let symbols = &self.answers.symbols;
                let after = symbols.partition_point(|one| one.vaddr <= address);
                let one = symbols[..after].iter().next_back()?;
                let offset = address - one.vaddr;
                (offset < one.size.max(1)).then_some(())?;
                if offset == 0 { one.name.clone() } else { format!("{}+{offset}", one.name) }
            }
        };
        Some(Spot { symbol: names::demangled(&name), ..Spot::default() })
    }

    fn fields(&mut self, record: usize) -> Vec<(u64, Which)> {
        let all = self.answers.fields.range((record, 0)..=(record, u64::MAX));
        all.map(|((_, offset), which)| (*offset, which.clone())).collect()
    }
}

/// A name of the debug information, as its author wrote it.
fn spot(named: &Named) -> Spot {
    let linkage = named.linkage.as_deref().map(names::demangled);
    // The linker's name has the namespaces, but not the function that a static is in.
    let name = linkage.filter(|name| name.len() > named.name.len()).unwrap_or_else(|| named.name.clone());
    let source = named.source.as_ref();
    Spot {
        symbol: format!("{}{}", names::tidy(&name), named.part),
        file: source.map(|source| shown(&source.file)),
        line: source.map(|source| source.line),
        column: source.and_then(|source| source.column),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
