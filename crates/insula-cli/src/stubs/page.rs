//! From what a module says about itself to the text of stub files. (The lines are described in `stub.rs` of the
//! macros.)

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{operators, properties};

/// A module or submodule.
struct Section<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

/// The classes by their names in Rust: the module and the name in Python.
type Classes<'a> = Vec<(&'a str, &'a str, &'a str)>;

/// The stub files of a module, with their places.
pub(super) fn pages(text: &str) -> Vec<(PathBuf, String)> {
    let (mut sections, mut classes): (Vec<Section<'_>>, Classes<'_>) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("#:module ") {
            sections.push(Section { name, lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            if let Some((rust, python)) = line.strip_prefix("#:class ").and_then(|names| names.split_once(' ')) {
                classes.push((rust, section.name, python));
            } else {
                section.lines.push(line);
            }
        }
    }
    let names: Vec<&str> = sections.iter().map(|section| section.name).collect();
    let page = |section: &Section<'_>| {
        let submodules: Vec<&str> = names
            .iter()
            .filter_map(|name| name.strip_prefix(section.name)?.strip_prefix('.'))
            .filter(|rest| !rest.contains('.'))
            .collect();
        let folder = section.name.replace('.', "/");
        let path = if submodules.is_empty() { format!("{folder}.pyi") } else { format!("{folder}/__init__.pyi") };
        (PathBuf::from(path), Page::new(section, &classes).write(section, &submodules))
    };
    sections.iter().map(page).collect()
}

/// Where names come from that are not Python's built-in ones.
const IMPORTED: &[(&str, &[&str])] = &[
    ("collections.abc", &["Iterable", "Iterator", "Mapping", "Sequence"]),
    ("types", &["GenericAlias", "ModuleType"]),
    ("typing", &["Any", "ClassVar", "Final", "Never", "Self", "final"]),
    ("typing_extensions", &["disjoint_base"]),
];

/// The built-in exceptions that a class can derive from.
const EXCEPTIONS: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "EncodingWarning",
    "Exception",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
];

