//! Files of requirements, as pip reads them.

use std::path::Path;

use pep508_rs::MarkerEnvironment;

use super::sources::{is_source, source};
use super::{Here, InputError, Needs, requirement};

/// Options that pip takes from such a file and that we hand on, with the number of words behind each.
const OPTIONS: [(&str, bool); 12] = [
    ("-i", true),
    ("--index-url", true),
    ("--pypi-url", true),
    ("--extra-index-url", true),
    ("-f", true),
    ("--find-links", true),
    ("--no-index", false),
    ("--pre", false),
    ("--prefer-binary", false),
    ("--require-hashes", false),
    ("--trusted-host", true),
    ("--use-feature", true),
];

/// Options that would say how distributions are built; wheels alone are audited.
const BUILDING: [&str; 2] = ["--no-binary", "--only-binary"];

/// Reads a file and those that it includes.
pub(super) fn read(here: &Here<'_>) -> Result<Needs, InputError> {
    let mut needs = Needs::default();
    let markers = here.markers()?;
    read_into(here.path, &markers, &mut needs)?;
    Ok(needs)
}

/// More files than this are a mistake.
const MOST_FILES: usize = 200;

/// How much of a line is shown.
const SHOWN: usize = 80;

fn read_into(path: &Path, markers: &MarkerEnvironment, needs: &mut Needs) -> Result<(), InputError> {
    let unreadable = |error| InputError::Unreadable(path.to_owned(), error);
    let path = path.canonicalize().map_err(unreadable)?;
    if needs.read.contains(&path) {
        return Ok(());
    }
    needs.read.push(path.clone());
    let text = std::fs::read_to_string(&path).map_err(unreadable)?;
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    for (line, text) in logical_lines(&text) {
        let bad = |why: &str| InputError::Line {
            path: path.clone(),
            line,
            text: text.chars().take(SHOWN).collect(),
            why: why.lines().next().unwrap_or_default().to_owned(),
        };
        let (word, rest) = option(&text);
        if needs.read.len() > MOST_FILES {
            return Err(bad("more than 200 files include each other"));
        }
        match word {
            "-r" | "--requirement" | "-c" | "--constraint" if rest.is_empty() => {
                return Err(bad("there is no file behind the option"));
            }
            "-r" | "--requirement" => read_into(&folder.join(rest), markers, needs)?,
            // pip knows constraints by their file alone.
            "-c" | "--constraint" => {
                let file = folder.join(rest);
                let file = file.canonicalize().map_err(|error| InputError::Unreadable(file, error))?;
                needs.lines.push(format!("--constraint {}", file.display()));
                needs.sources.push(file);
            }
            "-e" | "--editable" => source(rest, &folder, markers, needs).map_err(|why| bad(&why))?,
            _ if OPTIONS.iter().any(|(name, _)| *name == word) => {
                let takes = OPTIONS.iter().any(|(name, takes)| *name == word && *takes);
                if takes && rest.is_empty() {
                    return Err(bad("there is nothing behind the option"));
                }
                needs.lines.push(text.clone());
            }
            _ if BUILDING.contains(&word) => needs.left_out.push(format!("{text}: wheels alone are audited")),
            _ if word.starts_with('-') => return Err(bad("there is no such option in a file of requirements")),
            _ if is_source(&text, &folder) => source(&text, &folder, markers, needs).map_err(|why| bad(&why))?,
            _ => {
                let own = text.split(" --").next().unwrap_or_default();
                let requirement = requirement(own).map_err(|why| bad(&why))?;
                if requirement.marker.evaluate(markers, &[]) {
                    needs.add(requirement.name.as_ref(), text.clone());
                }
            }
        }
    }
    Ok(())
}

/// An option and what stands behind it; the short ones need nothing in between.
fn option(text: &str) -> (&str, &str) {
    let short = ["-r", "-c", "-e", "-i", "-f"].into_iter().find(|short| text.starts_with(short));
    let (word, rest) = match short {
        Some(short) => text.split_at(short.len()),
        None => text.split_once(|c: char| c.is_whitespace() || c == '=').unwrap_or((text, "")),
    };
    (word, rest.trim().trim_matches('"'))
}

