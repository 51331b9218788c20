//! Cython: the `.pyx` name and line of what the compiler saw in the C code that Cython wrote.
//!
//! Cython writes no `#line` unless it is asked to. If it is, it does not come back from the `.pyx` file to its own, so
//! that of all that its author did not write the compiler notes lines that the file does not have. The C code has the
//! source in comments, though, each with a few lines around the one that the code below it is for:
//!
//! ```text
//!   /* "shop.pyx":4
//!  * import os
//!  *
//!  * cdef dict cache = {}             # <<<<<<<<<<<<<<
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fs;

use super::names;
use crate::observations::Spot;

/// C code that is longer is not looked at.
const LONGEST: u64 = 64 << 20;
const MARK: &str = "# <<<<<<<<<<<<<<";

/// The source lines in the comments of a file of C code, by `.pyx` file and line.
type Comments = BTreeMap<(String, u32), String>;

/// The C files that were looked at.
#[derive(Default)]
pub(super) struct Generated {
    files: HashMap<String, Comments>,
}

/// Whether a name is one that Cython made up.
pub(super) fn is_generated(symbol: &str) -> bool {
    symbol.contains("__pyx_")
}

impl Generated {
    /// A variable: `shop.cache`, at the line that declares it.
    pub(super) fn variable(&mut self, spot: Spot) -> Spot {
        let (name, rest) = spot.symbol.split_at(spot.symbol.find(['+', '.', '[']).unwrap_or(spot.symbol.len()));
        let Some((kind, parts, own)) = names::cython(name.rsplit("::").next().unwrap_or(name)) else {
            return if is_generated(name) { in_c(spot) } else { spot };
        };
        let (symbol, own) = (format!("{}.{own}{rest}", parts.join(".")), own.to_owned());
        let place = if kind.contains("type") {
            self.find(&spot, |line| defines(line, "class", &own))
        } else {
            self.find(&spot, |line| declares(line, &own))
        };
        moved(in_c(spot), symbol, place)
    }

    /// A function, or a method as `Type.method`.
    pub(super) fn function(&mut self, name: &str, spot: Spot) -> Spot {
        if !is_generated(&spot.symbol) {
            return spot;
        }
        let own = name.rsplit('.').next().unwrap_or(name);
        let class = name.split_once('.').and_then(|(class, _)| self.find(&spot, |line| defines(line, "class", class)));
        let first = class.as_ref().map_or(0, |(_, line)| *line);
        let is_it = |(_, number): &(String, u32), line: &str| *number >= first && defines(line, "def", own);
        let place = self.find_at(&spot, is_it);
        moved(spot, name.to_owned(), place.or(class))
    }

    /// A function that fills a slot of a type: the class stands for all of them.
    pub(super) fn slot(&mut self, of: &str, spot: Spot) -> Spot {
        if !is_generated(&spot.symbol) {
            return spot;
        }
        let place = self.find(&spot, |line| defines(line, "class", of));
        moved(in_c(spot), of.to_owned(), place)
    }

    /// Where the module is defined: of one that Cython wrote, the beginning of its source.
    pub(super) fn module(&mut self, name: &str, spot: Spot) -> Spot {
        let last = name.rsplit('.').next().unwrap_or(name);
        let source =
            |file: &str| file.rsplit('/').next().and_then(|file| file.split_once('.')).map(|(stem, _)| stem == last);
        let place = self.find_at(&spot, |(file, _), _| source(file) == Some(true));
        match place {
            Some((file, _)) => moved(spot, name.to_owned(), Some((file, 1))),
            None => in_c(spot),
        }
    }

    fn find(&mut self, spot: &Spot, is_it: impl Fn(&str) -> bool) -> Option<(String, u32)> {
        self.find_at(spot, |_, line| is_it(line))
    }

