//! What an extension module says about itself: texts in its file, under names that begin with `INSULA_STUBS_`.

use std::path::Path;

use object::{Object, ObjectSection, ObjectSymbol};

/// The name of the framework's exported data.
const PREFIX: &str = "INSULA_STUBS_";

/// The texts of the modules in a library. It is read, not loaded: for which Python it was built does not matter.
pub(super) fn modules(path: &Path) -> Result<Vec<String>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file = object::File::parse(&*bytes).map_err(|_| format!("{} is no shared library (ELF)", path.display()))?;
    let mut modules = Vec::new();
    for symbol in file.dynamic_symbols().filter(|symbol| symbol.name().is_ok_and(|name| name.starts_with(PREFIX))) {
        let section = symbol.section_index().and_then(|index| file.section_by_index(index).ok());
        let data = section.and_then(|section| section.data_range(symbol.address(), symbol.size()).ok().flatten());
        let text = data.and_then(|data| data.split(|byte| *byte == 0).next());
        let Some(Ok(text)) = text.map(|text| String::from_utf8(text.to_owned())) else {
            return Err(format!("{} does not hold what its symbol {PREFIX}* says", path.display()));
        };
        modules.push(text);
    }
    if modules.is_empty() {
        return Err(format!(
            "{} is no module of this framework's, or one of an older version: it has no stubs",
            path.display()
        ));
    }
    Ok(modules)
}
