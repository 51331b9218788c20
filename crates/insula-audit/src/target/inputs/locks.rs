//! TOML files: what a project says of itself, and what a tool has locked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::{Here, InputError, Needs, holds, requirement};
use crate::target::distribution::normal;

/// `[project] dependencies` (PEP 621).
pub(super) fn pyproject(here: &Here<'_>) -> Result<Needs, InputError> {
    let document = here.document()?;
    let Some(project) = document.get("project").and_then(Value::as_table) else {
        let poetry = document.get("tool").and_then(|tool| tool.get("poetry")).is_some();
        let how = if poetry { "export a file of requirements with Poetry" } else { "name a file of requirements" };
        return Err(here.unfit(format!("it has no [project] table that names dependencies; {how}")));
    };
    let dynamic = project.get("dynamic").and_then(Value::as_array);
    if dynamic.is_some_and(|names| names.iter().any(|name| name.as_str() == Some("dependencies"))) {
        return Err(here.unfit(
            "its dependencies are dynamic: only a build knows them; install the project and audit its environment \
             (--env)",
        ));
    }
    here.check_python(text(project, "requires-python"))?;
    let mut needs = Needs::default();
    let markers = here.markers()?;
    if project.get("dependencies").is_some_and(|all| !all.is_array()) {
        return Err(here.malformed("[project] dependencies must be a list"));
    }
    for entry in list(project, "dependencies") {
        let bad = |why: &str| here.malformed(format!("[project] dependencies: {entry} is no requirement: {why}"));
        let line = entry.as_str().ok_or_else(|| bad("it must be a string"))?;
        let found = requirement(line).map_err(|why| bad(why.lines().next().unwrap_or_default()))?;
        if found.marker.evaluate(&markers, &[]) {
            needs.add(found.name.as_ref(), line.to_owned());
        }
    }
    some(here, needs)
}

/// pylock.toml (PEP 751).
pub(super) fn pylock(here: &Here<'_>) -> Result<Needs, InputError> {
    let document = here.document()?;
    let version = text(&document, "lock-version").unwrap_or_default();
    if version.split('.').next() != Some("1") {
        return Err(
            here.unfit(format!("its lock-version is {version:?}, and 1.x is known; name a file of requirements"))
        );
    }
    here.check_python(text(&document, "requires-python"))?;
    let markers = here.markers()?;
    let environments = list(&document, "environments");
    let fits = |value: &Value| value.as_str().is_some_and(|marker| holds(marker, &markers) == Some(true));
    if !environments.is_empty() && !environments.iter().any(fits) {
        let names: Vec<&str> = environments.iter().filter_map(Value::as_str).collect();
        return Err(here.unfit(format!("it is for other environments ({}); lock it for this one", names.join("; "))));
    }
    let mut needs = Needs { complete: true, ..Needs::default() };
    for package in list(&document, "packages").iter().filter_map(Value::as_table) {
        let name = text(package, "name").ok_or_else(|| here.malformed("a package has no name"))?;
        match text(package, "marker").map_or(Some(true), |marker| holds(marker, &markers)) {
            Some(false) => continue,
            None => {
                needs.left_out.push(format!("{name}: it is of an extra or a dependency group"));
                continue;
            }
            Some(true) => {}
        }
        let folder = package.get("directory").and_then(|entry| entry.get("path")).and_then(Value::as_str);
        let vcs = package.get("vcs").and_then(Value::as_table);
        let archive = package.get("archive").and_then(|entry| entry.get("url")).and_then(Value::as_str);
        let line = if let Some(folder) = folder {
            local(here, &mut needs, folder)
        } else if let Some(vcs) = vcs {
            let part = |key| text(vcs, key).unwrap_or_default();
            format!("{name} @ {}+{}@{}", part("type"), part("url"), part("commit-id"))
        } else if let Some(url) = archive {
            format!("{name} @ {url}")
        } else {
            let version = text(package, "version").ok_or_else(|| here.malformed(format!("{name} has no version")))?;
            format!("{name}=={version}")
        };
        needs.add(name, line);
    }
    some(here, needs)
}

