//! The patches: a unified diff each, with a header.
//!
//! ```text
//! G3, I1: what it takes out, in a sentence.
//! modules: guards xxlimited
//! python: 3.12
//! test: test_guards.py::test_name
//! says: what the test, failing, must write
//! ```
//!
//! A test is named as in `docs/guarantees.md`, and may be followed by others. `modules` are built for the interpreter;
//! `python` is for what can be seen on that version only.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use insula_pythons::{Interpreter, discover};

use crate::pythons;

pub(crate) struct Patch {
    pub(crate) file: PathBuf,
    /// The file's name, without `.patch`.
    pub(crate) name: String,
    pub(crate) guarantees: String,
    pub(crate) takes_out: String,
    pub(crate) modules: Vec<String>,
    python: Option<String>,
    pub(crate) tests: Vec<Test>,
}

/// A test that must fail.
pub(crate) struct Test {
    pub(crate) name: String,
    /// What occurs in a line that it then writes.
    pub(crate) says: String,
}

impl Patch {
    /// Those of a folder, by name.
    pub(crate) fn all(folder: &Path) -> Result<Vec<Self>> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "patch"));
        files.sort();
        let read = |file: PathBuf| {
            let text = fs::read_to_string(&file)?;
            Self::read(file.clone(), &text).with_context(|| format!("the header of {}", file.display()))
        };
        files.into_iter().map(read).collect()
    }

    fn read(file: PathBuf, text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let first = lines.next().and_then(|line| line.split_once(": "));
        let (guarantees, takes_out) = first.context("it begins with the guarantee and what is taken out")?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (guarantees, takes_out) = (guarantees.to_owned(), takes_out.to_owned());
        let mut patch =
            Patch { file, name, guarantees, takes_out, modules: Vec::new(), python: None, tests: Vec::new() };
        for line in lines.take_while(|line| !line.starts_with("---") && !line.starts_with("diff ")) {
            match line.split_once(": ") {
                Some(("modules", names)) => patch.modules = names.split(' ').map(str::to_owned).collect(),
                Some(("python", version)) => patch.python = Some(version.to_owned()),
                Some(("test", name)) => patch.tests.push(Test { name: name.to_owned(), says: String::new() }),
                Some(("says", says)) => patch.tests.last_mut().context("says before test")?.says = says.to_owned(),
                _ if line.is_empty() => {}
                _ => bail!("unknown: {line}"),
            }
        }
        if patch.tests.is_empty() || patch.tests.iter().any(|test| test.says.is_empty()) {
            bail!("it names at least one test, and what each says when it fails");
        }
        Ok(patch)
    }

    /// The interpreter to see it on.
    pub(crate) fn python(&self, default: &str) -> Result<Interpreter> {
        let spec = self.python.as_deref().unwrap_or(default);
        let feature = spec.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let found = feature.and_then(|feature| pythons::best(&discover().found, feature).cloned());
        found.with_context(|| format!("no CPython {spec}; run `cargo xtask pythons`"))
    }
}

#[cfg(test)]
mod tests {
    use super::Patch;

    #[test]
    fn a_header_without_a_test_or_what_it_says_is_refused() {
        let read = |text: &str| Patch::read("tests/mutants/g03-name.patch".into(), text);
        let patch = read("G3, I1: all.\nmodules: a b\ntest: x.py::y\nsays: no: z\n\n--- a/x\n+++ b/x\n").unwrap();
        assert_eq!((patch.name.as_str(), patch.guarantees.as_str(), patch.modules.len()), ("g03-name", "G3, I1", 2));
        assert_eq!(patch.tests[0].says, "no: z");
        for wrong in
            ["", "G3\n", "G3: all.\n--- a/x\n", "G3: all.\ntest: x\n--- a/x\n", "G3: all.\nwhat?\ntest: x\nsays: y"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
