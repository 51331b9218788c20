//! Which modules import which, on the way from the application to an extension module.

use super::events::{Event, What};

/// The packages on the way to a module, each once, and that of the module itself.
pub(super) fn chain_of(events: &[Event], module: &str) -> Vec<String> {
    let found = events.iter().find_map(|event| match &event.what {
        What::Trying { name, chain, origin, .. } if name == module => Some((chain.as_slice(), origin.as_deref())),
        _ => None,
    });
    let (chain, origin) = found.unwrap_or_default();
    let mut packages = way(chain, origin);
    step(&mut packages, module.split('.').next().unwrap_or_default());
    packages
}

/// The packages on a way, each once. Its beginning is a file where no module of that name is imported by others: a
/// script, or a test.
pub(super) fn way(chain: &[String], origin: Option<&str>) -> Vec<String> {
    let mut packages: Vec<String> = Vec::new();
    for name in chain.iter().filter(|name| *name != "__main__") {
        let name = if name == "__mp_main__" { "the script" } else { name };
        step(&mut packages, name);
    }
    if let (Some(file), Some(first)) = (origin, chain.first())
        && !imported_by_its_name(file, first)
    {
        packages.retain(|name| name != first && name != "the script");
        packages.insert(0, file.to_owned());
    }
    packages
}

/// Adds the package of a module to a way. What leads back to a package that is there is left out.
fn step(packages: &mut Vec<String>, module: &str) {
    let package = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    match packages.iter().position(|one| package(one) == package(module)) {
        Some(at) => packages.truncate(at + 1),
        // The application's own modules are named whole: there may be many.
        None if packages.is_empty() => packages.push(module.to_owned()),
        None => packages.push(package(module)),
    }
}

/// Whether a file's module has the name that it has below the application's folder.
fn imported_by_its_name(file: &str, module: &str) -> bool {
    let stem = file.strip_suffix(".py").unwrap_or(file);
    let stem = stem.strip_prefix("src/").unwrap_or(stem);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.replace('/', ".") == module
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_goes_through_each_package_once() {
        let way = |names: &[&str]| way(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), None);
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
        let events = [Event { place, what: What::Trying { name, file, chain, origin: None } }];
        assert_eq!(chain_of(&events, "yarl._quoting_c"), ["shop", "yarl"]);
    }
}