    /// The first line in the comments of the spot's file that is the one looked for.
    fn find_at(&mut self, spot: &Spot, is_it: impl Fn(&(String, u32), &str) -> bool) -> Option<(String, u32)> {
        let file = spot.file.as_deref()?;
        if !is_source(file) && ![".c", ".cpp", ".cc", ".cxx"].iter().any(|end| file.ends_with(end)) {
            return None;
        }
        let comments = self.files.entry(file.to_owned()).or_insert_with(|| comments(file));
        comments.iter().find(|(place, line)| is_it(place, line)).map(|(place, _)| place.clone())
    }
}

/// Whether a file is one that Cython reads.
fn is_source(file: &str) -> bool {
    [".pyx", ".py", ".pxd", ".pxi"].iter().any(|end| file.ends_with(end))
}

/// A place in C code; one that a `#line` moved into the source is none.
fn in_c(spot: Spot) -> Spot {
    if spot.file.as_deref().is_some_and(is_source) {
        return Spot { file: None, line: None, column: None, ..spot };
    }
    spot
}

/// The spot under its own name, at its place if that is known.
fn moved(spot: Spot, symbol: String, place: Option<(String, u32)>) -> Spot {
    match place {
        Some((file, line)) => Spot { symbol, file: Some(file), line: Some(line), column: None },
        None => Spot { symbol, ..spot },
    }
}

/// Reads the comments of a file of C code, or the source itself; nothing if it is not at hand.
fn comments(file: &str) -> Comments {
    let fits = fs::metadata(file).is_ok_and(|facts| facts.is_file() && facts.len() <= LONGEST);
    let text = if fits { fs::read(file).unwrap_or_default() } else { Vec::new() };
    let text = String::from_utf8_lossy(&text);
    if is_source(file) {
        return (1..).zip(text.lines()).map(|(number, line)| ((file.to_owned(), number), line.to_owned())).collect();
    }
    parse(&text)
}

/// Takes the source out of the comments. They name a file from its package's folder on; the table of files that Cython
/// writes, for tracebacks, has the path by which it was compiled.
fn parse(text: &str) -> Comments {
    let mut found = Comments::new();
    let table = text.split_once(" __pyx_f[] = {").and_then(|(_, rest)| rest.split_once("};"));
    let paths =
        table.map_or("", |(all, _)| all).lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next());
    let compiled: Vec<&str> = paths.collect();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let head = line.trim_start().strip_prefix("/* \"").and_then(|rest| rest.rsplit_once("\":"));
        let Some((named, Ok(number))) = head.map(|(file, number)| (file, number.trim().parse::<u32>())) else {
            continue;
        };
        let is_it = |path: &&&str| path.strip_suffix(named).is_some_and(|folder| folder.ends_with('/'));
        // Two files may end in the same name: then it says nothing.
        let mut longer = compiled.iter().filter(is_it);
        let file = longer.next().filter(|_| longer.next().is_none() && !compiled.contains(&named)).unwrap_or(&named);
        let block: Vec<&str> = lines.by_ref().take_while(|line| !line.contains("*/")).collect();
        let Some(marked) = block.iter().position(|line| line.contains(MARK)) else { continue };
        for (index, line) in block.iter().enumerate() {
            let source = line.trim_start().trim_start_matches('*');
            let source = source.strip_prefix(' ').unwrap_or(source).replace(MARK, "");
            // The first comments of a file may have fewer lines in front.
            if let Some(number) = (number + index as u32).checked_sub(marked as u32).filter(|number| *number > 0) {
                found.insert(((*file).to_owned(), number), source.trim_end().to_owned());
            }
        }
    }
    found
}

/// Whether a line defines a class, or a function, of this name.
fn defines(line: &str, what: &str, name: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default();
    let head = code.split(['(', ':']).next().unwrap_or_default();
    let mut words = head.split_whitespace();
    let is_def = words.any(|word| word == what || what == "def" && matches!(word, "cpdef" | "cdef"));
    is_def && words.next_back() == Some(name)
}

