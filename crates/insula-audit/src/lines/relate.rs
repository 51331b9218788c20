//! Paths as the reader has them: relative to the root of the repository, with the line itself where the file is at
//! hand.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::report::{Location, TargetReport};

/// Source files that are longer are not read.
const LONGEST: u64 = 16 << 20;
/// Lines are cut there.
const WIDEST: usize = 200;

/// The root of the repository: the nearest folder with `.git` or `pyproject.toml`, from the working folder upward.
fn root() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let found = here.ancestors().find(|one| one.join(".git").exists() || one.join("pyproject.toml").exists());
    Some(found.unwrap_or(&here).to_owned())
}

/// Makes the paths of all findings relative to the root of the repository, where they lie below it.
pub(crate) fn relate(targets: &mut [TargetReport]) {
    let Some(root) = root() else { return };
    let mut sources = Sources { root, files: HashMap::new() };
    for module in targets.iter_mut().flat_map(|target| &mut target.modules) {
        let folder = module.path.parent().unwrap_or(Path::new("")).to_owned();
        let locations = module.findings.iter_mut().filter_map(|finding| finding.location.as_mut());
        locations.for_each(|location| sources.settle(location, &folder));
    }
}

/// The paths of one location, as [`relate`] makes them.
pub(crate) fn related(file: &str, line: u32, folder: &Path) -> String {
    let Some(root) = root() else { return file.to_owned() };
    Sources { root, files: HashMap::new() }.place(file, line, folder).0
}

struct Sources {
    root: PathBuf,
    /// The lines of the files that were read.
    files: HashMap<PathBuf, Vec<String>>,
}

impl Sources {
    fn settle(&mut self, location: &mut Location, folder: &Path) {
        let (Some(file), Some(line)) = (location.file.clone(), location.line) else { return };
        let (shown, real) = self.place(&file, line, folder);
        location.file = Some(shown);
        location.code = real.and_then(|real| self.line(&real, line));
    }

    /// How a file is shown, and where it is, if it is there.
    fn place(&mut self, file: &str, line: u32, folder: &Path) -> (String, Option<PathBuf>) {
        let path = Path::new(file);
        let beside = folder.join(path);
        let mut candidates = vec![if path.is_absolute() { path.to_owned() } else { self.root.join(path) }];
        candidates.extend(path.is_relative().then_some(beside));
        // Compiled elsewhere, as in a container: what lies below the root under the same names is the same file, if it
        // has such a line. What is not of this project is not looked for.
        let others = ["/rustc/", "/.cargo/registry/", "/site-packages/", "/usr/"];
        if !others.iter().any(|other| file.contains(other)) {
            let parts: Vec<Component<'_>> =
                path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
            candidates.extend((0..parts.len()).map(|start| self.root.join(parts[start..].iter().collect::<PathBuf>())));
        }
        let real = candidates.into_iter().find(|one| self.line(one, line).is_some());
        let shown = real.as_deref().and_then(|real| real.strip_prefix(&self.root).ok()).map(Path::to_owned);
        let shown = shown.or_else(|| real.clone().filter(|_| path.is_relative())).unwrap_or_else(|| path.to_owned());
        (shown.to_string_lossy().into_owned(), real)
    }

    /// A line of a file, if it is there.
    fn line(&mut self, path: &Path, number: u32) -> Option<String> {
        let lines = self.files.entry(path.to_owned()).or_insert_with(|| read(path));
        lines.get((number as usize).checked_sub(1)?).cloned()
    }
}

fn read(path: &Path) -> Vec<String> {
    let fits = fs::metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() <= LONGEST);
    let text = if fits { fs::read(path).unwrap_or_default() } else { Vec::new() };
    let text = String::from_utf8_lossy(&text);
    text.lines().map(|line| line.trim_end().chars().take(WIDEST).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::Sources;
    use std::collections::HashMap;
    use std::path::Path;

    #[test]
    fn paths_are_relative_to_the_root_and_found_again_when_compiled_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/shop.c"), "one\n  two\n").unwrap();
        std::fs::write(folder.path().join("other.c"), "one\n").unwrap();
        let mut sources = Sources { root: root.clone(), files: HashMap::new() };
        let mut place = |file: &str, line| sources.place(file, line, Path::new("/nowhere")).0;
        assert_eq!(place(&root.join("src/shop.c").to_string_lossy(), 2), "src/shop.c");
        assert_eq!(place("/project/src/shop.c", 2), "src/shop.c");
        assert_eq!(place("src/shop.c", 1), "src/shop.c");
        // No such line, of another project, outside.
        assert_eq!(place("/project/src/shop.c", 3), "/project/src/shop.c");
        assert_eq!(place("/home/somebody/.cargo/registry/src/shop.c", 1), "/home/somebody/.cargo/registry/src/shop.c");
        let outside = folder.path().join("other.c").to_string_lossy().into_owned();
        assert_eq!(place(&outside, 1), outside);
        assert_eq!(sources.line(&root.join("src/shop.c"), 2).as_deref(), Some("  two"));
    }
}
