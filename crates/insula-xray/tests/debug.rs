//! Source lines from debug information, wherever it is kept: planted lines carry a marker, and must be found again.

use std::path::{Path, PathBuf};
use std::process::Command;

use insula_xray::Extension;
use insula_xray::debug::{Answers, Questions, Record, Which, answer};

const SOURCE: &str = r#"
#include <stddef.h>
typedef struct _object { long refcnt; void *type; } PyObject;
typedef struct { PyObject ob_base; } PyVarObject;
typedef struct {
    PyVarObject head;
    PyObject *callback; /* field callback */
    struct { PyObject *items[4]; } tables; /* field tables */
} CounterObject;
struct other { PyObject head; long numbers[5]; };
struct module_state { PyObject *cache; /* field cache */ union { PyObject *a; long b; }; };
struct decoy { long one, two; };
PyObject *price_cache; /* variable price_cache */
static struct { int n; PyObject *slots[3]; } registry; /* variable registry */
static __thread PyObject *last_error; /* variable last_error */
static struct decoy unused;
static struct other lookalike;
static struct module_state *state_of(void *module) { return module; }
int visit(PyObject *one);
PyObject *lookup(long key) /* function lookup */
{
    static PyObject *memo; /* variable lookup::memo */
    if (key) { memo = price_cache; registry.slots[key % 3] = memo; last_error = memo; unused.one = key; }
    return last_error ? memo : registry.slots[2];
}
int traverse(PyObject *self) /* function traverse */
{
    CounterObject *counter = (CounterObject *)self;
    return visit(counter->callback) + visit(counter->tables.items[2]) + (int)lookalike.numbers[1];
}
int clear(void *module) /* function clear */
{
    struct module_state *state = state_of(module);
    return visit(state->cache);
}
"#;

/// The line that carries a marker.
fn line(text: &str, marker: &str) -> u32 {
    let found = text.lines().position(|line| line.contains(&format!("/* {marker} */")));
    found.unwrap_or_else(|| panic!("no marker {marker}")) as u32 + 1
}