/// uv.lock: everything that the workspace's members need here, from marker to marker.
pub(super) fn uv(here: &Here<'_>) -> Result<Needs, InputError> {
    let document = here.document()?;
    if document.get("version").and_then(Value::as_integer) != Some(1) {
        return Err(here.unfit("its version is not 1; export it (`uv export`) and name the file of requirements"));
    }
    here.check_python(text(&document, "requires-python"))?;
    let markers = here.markers()?;
    let packages: Vec<&Table> = list(&document, "package").iter().filter_map(Value::as_table).collect();
    let mut by_name: BTreeMap<String, Vec<&Table>> = BTreeMap::new();
    for package in &packages {
        let name = text(package, "name").ok_or_else(|| here.malformed("a package has no name"))?;
        by_name.entry(normal(name)).or_default().push(package);
    }
    let own = |package: &&&Table| {
        let source = package.get("source");
        ["virtual", "editable"].iter().any(|kind| source.and_then(|source| source.get(kind)).is_some())
    };
    let mut waiting: Vec<(&Table, Option<String>)> = packages.iter().filter(own).map(|root| (*root, None)).collect();
    if waiting.is_empty() {
        return Err(here.malformed("no package in it is the project's own"));
    }
    let mut seen: BTreeSet<(String, String, Option<String>)> = BTreeSet::new();
    let mut needs = Needs { complete: true, ..Needs::default() };
    while let Some((package, extra)) = waiting.pop() {
        let name = text(package, "name").unwrap_or_default();
        let version = text(package, "version").unwrap_or_default();
        let first = !seen.iter().any(|(other, one, _)| other == name && one == version);
        if !seen.insert((name.to_owned(), version.to_owned(), extra.clone())) {
            continue;
        }
        if first && !own(&&package) {
            let line = uv_line(here, &mut needs, package, name, version);
            needs.add(name, line);
        }
        let optional = package.get("optional-dependencies").and_then(Value::as_table);
        let dependencies = match &extra {
            None => list(package, "dependencies"),
            Some(extra) => optional.map_or(&[][..], |table| list(table, extra)),
        };
        for dependency in dependencies.iter().filter_map(Value::as_table) {
            let wanted = normal(text(dependency, "name").unwrap_or_default());
            let marker = text(dependency, "marker");
            if marker.is_some_and(|marker| holds(marker, &markers) == Some(false)) {
                continue;
            }
            let version = text(dependency, "version");
            let found = by_name.get(&wanted).into_iter().flatten();
            let fits = |one: &&&Table| version.is_none_or(|version| text(one, "version") == Some(version));
            for one in found.filter(fits) {
                // A project of one's own that another one needs is installed; the package index does not have it.
                if own(&one) && !needs.names.contains(&wanted) {
                    needs.names.push(wanted.clone());
                }
                waiting.push((one, None));
                let extras = list(dependency, "extra").iter().filter_map(Value::as_str);
                waiting.extend(extras.map(|extra| (*one, Some(extra.to_owned()))));
            }
        }
    }
    some(here, needs)
}

fn uv_line(here: &Here<'_>, needs: &mut Needs, package: &Table, name: &str, version: &str) -> String {
    let source = package.get("source").and_then(Value::as_table);
    let of = |kind: &str| source.and_then(|source| text(source, kind));
    if let Some(folder) = of("directory").or_else(|| of("path")) {
        local(here, needs, folder)
    } else if let Some(url) = of("git") {
        // `https://host/name?rev=main#commit`
        let (address, commit) = url.split_once('#').unwrap_or((url, "HEAD"));
        let address = address.split('?').next().unwrap_or(address);
        format!("{name} @ git+{address}@{commit}")
    } else if let Some(url) = of("url") {
        format!("{name} @ {url}")
    } else {
        format!("{name}=={version}")
    }
}

