//! The files of a project, from the templates in `templates`.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::name::Name;
use super::source::Source;

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Mixed,
    Embed,
}

impl Kind {
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Plain => "The extension module",
            Self::Mixed => "The Python package",
            Self::Embed => "The program",
        }
    }

    /// For manifests and the README.
    fn description(self) -> &'static str {
        match self {
            Self::Plain => "An extension module of CPython in Rust",
            Self::Mixed => "A Python package with an extension module in Rust",
            Self::Embed => "A Rust program with a pool of Python interpreters",
        }
    }
}

/// The licence of what is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Licence {
    Mit,
    Apache,
    Either,
    None,
}

impl Licence {
    const ALL: [(&str, Self); 4] =
        [("MIT", Self::Mit), ("Apache-2.0", Self::Apache), ("MIT OR Apache-2.0", Self::Either), ("none", Self::None)];

    /// Of an SPDX expression.
    pub(super) fn named(expression: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(expression.trim()));
        found.map(|(_, licence)| licence).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| format!("{name:?}")).join(", ");
            format!(
                "the text of the licence {expression:?} is not here; choose one of {names}, and with none add your own"
            )
        })
    }

    /// The SPDX expression; empty for none.
    fn expression(self) -> &'static str {
        let name = Self::ALL.into_iter().find(|(_, licence)| *licence == self).map_or("", |(name, _)| name);
        if self == Self::None { "" } else { name }
    }
}

/// A file's path and its text, both templates.
type File = (&'static str, &'static str);

/// A template of the folder.
macro_rules! template {
    ($name:literal) => {
        include_str!(concat!("templates/", $name, ".j2"))
    };
}

const ANY: &[File] = &[
    ("Cargo.toml", template!("any/Cargo.toml")),
    ("build.rs", template!("any/build.rs")),
    ("README.md", template!("any/README.md")),
    (".gitignore", template!("any/gitignore")),
    (".pre-commit-config.yaml", template!("any/pre-commit-config.yaml")),
    (".github/workflows/ci.yml", template!("any/ci.yml")),
];
const EXTENSION: &[File] = &[
    ("pyproject.toml", template!("extension/pyproject.toml")),
    ("src/lib.rs", template!("extension/lib.rs")),
    ("tests/conftest.py", template!("extension/conftest.py")),
    ("tests/test_<< module >>.py", template!("extension/test_module.py")),
];
const PLAIN: &[File] = &[("<< module >>.pyi", template!("extension/stub.pyi"))];
const MIXED: &[File] = &[
    ("python/<< module >>/__init__.py", template!("mixed/init.py")),
    ("python/<< module >>/_native.pyi", template!("extension/stub.pyi")),
    ("python/<< module >>/py.typed", template!("mixed/py.typed")),
];
const EMBED: &[File] = &[
    ("src/main.rs", template!("embed/main.rs")),
    ("src/work.py", template!("embed/work.py")),
    ("src/native.pyi", template!("embed/native.pyi")),
];
const MIT: File = ("LICENSE-MIT", template!("any/LICENSE-MIT"));
const APACHE: File = ("LICENSE-APACHE", include_str!("../../LICENSE-APACHE"));

/// A project that is to be made.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: Name,
    pub(super) kind: Kind,
    pub(super) licence: Licence,
    pub(super) source: Source,
    /// A folder around it is a cargo workspace.
    pub(super) below_workspace: bool,
}

impl Project {
    /// Paths and texts.
    pub(super) fn files(&self) -> Result<Vec<(String, String)>, String> {
        let environment = environment().map_err(|error| error.to_string())?;
        let values = self.values();
        let render = |text| environment.render_str(text, &values).map_err(|error| format!("a template: {error:#}"));
        self.templates().into_iter().map(|(path, text)| Ok((render(path)?, render(text)?))).collect()
    }

    /// The commands that the README names.
    pub(super) fn commands(&self) -> Result<Vec<String>, String> {
        let files = self.files()?;
        let readme = files.iter().find(|(path, _)| path == "README.md").map_or("", |(_, text)| text);
        Ok(readme.lines().filter_map(|line| line.strip_prefix("$ ").map(str::to_owned)).collect())
    }

    fn templates(&self) -> Vec<File> {
        let kind: &[&[File]] = match self.kind {
            Kind::Plain => &[EXTENSION, PLAIN],
            Kind::Mixed => &[EXTENSION, MIXED],
            Kind::Embed => &[EMBED],
        };
        let licences: &[File] = match self.licence {
            Licence::Mit => &[MIT],
            Licence::Apache => &[APACHE],
            Licence::Either => &[MIT, APACHE],
            Licence::None => &[],
        };
        [ANY, &kind.concat(), licences].concat()
    }

    fn values(&self) -> Value {
        let Name { project, module } = &self.name;
        let mixed = self.kind == Kind::Mixed;
        context! {
            name => project,
            module => module,
            // The Rust half of a package is a module inside it.
            native => if mixed { "_native" } else { module },
            mixed => mixed,
            embed => self.kind == Kind::Embed,
            description => self.kind.description(),
            license => self.licence.expression(),
            holder => format!("the {project} developers"),
            insula => self.source.dependency(),
            auditor => self.source.auditor(),
            local => self.source.is_local(),
            below_workspace => self.below_workspace,
            rust => env!("CARGO_PKG_RUST_VERSION"),
        }
    }
}

/// Marks that occur in none of the languages of the templates; a name that has no value is an error.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    let marks = SyntaxConfig::builder()
        .variable_delimiters("<<", ">>")
        .block_delimiters("<%", "%>")
        .comment_delimiters("<#", "#>")
        // A line with nothing but a block leaves nothing behind.
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(marks);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    Ok(environment)
}