fn run(program: &str, folder: &Path, arguments: &[&str]) {
    let output = Command::new(program).current_dir(folder).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Compiles the source; returns the library and its symbols.
fn build(folder: &Path, name: &str, flags: &[&str]) -> (PathBuf, Extension) {
    std::fs::write(folder.join("shop.c"), SOURCE).unwrap();
    let mut arguments = vec!["-shared", "-fPIC", "-Wl,--build-id", "-o", name, "shop.c"];
    arguments.extend(flags);
    run("cc", folder, &arguments);
    let path = folder.join(name);
    let extension = Extension::read(&path).unwrap();
    (path, extension)
}

fn address(extension: &Extension, name: &str) -> u64 {
    let same = |symbol: &str| symbol == name || symbol.starts_with(&format!("{name}."));
    extension.symbols.iter().find(|symbol| same(&symbol.name)).unwrap_or_else(|| panic!("no {name}")).vaddr
}

fn questions(extension: &Extension) -> Questions {
    let at = |name: &str| address(extension, name);
    let slots = at("registry") + 16;
    Questions {
        variables: vec![at("price_cache"), at("memo"), slots],
        thread_locals: vec![0],
        functions: vec![at("lookup"), at("traverse"), at("clear")],
        records: vec![
            Record { size: 56, object: true, functions: vec![at("traverse")], offsets: vec![16, 40] },
            Record { size: 16, object: false, functions: vec![at("clear")], offsets: vec![0, 8] },
        ],
    }
}

/// What was answered, as text: `file:line name` for each question.
fn told(answers: &Answers) -> Vec<String> {
    let place = |source: &Option<insula_xray::debug::Source>| {
        source.as_ref().map_or_else(String::new, |source| {
            format!("{}:{} ", source.file.file_name().unwrap().to_string_lossy(), source.line)
        })
    };
    let named = answers.variables.values().chain(answers.thread_locals.values()).chain(answers.functions.values());
    let mut all: Vec<String> =
        named.map(|named| format!("{}{}{}", place(&named.source), named.name, named.part)).collect();
    for which in answers.fields.values() {
        all.push(match which {
            Which::One(field) => format!("{}{}.{}", place(&field.source), field.record, field.path),
            Which::Among(fields) => format!("one of {}", fields.len()),
        });
    }
    all.sort();
    all
}

fn expected() -> Vec<String> {
    let at = |marker: &str, name: &str| format!("shop.c:{} {name}", line(SOURCE, marker));
    let mut all = vec![
        at("variable price_cache", "price_cache"),
        at("variable lookup::memo", "lookup::memo"),
        at("variable last_error", "last_error"),
        at("function lookup", "lookup"),
        at("function traverse", "traverse"),
        at("function clear", "clear"),
        at("field callback", "CounterObject.callback"),
        at("field cache", "module_state.cache"),
    ];
    // Where these are declared on one line, the innermost name decides.
    all.push(format!("shop.c:{} registry.slots[1]", line(SOURCE, "variable registry")));
    all.push(format!("shop.c:{} CounterObject.tables.items[2]", line(SOURCE, "field tables")));
    all.sort();
    all
}

#[test]
fn every_place_has_its_line_however_the_compiler_was_called() {
    let folder = tempfile::tempdir().unwrap();
    for flags in [
        &["-g"][..],
        &["-g", "-O2"],
        &["-g", "-gdwarf-4"],
        &["-g", "-gdwarf-3"],
        &["-g", "-gz=zlib"],
        &["-g", "-fdebug-types-section"],
        &["-g", "-gsplit-dwarf"],
        &["-g", "-gsplit-dwarf", "-gdwarf-4"],
        &["-g", "-O2", "-flto"],
    ] {
        let (path, extension) = build(folder.path(), "shop.so", flags);
        let answers = answer(&path, &questions(&extension), &[]);
        assert_eq!(told(&answers), expected(), "{flags:?}");
        assert_eq!(answers.notes, Vec::<String>::new(), "{flags:?}");
        // The members of a union overlap: neither is named.
        assert!(!answers.fields.contains_key(&(1, 8)));
    }
}

#[test]
fn separate_debug_files_are_found_and_those_of_another_build_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (path, extension) = build(here, "shop.so", &["-g", "-O1"]);
    let questions = questions(&extension);
    run("objcopy", here, &["--only-keep-debug", "shop.so", "shop.debug"]);
    run("objcopy", here, &["--strip-all", "shop.so", "bare.so"]);
    run("objcopy", here, &["--add-gnu-debuglink=shop.debug", "bare.so", "shop.so"]);
    assert_eq!(told(&answer(&path, &questions, &[])), expected());

    // By the build id, below a root, without any link.
    let id = {
        let text = Command::new("readelf").args(["-n", "shop.so"]).current_dir(here).output().unwrap();
        let text = String::from_utf8(text.stdout).unwrap();
        text.lines().find_map(|line| line.trim().strip_prefix("Build ID: ").map(str::to_owned)).unwrap()
    };
    let root = here.join("root");
    let place = root.join(".build-id").join(&id[..2]);
    std::fs::create_dir_all(&place).unwrap();
    std::fs::copy(here.join("shop.debug"), place.join(format!("{}.debug", &id[2..]))).unwrap();
    let bare = answer(&here.join("bare.so"), &questions, std::slice::from_ref(&root));
    assert_eq!(told(&bare), expected());
    assert!(!bare.symbols.is_empty());
    let without = answer(&here.join("bare.so"), &questions, &[]);
    assert_eq!((told(&without), without.notes), (Vec::new(), Vec::new()));

    // Another build: the link leads to it, its build id does not fit.
    build(here, "other.so", &["-g", "-O0"]);
    run("objcopy", here, &["--only-keep-debug", "other.so", "shop.debug"]);
    let other = answer(&path, &questions, &[]);
    assert_eq!(told(&other), Vec::<String>::new());
    assert_eq!(other.notes.len(), 1);
    assert!(other.notes[0].contains("shop.debug is the debug file of another build"), "{:?}", other.notes);

    // Cut off, and gone.
    let whole = std::fs::read(here.join("shop.debug")).unwrap();
    std::fs::write(here.join("shop.debug"), &whole[..whole.len() / 3]).unwrap();
    let cut = answer(&path, &questions, &[]);
    assert_eq!((told(&cut).len(), cut.notes.len()), (0, 1), "{:?}", cut.notes);
    std::fs::remove_file(here.join("shop.debug")).unwrap();
    let gone = answer(&path, &questions, &[]);
    assert_eq!(gone.notes.len(), 1);
    assert!(gone.notes[0].contains("shop.debug is not there"), "{:?}", gone.notes);
}

#[test]
fn split_debug_files_may_be_packed_or_moved_and_missing_ones_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let dwo_of = |name: &str| here.join(format!("{name}-shop.dwo"));
    // That of binutils writes no DWARF 5.
    let packers = [("dwp", "-gdwarf-4"), ("llvm-dwp", "-gdwarf-5")];
    let packers = packers.into_iter().filter(|(name, _)| Command::new(name).arg("--version").output().is_ok());
    let (mut built, mut kept) = (None, Vec::new());
    for (packer, version) in packers {
        let (path, extension) = build(here, "shop.so", &["-g", "-gsplit-dwarf", version]);
        run(packer, here, &["shop.so-shop.dwo", "-o", "shop.so.dwp"]);
        kept = std::fs::read(dwo_of("shop.so")).unwrap();
        std::fs::remove_file(dwo_of("shop.so")).unwrap();
        let questions = questions(&extension);
        assert_eq!(told(&answer(&path, &questions, &[])), expected(), "{packer}");
        built = Some((path, questions));
    }
    let (path, questions) = built.expect("binutils' dwp, or llvm-dwp");
    let dwo = dwo_of("shop.so");

    std::fs::remove_file(here.join("shop.so.dwp")).unwrap();
    let missing = answer(&path, &questions, &[]);
    assert_eq!(missing.notes.len(), 1);
    assert!(missing.notes[0].contains(".dwo is not there"), "{:?}", missing.notes);

    std::fs::write(&dwo, &kept[..kept.len() / 2]).unwrap();
    assert_eq!(answer(&path, &questions, &[]).notes.len(), 1);

    // Of another build: the same name, another id.
    std::fs::write(here.join("shop.c"), SOURCE.replace("price_cache", "cost_cache")).unwrap();
    run("cc", here, &["-shared", "-fPIC", "-g", "-gsplit-dwarf", "-o", "other.so", "shop.c"]);
    std::fs::copy(dwo_of("other.so"), &dwo).unwrap();
    let wrong = answer(&path, &questions, &[]);
    assert!(wrong.notes[0].contains("is of another build"), "{:?}", wrong.notes);
    assert_eq!(told(&wrong), Vec::<String>::new());
}

