//! The project's name, which is that of a crate, a distribution and a Python module.

use std::process::Command;

use insula_pythons::Interpreter;

/// Names that the project itself needs otherwise, and for what.
const TAKEN: &[(&str, &str)] = &[
    ("insula", "a crate that it is built on"),
    ("insula_macros", "a crate that it is built on"),
    ("pyo3_ffi", "a crate that it is built on"),
    ("std", "a crate of Rust's"),
    ("core", "a crate of Rust's"),
    ("alloc", "a crate of Rust's"),
    ("proc_macro", "a crate of Rust's"),
    ("build", "a folder of cargo's"),
    ("deps", "a folder of cargo's"),
    ("examples", "a folder of cargo's"),
    ("incremental", "a folder of cargo's"),
    ("conftest", "a module of its tests"),
    ("test", "Python's own tests"),
    ("tests", "a module of its tests"),
    ("pytest", "a module of its tests"),
];

/// A name that cargo, package indexes, Rust and Python take.
#[derive(Debug)]
pub(super) struct Name {
    /// As it was given: `my-counter`.
    pub(super) project: String,
    /// What Python imports, and the library's name in Rust: `my_counter`.
    pub(super) module: String,
}

impl Name {
    /// Checks it; Python says which names are its own.
    pub(super) fn new(project: &str, python: &Interpreter) -> Result<Self, String> {
        let another = "name another with --name, such as my-counter";
        let letters = project.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let begins = project.starts_with(|c: char| c.is_ascii_alphabetic());
        let ends = project.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !(letters && begins && ends) {
            return Err(format!(
                "{project:?} cannot name a Python module and a crate: ASCII letters, digits, - and _ do, with a letter \
                 first and no sign last; {another}"
            ));
        }
        let module = project.replace('-', "_");
        let refuse = |what: &str| Err(format!("{project} cannot be the name, because {module} is {what}; {another}"));
        let (keywords, library) = python_names(python)?;
        if keywords.contains(&module) {
            return refuse("a keyword of Python's");
        }
        if library.contains(&module) {
            return refuse("a module of Python's standard library");
        }
        // Reserved since the edition that the project is in; the parser is older.
        if module == "gen" || syn::parse_str::<syn::Ident>(&module).is_err() {
            return refuse("a keyword of Rust's");
        }
        if let Some((_, what)) = TAKEN.iter().find(|(name, _)| *name == module) {
            return refuse(&format!("the name of {what}"));
        }
        if project.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(format!(
                "{project} has upper case letters, and crates and Python modules have none; name it {} with --name",
                project.to_ascii_lowercase()
            ));
        }
        Ok(Self { project: project.to_owned(), module })
    }
}

/// The keywords of an interpreter's language, and the modules of its standard library.
fn python_names(python: &Interpreter) -> Result<(Vec<String>, Vec<String>), String> {
    const CODE: &str = "import keyword, sys; print(*keyword.kwlist); print(*sys.stdlib_module_names)";
    let asked = Command::new(&python.executable).args(["-I", "-c", CODE]).output();
    let asked = asked.map_err(|error| format!("cannot start {}: {error}", python.executable.display()))?;
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    let mut lines = said.lines().map(|line| line.split(' ').map(str::to_owned).collect());
    match (asked.status.success(), lines.next(), lines.next()) {
        (true, Some(keywords), Some(library)) => Ok((keywords, library)),
        _ => Err(format!(
            "{} does not say which names are its own; see whether it runs `import keyword`",
            python.executable.display()
        )),
    }
}
