//! Where in the source things are, and what leads there.

use std::collections::BTreeMap;

use insula_xray::TypeSlot;

/// Where the module's types and callables have their functions, by link-time address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inventory {
    /// Its definition, or the slots it exports.
    pub(crate) definition: Option<u64>,
    /// The function that visits its state.
    pub(crate) traverse: Option<u64>,
    /// The size of its state.
    pub(crate) state_size: u64,
    /// Functions that are likely to use the state.
    pub(crate) state_functions: Vec<u64>,
    /// Its types by name.
    pub(crate) types: BTreeMap<String, TypeParts>,
    /// Functions, and `Type.method`.
    pub(crate) callables: BTreeMap<String, u64>,
    /// The file and the line that a callable's code object tells.
    pub(crate) code: BTreeMap<String, (String, u32)>,
}

/// The parts of a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypeParts {
    /// Where a static type is.
    pub(crate) object: Option<u64>,
    /// The size of an instance.
    pub(crate) size: u64,
    /// The slots that the file fills.
    pub(crate) slots: BTreeMap<TypeSlot, u64>,
    /// All functions of the file that it leads to.
    pub(crate) functions: Vec<u64>,
}

/// A place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    /// What is there, as its author calls it.
    pub(crate) symbol: String,
    /// The file, as far as the compiler or the code object tells its folder.
    pub(crate) file: Option<String>,
    /// The line, from 1.
    pub(crate) line: Option<u32>,
    /// The column, from 1.
    pub(crate) column: Option<u32>,
}

/// Where everything is that was seen. What is not known is not there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// Globals and statics by link-time address.
    pub(crate) variables: BTreeMap<u64, Spot>,
    /// Thread-locals by offset.
    pub(crate) thread_locals: BTreeMap<u64, Spot>,
    /// Functions, and `Type.method`.
    pub(crate) callables: BTreeMap<String, Spot>,
    /// Functions of types.
    pub(crate) slots: BTreeMap<(String, TypeSlot), Spot>,
    /// Static types.
    pub(crate) types: BTreeMap<String, Spot>,
    /// The function that visits the module's state.
    pub(crate) traverse: Option<Spot>,
    /// Where the module is defined: its `PyModuleDef`, or else its init function.
    pub(crate) module: Option<Spot>,
    /// Fields of the state by offset: `state->cache`.
    pub(crate) state: BTreeMap<u64, FieldName>,
    /// Fields of instances by type and offset: `CounterObject.callback`.
    pub(crate) instances: BTreeMap<(String, u64), FieldName>,
    /// Why there is no more.
    pub(crate) notes: Vec<String>,
}

/// What a field is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldName {
    /// This, for certain.
    Known(String),
    /// One of these.
    Among(Vec<String>),
}

impl FieldName {
    /// In the place of "the field at offset 24".
    pub(crate) fn or_offset(name: Option<&Self>, offset: &str) -> String {
        match name {
            Some(Self::Known(name)) => name.clone(),
            Some(Self::Among(names)) => format!("{offset} ({}?)", names.join(" or ")),
            None => offset.to_owned(),
        }
    }
}

impl Lines {
    /// The first of these slots of a type that is known, or else what else is known of it.
    pub(crate) fn of_type(&self, name: &str, slots: &[TypeSlot]) -> Option<&Spot> {
        // What is not shown has an apostrophe more for each type of the same name.
        let slot = |slot: &TypeSlot| self.slots.get(&(name.to_owned(), *slot));
        slots.iter().find_map(slot).or_else(|| self.types.get(name)).or_else(|| TypeSlot::ALL.iter().find_map(slot))
    }

    /// A callable, however a rule writes it: `f`, `module.f`, `module.T('a').m`, `uninitialised T.m`.
    pub(crate) fn of_callable(&self, written: &str) -> Option<&Spot> {
        let name = plain_name(written);
        let name = name.strip_prefix("uninitialised ").unwrap_or(&name);
        let name = name.strip_prefix("module.").unwrap_or(name);
        let owner = name.split('.').next().unwrap_or(name);
        let (constructor, initialiser) = ([TypeSlot::New, TypeSlot::Init], [TypeSlot::Init, TypeSlot::New]);
        match name.rsplit('.').next() {
            _ if self.callables.contains_key(name) => self.callables.get(name),
            Some("__init__") => self.of_type(owner, &initialiser),
            _ => self.of_type(owner, &constructor),
        }
    }

    /// Of what a test calls, in that order: the last one is a method of what the others made, more often than not.
    pub(crate) fn of_suspects(&self, callables: &[String]) -> Option<&Spot> {
        callables.iter().rev().find_map(|name| self.of_callable(name))
    }

    /// What a path from the module leads to: `shop.Type`, `shop.function`.
    pub(crate) fn of_path(&self, module: &str, path: &str) -> Option<&Spot> {
        self.of_callable(path.strip_prefix(module)?.strip_prefix('.')?)
    }
}

/// A callable without the arguments in its name.
fn plain_name(written: &str) -> String {
    let mut depth = 0_usize;
    let mut name = String::new();
    for c in written.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{Lines, Spot};

    #[test]
    fn callables_are_found_however_they_are_written() {
        let spot = |symbol: &str| Spot { symbol: symbol.to_owned(), ..Spot::default() };
        let mut lines = Lines::default();
        lines.callables.insert("lookup".to_owned(), spot("lookup"));
        lines.callables.insert("Counter.bump".to_owned(), spot("Counter_bump"));
        lines.slots.insert(("Counter".to_owned(), insula_xray::TypeSlot::Init), spot("Counter_init"));
        for (written, symbol) in [
            ("lookup", "lookup"),
            ("module.lookup", "lookup"),
            ("module.Counter(1, (2,)).bump", "Counter_bump"),
            ("uninitialised Counter.bump", "Counter_bump"),
            ("Counter.__init__", "Counter_init"),
            ("Counter", "Counter_init"),
        ] {
            assert_eq!(lines.of_callable(written).map(|spot| &*spot.symbol), Some(symbol), "{written}");
        }
        assert_eq!(lines.of_path("shop", "shop.Counter.bump"), Some(&spot("Counter_bump")));
        assert_eq!(lines.of_callable("other"), None);
    }
}
