//! From what a user typed to an interpreter.

use std::env;
use std::path::{Path, PathBuf};

use crate::{Error, Interpreter, Version, discover, inspect};

/// What a user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// A file.
    Path(PathBuf),
    /// A program name such as `python3`, looked up along `PATH`.
    Name(String),
    /// `3`, `3.13`, `3.13.0`, `python3.13`, with `t` for a free-threaded and `d` for a debug build behind.
    Version {
        /// The version or its beginning, such as `3.13`.
        text: String,
        /// A free-threaded build.
        free_threaded: bool,
        /// A debug build.
        debug: bool,
    },
}

impl Spec {
    /// Reads what a user typed.
    pub fn parse(text: &str) -> Self {
        if text.contains('/') {
            return Self::Path(text.into());
        }
        let version = text.strip_prefix("python").unwrap_or(text);
        let (version, debug) = strip(version, 'd');
        let (version, free_threaded) = strip(version, 't');
        let mut parts = version.split('.');
        let first = parts.next().is_some_and(is_number);
        let dotted =
            parts.next().is_some_and(is_number) && (parts.next().is_none() || Version::parse(version).is_some());
        // A bare "python3" is the program of that name, a bare "3" any version.
        if dotted || (first && text == "3") {
            return Self::Version { text: version.to_owned(), free_threaded, debug };
        }
        // A file of the working folder, unless a program name means something else.
        if Path::new(text).is_file() { Self::Path(text.into()) } else { Self::Name(text.to_owned()) }
    }

    /// Whether it asks for a build without the GIL.
    pub fn is_free_threaded(&self) -> bool {
        matches!(self, Self::Version { free_threaded: true, .. })
    }

    fn admits(&self, interpreter: &Interpreter) -> bool {
        let Self::Version { text, free_threaded, debug } = self else {
            return false;
        };
        let version = interpreter.version.to_string();
        let begins = version.strip_prefix(text.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        begins && interpreter.facts.free_threaded == *free_threaded && interpreter.facts.debug == *debug
    }
}

fn strip(text: &str, letter: char) -> (&str, bool) {
    text.strip_suffix(letter).map_or((text, false), |rest| (rest, true))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Finds the interpreter a user asked for: a path, a name on `PATH`, or a version, of which the newest is taken.
pub fn resolve(spec: &str) -> Result<Interpreter, Error> {
    let parsed = Spec::parse(spec);
    match &parsed {
        Spec::Path(path) => return inspect(path),
        Spec::Name(name) => {
            // All of PATH, shims included: what the user's shell would start is what is meant.
            let path = env::var_os("PATH").unwrap_or_default();
            let mut files = env::split_paths(&path).map(|folder| folder.join(name));
            if let Some(file) = files.find(|file| !name.is_empty() && file.is_file()) {
                return inspect(&file);
            }
        }
        Spec::Version { .. } => {}
    }
    let found = discover().found;
    // Newest first, so the first that fits is the newest that fits.
    let list = found.iter().map(|i| {
        format!("{}{}", i.version, if i.flavour().is_empty() { String::new() } else { format!(" {}", i.flavour()) })
    });
    let list: Vec<String> = list.collect();
    found.into_iter().find(|interpreter| parsed.admits(interpreter)).ok_or_else(|| Error::NoMatch {
        spec: spec.strip_prefix("python").unwrap_or(spec).to_owned(),
        found: if list.is_empty() { "none at all".to_owned() } else { list.join(", ") },
    })
}

#[cfg(test)]
mod tests {
    use super::Spec;

    fn version(text: &str, free_threaded: bool, debug: bool) -> Spec {
        Spec::Version { text: text.to_owned(), free_threaded, debug }
    }

    #[test]
    fn what_users_type_is_read_as_they_mean_it() {
        assert_eq!(Spec::parse("3.13"), version("3.13", false, false));
        assert_eq!(Spec::parse("python3.13"), version("3.13", false, false));
        assert_eq!(Spec::parse("3.13.0"), version("3.13.0", false, false));
        assert_eq!(Spec::parse("3.15.0rc1"), version("3.15.0rc1", false, false));
        assert_eq!(Spec::parse("3"), version("3", false, false));
        assert_eq!(Spec::parse("3.14t"), version("3.14", true, false));
        assert_eq!(Spec::parse("3.14td"), version("3.14", true, true));
        assert_eq!(Spec::parse("3.15d"), version("3.15", false, true));
        assert_eq!(Spec::parse("./python3.13"), Spec::Path("./python3.13".into()));
        assert_eq!(Spec::parse("python3"), Spec::Name("python3".to_owned()));
        assert_eq!(Spec::parse("pypy"), Spec::Name("pypy".to_owned()));
        assert_eq!(Spec::parse("3.x"), Spec::Name("3.x".to_owned()));
        assert_eq!(Spec::parse(""), Spec::Name(String::new()));
    }
}