/// A stub file in the making: its body, and what that needs.
struct Page<'a> {
    module: &'a str,
    classes: &'a Classes<'a>,
    /// The names that the module or a class of it gives to something: a type of Python's by that name is hidden there.
    hidden: BTreeSet<&'a str>,
    /// What is imported as a whole, and names by module.
    modules: BTreeSet<String>,
    imports: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Page<'a> {
    fn new(section: &Section<'a>, classes: &'a Classes<'a>) -> Self {
        let hidden = section.lines.iter().filter_map(|line| defined(line)).collect();
        Page { module: section.name, classes, hidden, modules: BTreeSet::new(), imports: BTreeMap::new() }
    }

    /// The whole text.
    fn write(mut self, section: &Section<'_>, submodules: &[&str]) -> String {
        let mut lines: Vec<String> = Vec::new();
        let mut documentation = String::new();
        // Of the class whose lines these are: whether its base is a built-in type with an `__init__`.
        let (mut all, mut initialises) = (None, false);
        let arranged = properties::together(&section.lines);
        let named = |rust: &str| self.classes.iter().find(|(name, ..)| *name == rust).map(|(.., python)| *python);
        let mut rest = operators::without_inherited(&arranged, named).into_iter().peekable();
        while let Some(line) = rest.next() {
            if let Some(names) = line.strip_prefix("#:all") {
                all = Some(names.trim());
            } else if line.trim_start().starts_with("#\"") {
                let mut text = vec![line];
                while let Some(next) = rest.next_if(|next| next.trim_start().starts_with("#\"")) {
                    text.push(next);
                }
                match lines.is_empty() && !line.starts_with(' ') {
                    true => documentation = docstring(&text),
                    false => lines.push(docstring(&text)),
                }
            } else {
                let indent = |line: &str| line.len() - line.trim_start().len();
                let Some(line) = writable(line) else {
                    decorators(&mut lines);
                    continue;
                };
                let mut resolved = self.resolve(&line);
                let line = line.as_ref();
                if line.starts_with("class ") {
                    initialises = line.contains("($dict[") || line.contains("($list[") || of_exception(line);
                }
                if resolved.ends_with(':') && rest.peek().is_none_or(|next| indent(next) <= indent(line)) {
                    resolved.push_str(" ...");
                }
                if let Some(parameters) = resolved.strip_prefix("    def __new__(cls").filter(|_| initialises) {
                    // The type at the root has an `__init__` of its own, which takes what the constructor takes.
                    lines.push(format!("    def __init__(self{}", parameters.replace("-> Self", "-> None")));
                }
                lines.push(resolved);
            }
        }
        let all = all.map(|names| self.all(names, section, submodules));
        let head = self.head(submodules);
        let lines = spaced(lines.iter().skip_while(|line| line.is_empty()));
        [documentation, head, all.unwrap_or_default(), lines]
            .into_iter()
            .filter(|part| !part.is_empty())
            .fold("# Made by `insula stubs`.\n".to_owned(), |page, part| format!("{page}\n{}\n", part.trim_end()))
    }

    /// The imports.
    fn head(&self, submodules: &[&str]) -> String {
        let modules = self.modules.iter().map(|module| format!("import {module}\n"));
        let names = self.imports.iter().map(|(module, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("from {module} import {}\n", names.join(", "))
        });
        let submodules = submodules.iter().map(|name| format!("from . import {name} as {name}\n"));
        modules.chain(names).chain(submodules).collect()
    }

    /// `__all__`.
    fn all(&self, names: &str, section: &Section<'_>, submodules: &[&str]) -> String {
        let given: Vec<&str> = names.split_whitespace().collect();
        let mut public: Vec<&str> = if given.is_empty() {
            let top = section.lines.iter().filter(|line| !line.starts_with(' ')).filter_map(|line| defined(line));
            top.chain(submodules.iter().copied()).filter(|name| !name.starts_with('_')).collect()
        } else {
            given
        };
        public.sort_unstable();
        public.dedup();
        format!("__all__ = {public:?}")
    }

    /// A line with the names that Python has for the types in it.
    fn resolve(&mut self, line: &str) -> String {
        let mut resolved = String::new();
        let mut rest = line;
        while let Some(place) = rest.find(['$', '@']) {
            let (before, mark) = rest.split_at(place);
            let after = &mark[1..];
            let end = after.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            resolved.push_str(before);
            if mark.starts_with('$') && !name.is_empty() {
                resolved.push_str(&self.of_python(name));
                rest = tail;
            } else if mark.starts_with('@') && !name.is_empty() && tail.starts_with('@') {
                match self.own(name) {
                    Some(name) => resolved.push_str(&name),
                    None => resolved.push_str(&self.of_python("Any")),
                }
                rest = &tail[1..];
            } else {
                resolved.push_str(&mark[..1]);
                rest = after;
            }
        }
        resolved.push_str(rest);
        // Of a base that is not known, there is nothing to say: `Any` is none for a strict checker.
        match resolved.strip_suffix("(Any):") {
            Some(class) if class.starts_with("class ") => format!("{class}:"),
            _ => resolved,
        }
    }

    /// A class of the module or of one beside it, or a built-in exception.
    fn own(&mut self, rust: &str) -> Option<String> {
        let here = self.classes.iter().find(|(name, module, _)| *name == rust && *module == self.module);
        let found = here.or_else(|| self.classes.iter().find(|(name, ..)| *name == rust));
        if let Some((_, module, python)) = found {
            if *module != self.module {
                self.imports.entry((*module).to_owned()).or_default().insert((*python).to_owned());
            }
            return Some((*python).to_owned());
        }
        EXCEPTIONS.contains(&rust).then(|| self.of_python(rust))
    }

    /// A name of Python's, built in or imported.
    fn of_python(&mut self, name: &str) -> String {
        let module = IMPORTED.iter().find(|(_, names)| names.contains(&name)).map(|(module, _)| *module);
        if self.hidden.contains(name) {
            let module = module.unwrap_or("builtins");
            self.modules.insert(module.to_owned());
            return format!("{module}.{name}");
        }
        if let Some(module) = module {
            self.imports.entry(module.to_owned()).or_default().insert(name.to_owned());
        }
        name.to_owned()
    }
}

/// The name that a line gives to something.
fn defined(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = signature(line).or_else(|| line.strip_prefix("class "));
    let end = |text: &str| text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    match rest {
        Some(rest) => Some(&rest[..end(rest)]),
        None if line.starts_with(['#', '@']) => None,
        None => {
            let name = &line[..end(line)];
            (!name.is_empty() && line[name.len()..].starts_with([':', '='])).then_some(name)
        }
    }
}

/// What follows the `def` of a function, asynchronous or not.
fn signature(line: &str) -> Option<&str> {
    line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ")
}

/// Python's keywords: names that exist, and that no Python code can write.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// A line as Python code can have it: nothing, if it defines what has a keyword for a name, and a function with such a
/// parameter takes anything.
fn writable(line: &str) -> Option<Cow<'_, str>> {
    if defined(line).is_some_and(|name| KEYWORDS.contains(&name)) {
        return None;
    }
    let is_function = signature(line.trim_start()).is_some();
    let (Some(open), Some(close)) = (line.find('('), line.rfind(") -> ")) else { return Some(Cow::Borrowed(line)) };
    let parameters = &line[open + 1..close];
    let is_keyword = |parameter: &str| {
        parameter.split_once(':').is_some_and(|(name, _)| KEYWORDS.contains(&name.trim_start_matches('*').trim()))
    };
    if !is_function || !parameters.split(", ").any(is_keyword) {
        return Some(Cow::Borrowed(line));
    }
    let receiver = parameters.split(", ").next().filter(|first| ["self", "cls"].contains(first));
    let receiver = receiver.map(|receiver| format!("{receiver}, ")).unwrap_or_default();
    Some(Cow::Owned(format!("{}({receiver}*args: $Any, **kwargs: $Any{}", &line[..open], &line[close..])))
}

