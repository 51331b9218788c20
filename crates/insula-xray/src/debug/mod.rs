//! Debug information: which source line a variable, a function or a field of a structure comes from.
//!
//! The DWARF of a file is read unit by unit, in one walk that answers all questions at once, so that neither its size
//! nor the number of its units matters for memory: files are mapped, and what was read of a unit is forgotten with it.
//! It may lie in the file itself, in the one that its debug link or its build id names, or, unit by unit, in `.dwo`
//! files or a `.dwp`; what several files have in common may lie in a supplementary one (`.gnu_debugaltlink`).
//!
//! What is damaged, missing, or of another build costs lines, never the audit: [`Answers::notes`] says so.

mod book;
mod files;
mod split;
mod types;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use object::{Object, ObjectSymbol};

use crate::elf::Symbol;
use files::{Files, sections};

pub use files::companions;

/// What is asked, all by link-time addresses.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// Addresses of variables, or inside of them.
    pub variables: Vec<u64>,
    /// Offsets in the block of thread-local storage.
    pub thread_locals: Vec<u64>,
    /// Entries of functions.
    pub functions: Vec<u64>,
    /// Structures whose names are not known.
    pub records: Vec<Record>,
}

/// A structure that is known by its size, and by the functions that use it.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Its size in bytes.
    pub size: u64,
    /// Whether it begins with the head of an object.
    pub object: bool,
    /// Entries of the functions that use it.
    pub functions: Vec<u64>,
    /// The fields that are asked for, by offset.
    pub offsets: Vec<u64>,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The file as the compiler was told, joined with the folder it ran in.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, if the compiler noted it.
    pub column: Option<u32>,
}

/// Something that has a name in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name, behind those of the namespaces, types and functions around it.
    pub name: String,
    /// What the linker calls it, if that is another name.
    pub linkage: Option<String>,
    /// Which part of it was asked for: `.field`, `[3]`; empty for the whole.
    pub part: String,
    /// Where it is declared.
    pub source: Option<Source>,
}

/// A field of a structure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// The structure.
    pub record: String,
    /// The field, and what is inside of it: `tables.cache`, `items[3]`.
    pub path: String,
    /// Where it is declared.
    pub source: Option<Source>,
}

/// Which field it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one: of the structures that the functions use, one alone fits.
    One(Field),
    /// One of these, all of which fit.
    Among(Vec<Field>),
}

/// The answers.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Variables by the address that was asked for.
    pub variables: BTreeMap<u64, Named>,
    /// Thread-locals by the offset that was asked for.
    pub thread_locals: BTreeMap<u64, Named>,
    /// Functions by their entry.
    pub functions: BTreeMap<u64, Named>,
    /// Fields by the index of the record, and the offset.
    pub fields: BTreeMap<(usize, u64), Which>,
    /// Symbols of the separate debug file, by address: more than the file itself may have.
    pub symbols: Vec<Symbol>,
    /// Why there are no lines, or not all: one line each.
    pub notes: Vec<String>,
}

/// Answers the questions about the file at `path`. `roots` are the folders that hold debug files of the whole system,
/// such as `/usr/lib/debug`.
pub fn answer(path: &Path, questions: &Questions, roots: &[PathBuf]) -> Answers {
    let mut answers = Answers::default();
    let files = match Files::find(path, roots, &mut answers.notes) {
        Ok(files) => files,
        Err(why) => {
            answers.notes.push(why);
            return answers;
        }
    };
    if let Some(separate) = files.separate() {
        answers.symbols = symbols(separate);
    }
    let Some(debug) = files.dwarf() else { return answers };
    let outcome = sections(debug.object(), false).and_then(|main| {
        let extra = files.supplementary().map(|file| sections(file.object(), false)).transpose()?;
        walk::walk(&main, extra.as_ref(), questions, &files, &mut answers)
    });
    if let Err(why) = outcome {
        answers.notes.push(format!("{}: {why}; what it would say is left out", debug.shown()));
    }
    answers
}

/// The defined symbols of a debug file, by address.
fn symbols(file: &files::Mapped) -> Vec<Symbol> {
    let mut all: Vec<Symbol> = file
        .object()
        .symbols()
        .filter(|symbol| symbol.is_definition() && symbol.kind() != object::SymbolKind::Tls)
        .filter_map(|symbol| {
            let name = symbol.name().ok().filter(|name| !name.is_empty())?;
            Some(Symbol { vaddr: symbol.address(), name: name.to_owned(), size: symbol.size() })
        })
        .collect();
    all.sort_by(|a, b| (a.vaddr, &a.name).cmp(&(b.vaddr, &b.name)));
    all
}
