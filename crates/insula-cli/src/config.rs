//! `[tool.insula]` in pyproject.toml: what a project always wants. The command line outweighs it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The table. Paths are relative to the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// What to audit if no target is named.
    pub(crate) targets: Vec<String>,
    /// The interpreters.
    pub(crate) python: OneOrMore,
    /// Rules to report.
    pub(crate) select: Vec<String>,
    /// Rules not to report.
    pub(crate) ignore: Vec<String>,
    /// Known findings.
    pub(crate) baseline: Option<PathBuf>,
    /// The time limit of each worker, in seconds.
    pub(crate) timeout: Option<std::num::NonZeroU64>,
    /// How many modules at the same time.
    pub(crate) jobs: Option<std::num::NonZeroU16>,
}

/// `"3.13"` or `["3.13", "3.14"]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "`python` must be a string or a list of strings")]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl OneOrMore {
    pub(crate) fn list(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::More(list) => list.clone(),
        }
    }
}

/// The configuration of the nearest pyproject.toml, upward from `start`, that has a `[tool.insula]` table.
pub(crate) fn discover(start: &Path) -> Result<Config, String> {
    for folder in start.ancestors() {
        let path = folder.join("pyproject.toml");
        if path.is_file()
            && let Some(config) = read(&path)?
        {
            return Ok(config);
        }
    }
    Ok(Config::default())
}

fn read(path: &Path) -> Result<Option<Config>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}; check its permissions", path.display()))?;
    let document: toml::Table = toml::from_str(&text)
        .map_err(|error| format!("{} is not valid TOML: {}; correct it", path.display(), error.message()))?;
    let Some(table) = document.get("tool").and_then(|tool| tool.get("insula")) else {
        return Ok(None);
    };
    let mut config: Config = table
        .clone()
        .try_into()
        .map_err(|error| format!("{}: [tool.insula]: {}; correct it", path.display(), error.message().trim()))?;
    if let (Some(baseline), Some(folder)) = (&config.baseline, path.parent()) {
        config.baseline = Some(folder.join(baseline));
    }
    Ok(Some(config))
}

#[cfg(test)]
mod tests {
    use super::{OneOrMore, discover};

    fn said(table: &str) -> Result<super::Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(folder.path().join("pyproject.toml"), table).unwrap();
        // One in between that says nothing about this tool is passed over.
        std::fs::write(folder.path().join("a/pyproject.toml"), "[project]\nname = \"a\"\n").unwrap();
        discover(&inner)
    }

    #[test]
    fn the_nearest_table_is_found() {
        let config =
            said("[tool.insula]\npython = [\"3.13\"]\nignore = [\"INS1\"]\nbaseline = \"known.json\"\n").unwrap();
        assert_eq!(config.python, OneOrMore::More(vec!["3.13".to_owned()]));
        assert_eq!(config.ignore, ["INS1"]);
        assert!(config.baseline.unwrap().is_absolute());
        assert_eq!(said("[tool.insula]\npython = \"3.12\"\n").unwrap().python.list(), ["3.12"]);
    }

    #[test]
    fn what_is_wrong_is_named_on_one_line() {
        for (table, named) in [
            ("[tool.insula]\nselct = []\n", "selct"),
            ("[tool.insula]\ntimeout = 0\n", "zero"),
            ("[tool.insula]\npython = 3.13\n", "`python` must be"),
            ("[tool.insula\n", "not valid TOML"),
            ("[tool]\ninsula = 1\n", "[tool.insula]"),
        ] {
            let error = said(table).unwrap_err();
            assert!(error.contains(named), "{table}: {error}");
            assert!(error.contains("pyproject.toml"), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
