//! The shape of the framework: a module imports only from itself, from its layer and from the layers below; and how
//! long a file or a function may be.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// From below to above. Each is a file or a folder of `src`.
const LAYERS: &[&str] = &[
    "ffi",
    "brand",
    "thread",
    "object",
    "trampoline",
    "def",
    "arguments",
    "class",
    "call",
    "module",
    "cx",
    "root",
    "closure",
    "coroutine",
    "tokio",
    "logging",
    "embed",
    "rt",
];

/// What `lib.rs` gives other names to, as users see it; nothing below may rely on that.
const ABOVE: &[&str] = &["lib", "guide"];

/// The first segments of the paths in a file that begin with `crate`.
#[derive(Default)]
struct Paths(Vec<String>);

impl Paths {
    /// `crate::a`, `crate::{a, b::c}`.
    fn of_use(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) if path.ident == "crate" => self.first(&path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree)),
            _ => {}
        }
    }

    fn first(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => self.0.push(path.ident.to_string()),
            syn::UseTree::Name(name) => self.0.push(name.ident.to_string()),
            syn::UseTree::Rename(rename) => self.0.push(rename.ident.to_string()),
            syn::UseTree::Glob(_) => self.0.push("*".to_owned()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.first(tree)),
        }
    }

    /// Inside a macro there are tokens only: `crate :: name`, also after a `$`, but not in what users' crates expand
    /// to.
    fn of_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (place, token) in tokens.iter().enumerate() {
            match token {
                proc_macro2::TokenTree::Group(group) => self.of_tokens(group.stream()),
                proc_macro2::TokenTree::Ident(ident) if ident == "crate" => {
                    if let Some(proc_macro2::TokenTree::Ident(name)) = tokens.get(place + 3) {
                        self.0.push(name.to_string());
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.of_use(&item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.segments[0].ident == "crate" {
            self.0.push(path.segments[1].ident.to_string());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        // An exported macro expands in other crates, where `$crate::rt` is what it may name.
        if !item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
            self.of_tokens(item.mac.tokens.clone());
        }
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.of_tokens(item.tokens.clone());
    }
}

/// What is wrong with a file of a layer.
fn violations(layer: &str, file: &str, text: &str) -> Vec<String> {
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}")));
    let own = LAYERS.iter().position(|name| *name == layer).unwrap_or_else(|| panic!("{file} is in no layer"));
    paths.0.sort();
    paths.0.dedup();
    // An exported macro has its place at the root of the crate, wherever it is defined.
    let allowed = |name: &String| LAYERS[..=own].contains(&name.as_str()) || name.starts_with("__");
    paths.0.iter().filter(|name| !allowed(name)).map(|name| format!("{file} ({layer}) imports from {name}")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be listed").flatten() {
        let path = entry.path();
        // Some folders hold what cargo built.
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_module_imports_only_from_itself_and_from_below() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files(&source) {
        let relative = path.strip_prefix(&source).expect("a file of the folder");
        let first = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let layer = first.trim_end_matches(".rs");
        if !ABOVE.contains(&layer) {
            let text = fs::read_to_string(&path).expect("the file can be read");
            found.extend(violations(layer, &relative.display().to_string(), &text));
        }
    }
    found.sort();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn an_import_from_above_is_found_in_every_form() {
    for text in [
        "use crate::class::layout::Layout;",
        "use crate::{brand::Py, class::layout};",
        "use crate::class;",
        "use crate::PyErr;",
        "use crate::*;",
        "fn f() -> crate::class::T { todo!() }",
        "fn f() { let _ = crate::class::T; }",
        "macro_rules! m { () => { $crate::class::T } }",
        "fn f() { vec![crate::class::T]; }",
    ] {
        assert_eq!(violations("object", "planted.rs", text).len(), 1, "{text}");
    }
    let below = "use crate::brand::Py; use crate::thread::state::State; use crate::object::obj::Obj; use super::err;";
    assert_eq!(violations("object", "planted.rs", below), Vec::<String>::new());
}

/// The lines of a text that begin a function longer than `limit`, and how long each is. The sources are formatted: a
/// function ends with the first brace in its own column.
fn long_functions(text: &str, limit: usize) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut long = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") || !code.split_whitespace().take(4).any(|word| word == "fn") {
            continue;
        }
        let closing = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[start..].iter().position(|line| *line == closing).map_or(1, |end| end + 1);
        if length > limit {
            long.push((start + 1, length));
        }
    }
    long
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the folder of the repository");
    let sources: Vec<PathBuf> =
        ["crates", "modules", "tests", "bench", "xtask"].iter().flat_map(|folder| files(&root.join(folder))).collect();
    assert!(sources.len() > 400, "only {} files were looked at", sources.len());
    let mut long = Vec::new();
    for path in sources {
        // What a macro made is as long as it is.
        let generated = path.starts_with(root.join("crates/insula-macros/expanded"));
        let lines = fs::read_to_string(&path).expect("the file can be read").lines().count();
        if lines > 500 && !generated {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn no_function_of_the_macros_is_longer_than_80_lines() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates");
    let mut long = Vec::new();
    for path in files(&crates.join("insula-macros/src")) {
        let text = fs::read_to_string(&path).expect("the file can be read");
        let found = long_functions(&text, 80).into_iter();
        long.extend(found.map(|(line, length)| format!("{}:{line}: {length} lines", path.display())));
    }
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn a_long_function_is_found_wherever_it_stands() {
    let body = "    let _ = 1;\n".repeat(79);
    let fits = format!("pub(crate) fn f() {{\n{}}}\n", "    let _ = 1;\n".repeat(78));
    assert_eq!(long_functions(&fits, 80), []);
    assert_eq!(
        long_functions(&format!("// A fn in a comment\npub(super) unsafe fn f() {{\n{body}}}\n"), 80),
        [(2, 81)]
    );
    let method = format!("impl A {{\n    fn f(\n        a: u8,\n    ) {{\n{body}    }}\n    fn g() {{}}\n}}\n");
    assert_eq!(long_functions(&method, 80), [(2, 83)]);
}