#[test]
fn damaged_debug_information_costs_lines_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (path, extension) = build(folder.path(), "shop.so", &["-g"]);
    let questions = questions(&extension);
    let whole = std::fs::read(&path).unwrap();
    run("objcopy", folder.path(), &["--dump-section", ".debug_info=info", "shop.so"]);
    let info = std::fs::read(folder.path().join("info")).unwrap();
    let start = whole.windows(info.len()).position(|bytes| bytes == info).unwrap();
    // Every fourth byte of the section, in turn, is something else: no panic, no endless loop, no wrong file.
    let sane: Vec<String> = expected();
    for at in (start..start + info.len()).step_by(4) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xa5;
        std::fs::write(&path, &bytes).unwrap();
        let answers = answer(&path, &questions, &[]);
        assert!(told(&answers).len() <= sane.len() + 1);
    }
    let mut bytes = whole.clone();
    bytes[start..start + 4].copy_from_slice(&[0xf0, 0xff, 0xff, 0x7f]);
    std::fs::write(&path, &bytes).unwrap();
    let cut = answer(&path, &questions, &[]);
    assert_eq!(told(&cut), Vec::<String>::new());
    assert_eq!(cut.notes.len(), 1, "{:?}", cut.notes);
}

/// What `dwz` makes: a name that several files have in common lies in a supplementary file. Written by hand, as few
/// machines have `dwz`.
const ALTERNATE: &str = r#"
    .data
    .globl price_cache
    .type price_cache, %object
    .size price_cache, 8
price_cache: .8byte 0
    .section .debug_abbrev, "", %progbits
abbreviations:
    .uleb128 1, 0x11        /* a unit with children, whose name is a string */
    .byte 1
    .uleb128 0x03, 0x08, 0, 0
    .uleb128 2, 0x34        /* a variable: name in the supplementary file, place */
    .byte 0
    .uleb128 0x03, 0x1f21, 0x02, 0x18, 0, 0
    .byte 0
    .section .debug_info, "", %progbits
    .4byte end - start
start:
    .2byte 4
    .4byte abbreviations
    .byte 8
    .uleb128 1
    .string "shop.c"
    .uleb128 2
    .4byte 1
    .uleb128 9
    .byte 3
    .8byte price_cache
    .byte 0
end:
    .section .gnu_debugaltlink, "", %progbits
    .string "common.dwz"
    .byte 0x12, 0x34, 0x56, 0x78
"#;

const COMMON: &str = r#"
    .section .debug_str, "", %progbits
    .string ""
    .string "name_in_common"
"#;

#[test]
fn supplementary_files_are_read_and_missed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("shop.s"), ALTERNATE).unwrap();
    std::fs::write(here.join("common.s"), COMMON).unwrap();
    run("cc", here, &["-shared", "-nostdlib", "-o", "shop.so", "shop.s"]);
    let common = |id: &str| {
        let id = format!("-Wl,--build-id={id}");
        run("cc", here, &["-shared", "-nostdlib", &id, "-o", "common.dwz", "common.s"]);
    };
    let path = here.join("shop.so");
    let variable = address(&Extension::read(&path).unwrap(), "price_cache");
    let questions = Questions { variables: vec![variable], ..Questions::default() };
    common("0x12345678");
    let found = answer(&path, &questions, &[]);
    assert_eq!((told(&found), found.notes), (vec!["name_in_common".to_owned()], Vec::new()));
    common("0x87654321");
    let other = answer(&path, &questions, &[]);
    assert!(other.notes[0].contains("common.dwz is of another build"), "{:?}", other.notes);
    std::fs::remove_file(here.join("common.dwz")).unwrap();
    let missing = answer(&path, &questions, &[]);
    assert!(missing.notes[0].contains("common.dwz is not there"), "{:?}", missing.notes);
    assert_eq!((told(&missing).len(), missing.notes.len()), (0, 1));
}