/// A folder, or a file, of the project's.
fn local(here: &Here<'_>, needs: &mut Needs, path: &str) -> String {
    let path = here.folder().join(path);
    let path = std::path::absolute(&path).unwrap_or(path);
    if path.is_dir() {
        needs.sources.push(path.clone());
    }
    shown(&path)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn some(here: &Here<'_>, needs: Needs) -> Result<Needs, InputError> {
    if needs.lines.is_empty() {
        return Err(here.unfit("it needs no distribution, so there is nothing to audit"));
    }
    Ok(needs)
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

fn list<'a>(table: &'a Table, key: &str) -> &'a [Value] {
    table.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::target::inputs::{Needs, read};

    fn needs(name: &str, text: &str) -> Result<Needs, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let python = insula_pythons::resolve("3.13").unwrap();
        read(&file, &python).map_err(|error| error.to_string())
    }

    #[test]
    fn a_project_names_what_it_depends_on() {
        let found = needs(
            "pyproject.toml",
            "[project]\nname='x'\ndependencies=['orjson>=3', 'Py_YAML ; python_version>\"3\"']\n",
        );
        assert_eq!(found.unwrap().names, ["orjson", "py-yaml"]);
    }

    #[test]
    fn a_lock_is_followed_where_its_markers_hold() {
        let lock = r#"
version = 1
requires-python = ">=3.9"
[[package]]
name = "mine"
version = "1"
source = { virtual = "." }
dependencies = [
  { name = "a", marker = "sys_platform == 'linux'" },
  { name = "w", marker = "sys_platform == 'win32'" },
  { name = "x", extra = ["fast"] },
]
[[package]]
name = "a"
version = "2.0"
source = { registry = "r" }
dependencies = [{ name = "b", version = "1.0" }]
[[package]]
name = "b"
version = "1.0"
source = { registry = "r" }
[[package]]
name = "b"
version = "2.0"
source = { registry = "r" }
[[package]]
name = "w"
version = "1"
source = { registry = "r" }
[[package]]
name = "x"
version = "3"
source = { git = "https://host/x?rev=main#abc" }
[package.optional-dependencies]
fast = [{ name = "b", version = "1.0" }]
"#;
        let found = needs("uv.lock", lock).unwrap();
        let mut lines = found.lines.clone();
        lines.sort();
        assert_eq!(lines, ["a==2.0", "b==1.0", "x @ git+https://host/x@abc"]);
        assert!(found.complete);
    }

    /// As uv 0.13 locks a project with a dependency in editable form, an extra, a group, and forks by version.
    #[test]
    fn what_uv_itself_writes_is_read() {
        let found = needs("uv.lock", include_str!("example.uv.lock")).unwrap();
        let mut lines = found.lines.clone();
        lines.sort();
        let wanted = [
            "anyio==4.16.0",
            "certifi==2026.10.19.post1",
            "h11==0.16.0",
            "h2==4.4.1",
            "hpack==4.2.0",
            "httpcore==1.0.9",
            "httpx==0.28.1",
            "hyperframe==6.1.0",
            "idna==3.20",
            "numpy==2.5.5",
            "pyyaml==6.0.4",
            "rpds-py==2026.9.1",
            "typing-extensions==4.16.0",
        ];
        assert_eq!(lines, wanted);
        let more: Vec<&String> =
            found.names.iter().filter(|name| !lines.iter().any(|line| line.starts_with(*name))).collect();
        assert_eq!(more, ["helper"]);
    }

    #[test]
    fn a_standard_lock_is_for_some_environments() {
        let lock = |head: &str| {
            format!(
                "lock-version = '1.0'\n{head}\n[[packages]]\nname='a'\nversion='1'\n[[packages]]\nname='w'\n\
                 version='1'\nmarker=\"sys_platform == 'win32'\"\n[[packages]]\nname='d'\nversion='1'\n\
                 marker=\"'dev' in dependency_groups\"\n"
            )
        };
        let found = needs("pylock.toml", &lock("")).unwrap();
        assert_eq!(found.lines, ["a==1"]);
        assert_eq!(found.left_out.len(), 1);
        let said = needs("pylock.dev.toml", &lock("environments = [\"sys_platform == 'win32'\"]")).unwrap_err();
        assert!(said.contains("it is for other environments (sys_platform == 'win32')"), "{said}");
        let said = needs("pylock.toml", &lock("requires-python = '>=3.14'")).unwrap_err();
        assert!(said.contains("it is for Python >=3.14"), "{said}");
    }

    #[test]
    fn what_is_wrong_is_said_on_one_line() {
        for (name, text, named) in [
            ("pyproject.toml", "[project]\nname='x'\ndynamic=['dependencies']\n", "dynamic"),
            ("pyproject.toml", "[tool.poetry]\nname='x'\n", "Poetry"),
            ("pyproject.toml", "[project\n", "not valid TOML"),
            ("pyproject.toml", "[project]\ndependencies=['a b']\n", "is no requirement"),
            ("pyproject.toml", "[project]\ndependencies=[]\n", "needs no distribution"),
            ("uv.lock", "version = 9\n", "version is not 1"),
            ("uv.lock", "version = 1\n", "project's own"),
            ("pylock.toml", "lock-version = '2.0'\n", "lock-version"),
            ("pylock.toml", "lock-version = '1.0'\n[[packages]]\nversion='1'\n", "no name"),
        ] {
            let said = needs(name, text).unwrap_err();
            assert!(said.contains(named) && said.lines().count() == 1, "{text}: {said}");
        }
    }
}
