//! Programs that show findings: one needs nothing but Python and the module's file, ends with exit code 1 while the
//! defect is there and with 0 once it is mended, and with 2 if it cannot be tried.

mod hostile;

use std::path::PathBuf;

use serde_json::Value;

use crate::target::Subject;

/// Stands for the rule's id, until the rule is known.
pub(crate) const RULE: &str = "INS000";

const HEAD: &str = include_str!("head.py");
const INTERPRETERS: &str = include_str!("interpreters.py");
const WORD: &str = include_str!("word.py");
const LEAK: &str = include_str!("leak.py");

/// Where a module is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) folders: Vec<PathBuf>,
}

impl Place {
    pub(crate) fn of(subject: &Subject) -> Self {
        Self { name: subject.name.clone(), file: subject.path.clone(), folders: subject.roots.clone() }
    }

    /// The program that does this, with more variables.
    fn program(&self, variables: &str, parts: &[&str]) -> String {
        let folders: Vec<String> = self.folders.iter().map(|one| quoted(&one.to_string_lossy())).collect();
        format!(
            "# {RULE}: exit code 1 while the defect is there, 0 once it is mended; `insula explain {RULE}` says more.\n\
             NAME = {}\nFILE = {}  # If it is not there: what Python finds by that name.\nFOLDERS = \
             [{}]\n{variables}{HEAD}\n\n{}",
            quoted(&self.name),
            quoted(&self.file.to_string_lossy()),
            folders.join(", "),
            parts.join("\n\n")
        )
    }

    /// Makes calls, of which the last one fails; `unbounded`: by asking for all memory.
    pub(crate) fn calls(&self, calls: &[String], unbounded: bool) -> String {
        let body: String = calls.iter().map(|call| format!("attempt(lambda: {call})\n")).collect();
        let variables = format!("UNBOUNDED = {}\n", truth(unbounded));
        let names = hostile::needed(&body);
        self.program(&variables, &[include_str!("calls.py"), &names, &format!("module = load()\n{body}")])
    }

    /// Imports twice.
    pub(crate) fn again(&self) -> String {
        self.program("", &[include_str!("again.py")])
    }

    /// Reads a variable of the file.
    pub(crate) fn word(&self, vaddr: u64, is_static_type: bool) -> String {
        self.program(&format!("VADDR, STATIC = {vaddr:#x}, {}\n", truth(is_static_type)), &[WORD])
    }

    /// Reads a variable of the file before and after another interpreter has imported it.
    pub(crate) fn overwritten(&self, vaddr: u64) -> String {
        let end = WORD.find("UNSAFE = ").unwrap_or(WORD.len());
        let variables = format!("VADDR, STATIC, OWN_GIL = {vaddr:#x}, False, False\n");
        self.program(&variables, &[&WORD[..end], INTERPRETERS, include_str!("overwritten.py")])
    }

    /// Follows a path of attributes in each of two interpreters; none if one leads through objects without a name.
    pub(crate) fn shared(&self, path: &str, other: &str) -> Option<String> {
        // The module that a function belongs to, and a module's namespace, can be had without a name.
        let plain = |one: &str| {
            let name = !one.is_empty() && one.chars().all(|c| c.is_alphanumeric() || c == '_');
            name || one == "<module>" || one == "<dict>"
        };
        let names = |path: &str| {
            let attributes = path.strip_prefix(&self.name)?.strip_prefix('.')?;
            let names: Vec<String> = attributes.split('.').map(quoted).collect();
            attributes.split('.').all(plain).then(|| names.join(", "))
        };
        let variables = format!("ATTRIBUTES, OTHERS, OWN_GIL = [{}], [{}], False\n", names(path)?, names(other)?);
        Some(self.program(&variables, &[INTERPRETERS, include_str!("shared.py")]))
    }

    /// Makes a call in each of two interpreters.
    pub(crate) fn given(&self, first: &str, second: &str) -> String {
        let names = hostile::needed(&format!("{first} {second}"));
        let (first, second, names) = (quoted(first), quoted(second), quoted(&names));
        let variables = format!("FIRST, SECOND, OWN_GIL = {first}, {second}, False\nNAMES = {names}\n");
        self.program(&variables, &[INTERPRETERS, include_str!("given.py")])
    }

    /// Imports in interpreters one after the other.
    pub(crate) fn sequence(&self, own_gil: bool) -> String {
        self.program(&format!("OWN_GIL = {}\n", truth(own_gil)), &[INTERPRETERS, include_str!("sequence.py")])
    }

    /// Makes one call over and over.
    pub(crate) fn leak(&self, call: &str) -> String {
        let actions = format!("def once(): pass\ndef more(): {}\n", fresh(call));
        self.program("", &[LEAK, &actions, include_str!("leak_end.py")])
    }

    /// Calls `__init__` again with the arguments of the constructor call, and drops the instance, over and over.
    pub(crate) fn init_again(&self, call: &str) -> Option<String> {
        let (callable, arguments) = call.split_once('(')?;
        let (callable, arguments) = (format!("module.{callable}"), fresh(&format!("({arguments}")));
        let actions = format!(
            "def once(): {callable}{arguments}\ndef more(): {callable}{arguments}.__init__{arguments}\n\
             for _ in range(20):\n    more()\n"
        );
        Some(self.program("", &[LEAK, &actions, include_str!("leak_end.py")]))
    }

    /// Weak references to instances that come and go.
    pub(crate) fn weak(&self, made_by: &str) -> String {
        let names = hostile::needed(made_by);
        self.program("", &[&names, &format!("def make(): return {made_by}\n"), include_str!("weak.py")])
    }
}

/// The call with arguments that are new objects each time.
fn fresh(call: &str) -> String {
    call.replace("b'insula probe'", "data()").replace("'insula probe'", "words()").replace("10 ** 12", "number()")
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// As a Python literal, which is what JSON writes.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