/// Whether a line declares a global of this name, or is the first to assign to it.
fn declares(line: &str, name: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default();
    let (left, assigned) = code.split_once('=').map_or((code, false), |(left, _)| (left, true));
    let has = || left.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    let keyword = left.split_whitespace().next();
    (matches!(keyword, Some("cdef" | "cpdef")) && !left.contains('(') && has()) || assigned && left.trim() == name
}

#[cfg(test)]
mod tests {
    use super::{Generated, declares, defines, parse};
    use crate::observations::Spot;

    #[test]
    fn the_source_is_in_the_comments() {
        let text = "static int x;\n  /* \"pkg/shop.pyx\":4\n * import os\n * \n * cdef dict cache = {}             # \
                    <<<<<<<<<<<<<<\n * \n * def lookup(key):\n */\n  x = 1;\n";
        let found = parse(text);
        let at = |line: u32| found.get(&("pkg/shop.pyx".to_owned(), line)).map(String::as_str);
        assert_eq!((at(2), at(4), at(6)), (Some("import os"), Some("cdef dict cache = {}"), Some("def lookup(key):")));
    }

    #[test]
    fn a_file_is_named_by_the_path_that_it_was_compiled_by() {
        let comment =
            |file: &str| format!("/* \"{file}\":1\n * cdef dict cache = {{}}             # <<<<<<<<<<<<<<\n */\n");
        let table = |files: &[&str]| {
            let lines: String = files.iter().map(|file| format!("  \"{file}\",\n")).collect();
            format!("static const char* const __pyx_f[] = {{\n{lines}}};\n")
        };
        let place = |files: &[&str], named| parse(&(table(files) + &comment(named))).into_keys().next().unwrap().0;
        assert_eq!(place(&["src/shop.pyx", "(tree fragment)"], "shop.pyx"), "src/shop.pyx");
        assert_eq!(place(&["src/pkg/shop.pyx"], "pkg/shop.pyx"), "src/pkg/shop.pyx");
        assert_eq!(place(&["shop.pyx", "lib/shop.pyx"], "shop.pyx"), "shop.pyx");
        assert_eq!(place(&["a/shop.pxi", "b/shop.pxi"], "shop.pxi"), "shop.pxi");
        assert_eq!(place(&["src/workshop.pyx"], "shop.pyx"), "shop.pyx");
        assert_eq!(parse(&comment("shop.pyx")).into_keys().next().unwrap().0, "shop.pyx");
    }

    #[test]
    fn lines_that_a_line_directive_made_up_are_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.pyx").to_string_lossy().into_owned();
        std::fs::write(&file, "import os\ncdef dict cache = {}\n").unwrap();
        let at = |symbol: &str, line| Spot {
            symbol: symbol.to_owned(),
            file: Some(file.clone()),
            line: Some(line),
            column: Some(1),
        };
        let mut generated = Generated::default();
        let cache = generated.variable(at("__pyx_v_4shop_cache", 1013));
        assert_eq!((&*cache.symbol, cache.file.as_ref(), cache.line), ("shop.cache", Some(&file), Some(2)));
        let internal = generated.variable(at("__pyx_mstate_global_static.__pyx_d", 1166));
        assert_eq!((internal.file, internal.line), (None, None));
        assert_eq!(generated.module("shop", at("PyInit_shop", 4711)).line, Some(1));
    }

    #[test]
    fn declarations_are_told_from_uses() {
        for line in ["cdef dict cache = {}", "cdef object other, cache", "cache = None", "cdef public list cache"] {
            assert!(declares(line, "cache"), "{line}");
        }
        for line in ["    cache[key] = 1", "cdef dict lookup(cache)", "return cache", "# cdef dict cache", "cached = 1"]
        {
            assert!(!declares(line, "cache"), "{line}");
        }
        assert!(defines("cdef class Counter(Base):", "class", "Counter"));
        assert!(defines("    cpdef int bump(self, n):", "def", "bump"));
        assert!(!defines("    return bump(1)", "def", "bump"));
    }
}
