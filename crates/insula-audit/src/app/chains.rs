//! Which modules import which, on the way from the application to an extension module.

use std::path::{Path, PathBuf};

use super::events::{Event, Installed, What};
use super::{Question, Seen, Wanted, judge};

/// What tells by which names the application's files are imported.
#[derive(Default)]
pub(super) struct Ways<'a> {
    folder: PathBuf,
    /// The modules that are asked about.
    entries: Vec<&'a str>,
    /// The folders of `sys.path`.
    path: Vec<PathBuf>,
    installed: &'a [Installed],
}

impl<'a> Ways<'a> {
    pub(super) fn new(question: &'a Question, seen: &'a Seen) -> Self {
        let entries = match &question.wanted {
            Wanted::Entries(names) => names.iter().filter_map(|name| name.split(':').next()).collect(),
            _ => Vec::new(),
        };
        Self {
            folder: question.folder.clone(),
            entries,
            path: judge::path(&seen.main.events),
            installed: &seen.installed,
        }
    }

    /// The packages on the way to a module, each once, and that of the module itself.
    pub(super) fn chain_of(&self, events: &[Event], module: &str) -> Vec<String> {
        let found = events.iter().find_map(|event| match &event.what {
            What::Trying { name, chain, origin, file, .. } if name == module => {
                Some((self.way(chain, origin.as_deref()), file.clone()))
            }
            _ => None,
        });
        let (mut packages, file) = found.unwrap_or_default();
        if in_its_package(module, &file) {
            step(&mut packages, package(module));
        } else {
            // It was loaded by its file: nobody has a package of that name.
            step_whole(&mut packages, module);
        }
        packages
    }

    /// The packages on a way, each once. Its beginning is a file where no module of that name is imported by others: a
    /// script, or a test.
    pub(super) fn way(&self, chain: &[String], origin: Option<&str>) -> Vec<String> {
        let mut packages: Vec<String> = Vec::new();
        for name in chain.iter().filter(|name| *name != "__main__") {
            let name = if name == "__mp_main__" { "the script" } else { name };
            step(&mut packages, name);
        }
        if let (Some(file), Some(first)) = (origin, chain.first())
            && !self.imported_by_its_name(file, first)
        {
            packages.retain(|name| name != first && name != "the script");
            packages.insert(0, file.to_owned());
        }
        packages
    }

    /// Whether a file's module has the name that it has below the application's folder, or a folder of `sys.path`, or
    /// as a package that is installed in editable form.
    fn imported_by_its_name(&self, file: &str, module: &str) -> bool {
        let stem = file.strip_suffix(".py").unwrap_or(file);
        let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
        let parts = module.replace('.', "/");
        if stem.strip_prefix("src/").unwrap_or(stem) == parts || self.entries.contains(&module) {
            return true;
        }
        let stem = self.folder.join(stem);
        let editable = |one: &Installed| {
            one.tops.iter().any(|top| top == package(module))
                && one.source.as_ref().is_some_and(|source| stem.starts_with(source))
        };
        stem.ends_with(&parts)
            && (self.path.iter().any(|base| base.join(&parts) == stem) || self.installed.iter().any(editable))
    }
}

/// The outermost package of a module; a file has none.
fn package(module: &str) -> &str {
    if is_file(module) { module } else { module.split('.').next().unwrap_or_default() }
}

fn is_file(name: &str) -> bool {
    name.contains('/') || name.ends_with(".py")
}

/// Whether a module's file lies in a folder of its package's name.
fn in_its_package(module: &str, file: &Path) -> bool {
    let parents = module.rsplit_once('.').map(|(parents, _)| parents.replace('.', "/"));
    parents.is_none_or(|parents| file.parent().is_some_and(|folder| folder.ends_with(parents)))
}

/// Adds the package of a module to a way. What leads back to a package that is there is left out.
fn step(packages: &mut Vec<String>, module: &str) {
    // The application's own modules are named whole: there may be many.
    let name = if packages.is_empty() { module } else { package(module) };
    step_as(packages, module, name);
}

fn step_whole(packages: &mut Vec<String>, module: &str) {
    step_as(packages, module, module);
}

fn step_as(packages: &mut Vec<String>, module: &str, name: &str) {
    match packages.iter().position(|one| package(one) == package(module)) {
        Some(at) => packages.truncate(at + 1),
        None => packages.push(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_goes_through_each_package_once() {
        let whole = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let way = |names: &[&str]| Ways::default().way(&whole(names), None);
        assert_eq!(way(&["shop.main", "fastapi", "fastapi.routing", "pydantic"]), ["shop.main", "fastapi", "pydantic"]);
        // A plugin that imports the application, which imports what it would have imported without it.
        assert_eq!(way(&["shop.main", "plugins", "shop.models", "pydantic"]), ["shop.main", "pydantic"]);
        assert_eq!(way(&["a", "b", "c", "b", "c"]), ["a", "b", "c"]);
    }

    #[test]
    fn a_module_ends_its_way_without_a_circle() {
        let chain = ["shop", "yarl", "multidict"].map(str::to_owned).to_vec();
        let (name, file) = ("yarl._quoting_c".to_owned(), "yarl/_quoting_c.so".into());
        let place = super::super::events::Place::Main;
        let what = What::Trying { name, file, chain, origin: None, lines: Vec::new() };
        let events = [Event { place, what }];
        assert_eq!(Ways::default().chain_of(&events, "yarl._quoting_c"), ["shop", "yarl"]);
    }

    #[test]
    fn what_is_loaded_by_its_file_has_no_package_and_a_file_is_no_module() {
        let (name, file, chain) = ("other.mod".to_owned(), "/app/plugins/mod.so".into(), vec!["shop".to_owned()]);
        let place = super::super::events::Place::Main;
        let events = [Event { place, what: What::Trying { name, file, chain, origin: None, lines: Vec::new() } }];
        assert_eq!(Ways::default().chain_of(&events, "other.mod"), ["shop", "other.mod"]);
        let chain = ["shop", "plugins/one.py", "plugins/two.py"].map(str::to_owned);
        assert_eq!(Ways::default().way(&chain, Some("shop.py")), chain);
    }

    #[test]
    fn a_module_in_editable_form_begins_its_way_by_its_name_and_a_test_by_its_file() {
        let folder = PathBuf::from("/app");
        let ways = Ways { folder, path: vec!["/app/lib/src".into()], ..Ways::default() };
        let begin = |file: &str, module: &str| ways.way(&[module.to_owned()], Some(file));
        assert_eq!(begin("lib/src/shop/__init__.py", "shop"), ["shop"]);
        assert_eq!(begin("lib/src/shop/orders.py", "shop.orders"), ["shop.orders"]);
        assert_eq!(begin("tests/test_orders.py", "test_orders"), ["tests/test_orders.py"]);
    }
}