/// Lines with their numbers: continued ones joined, without comments.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (start, mut whole) = begun.take().unwrap_or((number + 1, String::new()));
        match line.strip_suffix('\\') {
            Some(line) if !line.trim_start().starts_with('#') => {
                whole += line;
                begun = Some((start, whole));
            }
            _ => {
                whole += line;
                lines.push((start, whole));
            }
        }
    }
    lines.extend(begun);
    let without_comment = |line: &str| {
        let end = line.match_indices('#').find(|(at, _)| line[..*at].ends_with([' ', '\t']) || *at == 0);
        line[..end.map_or(line.len(), |(at, _)| at)].trim().to_owned()
    };
    lines
        .into_iter()
        .map(|(number, line)| (number, without_comment(&line)))
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Needs, logical_lines};

    fn needs(files: &[(&str, &str)]) -> Result<Needs, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let python = insula_pythons::resolve("3.13").unwrap();
        crate::target::inputs::read(&folder.path().join(files[0].0), &python).map_err(|error| error.to_string())
    }

    #[test]
    fn lines_are_joined_and_lose_their_comments() {
        let text = "a==1 \\\n  --hash=sha256:0  # why\n\n# b\nc#d\n";
        let lines = logical_lines(text);
        assert_eq!(lines, [(1, "a==1   --hash=sha256:0".to_owned()), (5, "c#d".to_owned())]);
    }

    #[test]
    fn files_include_others_and_options_are_handed_on() {
        let found = needs(&[
            ("requirements.txt", "-r more/dev.txt\nFast_API>=0.100 ; python_version > '3.8'\n--pre\n-c limits.txt\n"),
            ("more/dev.txt", "--requirement=../requirements.txt\norjson==3.13.0\n"),
            ("limits.txt", "numpy<3\n"),
        ])
        .unwrap();
        assert_eq!(found.names, ["orjson", "fast-api"]);
        assert_eq!(found.lines[..3], ["orjson==3.13.0", "Fast_API>=0.100 ; python_version > '3.8'", "--pre"]);
        assert!(found.lines[3].starts_with("--constraint /") && found.lines[3].ends_with("/limits.txt"));
        assert!(!found.complete);
    }

    #[test]
    fn a_project_of_ones_own_is_built_wherever_it_is_named() {
        for line in ["-e .", "--editable=.", ".", "-e .[fast]", "./"] {
            let found = needs(&[("requirements.txt", line), ("setup.py", "")]);
            // Where the tests run there is no project, so that the file's folder counts.
            let found = found.unwrap();
            assert!(found.lines[0].starts_with('/'), "{line}: {found:?}");
            assert_eq!(found.lines[0].ends_with("[fast]"), line.ends_with("[fast]"));
            assert_eq!(found.sources.len(), 1);
        }
    }

    #[test]
    fn paths_and_addresses_are_asked_about_by_the_name_that_they_have() {
        let lines = "https://host/Fast_Thing-1.0-cp313-cp313-linux_x86_64.whl#sha256=0\n\
                     ./old-thing-2.0.1.tar.gz ; python_version > '3'\n\
                     ./other.thing-1.0-py3-none-any.whl ; sys_platform == 'win32'\n\
                     git+https://host/fork@main#egg=Forked[fast]&subdirectory=x\n\
                     git+ssh://git@host/unknown.git\n-e ./mine[fast]\n./theirs\n./plain\n\
                     third @ git+https://host/third\n";
        let found = needs(&[
            ("requirements.txt", lines),
            ("old-thing-2.0.1.tar.gz", ""),
            ("other.thing-1.0-py3-none-any.whl", ""),
            ("mine/pyproject.toml", "[project]\nname = 'My.Own'\n"),
            ("theirs/pyproject.toml", "[tool.poetry]\nname = 'theirs'\n"),
            ("plain/setup.py", ""),
        ])
        .unwrap();
        assert_eq!(found.names, ["fast-thing", "old-thing", "forked", "my-own", "theirs", "third"]);
        assert_eq!(found.nameless, ["git+ssh://git@host/unknown.git", "./plain"]);
        assert_eq!(found.lines.len(), 8);
    }

    #[test]
    fn a_bad_line_is_named_with_its_number() {
        for (text, named) in [
            ("orjson\nfast api\n", ":2: \"fast api\""),
            ("orjson ==\n", ":1:"),
            ("-e nowhere\n", "no such file or folder"),
            ("--wat\n", "no such option"),
            ("-r\n", "no file behind"),
            (&format!("a ; {}os_name == 'x'{}", "(".repeat(3000), ")".repeat(3000)), "nested too deeply"),
            ("-r none.txt\n", "none.txt: cannot be read"),
            ("orjson\\\n ==\\\n what is this\n", ":1:"),
        ] {
            let said = needs(&[("requirements.txt", text)]).unwrap_err();
            assert!(said.contains(named) && said.lines().count() == 1, "{text}: {said}");
        }
    }
}