/// Takes back the decorators of what is not written.
fn decorators(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim_start().starts_with('@')) {
        lines.pop();
    }
}

/// Whether the line of a class names a built-in exception.
fn of_exception(line: &str) -> bool {
    let base = line.split_once("(@").and_then(|(_, rest)| rest.split_once('@'));
    base.is_some_and(|(base, _)| EXCEPTIONS.contains(&base))
}

/// A docstring of marked lines.
fn docstring(lines: &[&str]) -> String {
    let indent: String = lines[0].chars().take_while(|c| *c == ' ').collect();
    let text = |line: &str| line.trim_start()[2..].replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
    let lines: Vec<String> = lines.iter().map(|line| text(line)).collect();
    match lines.as_slice() {
        [line] if !line.ends_with('"') => format!("{indent}\"\"\"{line}\"\"\""),
        _ => {
            let rest = lines[1..].iter().map(|line| match line.is_empty() {
                true => "\n".to_owned(),
                false => format!("\n{indent}{line}"),
            });
            format!("{indent}\"\"\"{}{}\n{indent}\"\"\"", lines[0], rest.collect::<String>())
        }
    }
}

/// The lines with an empty one before each class and each of the things that follow it.
fn spaced<'a>(lines: impl Iterator<Item = &'a String>) -> String {
    let mut text = String::new();
    let (mut in_class, mut decorated) = (false, false);
    for line in lines {
        let top = !line.starts_with(' ');
        if line.is_empty() && text.ends_with("\n\n") {
            continue;
        }
        let begins = line.starts_with("class ") || line.starts_with("@");
        if top && !text.is_empty() && !decorated && (begins || in_class) {
            text.push('\n');
        }
        if top {
            decorated = line.starts_with('@');
            in_class = line.starts_with("class ");
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::pages;

    #[test]
    fn a_module_becomes_a_stub_file() {
        let text = "#:module one\n#:all\n#\"About it.\nLIMIT: $Final[$int]\n#:class Circle Round\n@$final\nclass \
                    Round(@Shape@):\n    @property\n    def int(self) -> $int: ...\n#:class Bad Bad\nclass \
                    Bad(@ValueError@):\n\
                    def area(circle: @Circle@ | None, other: @Unknown@, /) -> $list[$float]:\n    #\"The \
                    area.\n    #\"\n    #\"More.\n";
        let pages = pages(text);
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0].0.to_str(), Some("one.pyi"));
        let expected = r#"# Made by `insula stubs`.

"""About it."""

import builtins
from typing import Any, Final, final

__all__ = ["Bad", "LIMIT", "Round", "area"]

LIMIT: Final[builtins.int]

@final
class Round:
    @property
    def int(self) -> builtins.int: ...

class Bad(ValueError): ...

def area(circle: Round | None, other: Any, /) -> list[float]:
    """The area.

    More.
    """
"#;
        assert_eq!(pages[0].1, expected);
    }

    #[test]
    fn what_has_a_keyword_for_a_name_is_left_out() {
        let text = "#:module one\n#:class A A\n@$final\nclass A($dict[$Any, $Any]):\n    @property\n    def \
                    async(self) -> $int: ...\n    def __new__(cls, n: $int) -> $Self: ...\ndef f(a: $int, in: $int) -> \
                    None: ...\n\
                    async def g(in: $int) -> None: ...\nasync def class() -> None: ...\n";
        let (_, page) = &pages(text)[0];
        assert!(page.contains("class A(dict[Any, Any]):\n    def __init__(self, n: int) -> None: ...\n"), "{page}");
        assert!(page.contains("def f(*args: Any, **kwargs: Any) -> None: ..."), "{page}");
        assert!(page.contains("async def g(*args: Any, **kwargs: Any) -> None: ..."), "{page}");
        assert!(!page.contains("property") && !page.contains("def async") && !page.contains("def class"), "{page}");
    }

    #[test]
    fn submodules_make_a_package() {
        let text = "#:module one\n#:class A A\nclass A:\n#:module one.two\ndef f() -> @A@: ...\ndef g() -> @B@: ...\n\
                    #:module one.three\n#:class B B\nclass B:\n#:module one.three.four\nX: $int\n";
        let pages = pages(text);
        let paths: Vec<_> = pages.iter().map(|(path, _)| path.to_str().unwrap_or_default()).collect();
        assert_eq!(paths, ["one/__init__.pyi", "one/two.pyi", "one/three/__init__.pyi", "one/three/four.pyi"]);
        assert!(pages[0].1.contains("from . import two as two"));
        assert!(!pages[0].1.contains("four"));
        assert!(pages[1].1.contains("from one import A\nfrom one.three import B\n"));
        assert!(pages[1].1.contains("def f() -> A: ...\n"));
    }
}
