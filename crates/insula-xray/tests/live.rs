//! The X-ray of real interpreters that loaded real extensions, on every CPython at hand.

mod support;

use std::path::Path;
use std::process::Command;

use insula_xray::{
    Extension, GilSlot, InitKind, InitSymbol, Layout, MemoryError, MultiInterp, ProcessMemory, Reached, SlotKind,
    TypeObject, export_slots, module_facts, overwritten, shared,
};
use support::{Worker, brief, compile, compile_corpus, pythons, stdlib};

fn load(name: &str, path: &Path) -> String {
    format!("m = load({name:?}, {path:?})\n")
}

#[test]
fn every_stdlib_extension_parses_and_names_itself() {
    for python in pythons(8) {
        let folder = python.facts.lib_dynload.as_ref().expect("lib-dynload");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.extension().is_none_or(|e| e != "so") {
                continue;
            }
            let ext = Extension::read(&path).unwrap_or_else(|e| panic!("{e}"));
            let file = path.file_name().expect("a name").to_string_lossy();
            let stem = file.split('.').next().expect("a stem").to_string();
            assert!(ext.module_names().contains(&stem), "{}", path.display());
            assert!(!ext.imports.is_empty());
            assert!(!ext.writable_ranges().is_empty(), "{}", path.display());
            seen += 1;
        }
        assert!(seen > 10, "{seen} extensions of {}", python.version);
        if let Some(json) = stdlib(&python, "_json")
            && python.version.minor >= 9
        {
            let kind = Extension::read(&json).expect("parsed above").static_init_guess();
            assert_eq!(kind, InitKind::MultiPhase);
        }
        if let Some(single) = stdlib(&python, "_testsinglephase") {
            // Which of its many init functions is meant is not in the imports.
            let kind = Extension::read(&single).expect("parsed above").static_init_guess();
            assert!(matches!(kind, InitKind::SinglePhase | InitKind::Both));
        }
    }
}

#[test]
fn a_file_cut_off_is_an_error_wherever_it_is_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let python = pythons(11).remove(0);
    let path = compile_corpus(&python, "clean_state", folder.path());
    let data = std::fs::read(&path).expect("readable");
    let ext = Extension::read(&path).expect("a good file");
    let last = ext.segments.iter().map(|s| s.offset + s.file_size).max();
    let last = last.expect("segments") as usize;
    for len in (4..last).step_by(97) {
        let error = Extension::parse(&path, &data[..len]).expect_err("cut off");
        assert!(error.to_string().contains("damaged or cut off"), "{error}");
    }
}

#[test]
fn isolated_stdlib_modules_have_no_hits() {
    for python in pythons(12) {
        for name in ["_json", "_csv", "_struct", "xxlimited"] {
            // Debian builds some of them into the interpreter.
            let Some(path) = stdlib(&python, name) else {
                continue;
            };
            let worker = Worker::start(&python, &format!("{}checkpoint(m=m)", load(name, &path)));
            assert_eq!(brief(&worker.xray(&path)), Vec::<String>::new(), "{name} on {}", python.version);
            let facts = module_facts(&worker.memory, &worker.layout, worker.objects["m"]).expect("a module");
            let def = facts.def.expect("a definition");
            assert_eq!(def.multiple_interpreters, Some(MultiInterp::PerInterpreterGil));
            let count = |kind| def.slots.iter().filter(|slot| slot.0 == kind).count();
            assert_eq!((count(SlotKind::Exec), count(SlotKind::Create)), (1, 0));
        }
    }
}

#[test]
fn modules_known_to_keep_globals_have_exactly_these() {
    for python in pythons(10) {
        if let Some(path) = stdlib(&python, "xxlimited_35") {
            let script = format!("{}checkpoint(m=m)", load("xxlimited_35", &path));
            let found = without_symbols(brief(&Worker::start(&python, &script).xray(&path)));
            assert_eq!(found, ["exception-class type error", "heap-type type xxlimited_35.Xxo"], "{}", python.version);
        }
        if let Some(path) = stdlib(&python, "_testsinglephase")
            && python.version.minor >= 12
        {
            let script = format!("{}checkpoint(m=m)", load("_testsinglephase", &path));
            let found = without_symbols(brief(&Worker::start(&python, &script).xray(&path)));
            assert_eq!(
                found,
                [
                    "exception-class type error",
                    "immutable-object int 1969",
                    "immutable-object str 'something different'"
                ],
                "{}",
                python.version
            );
        }
    }
}

/// Distributions strip their files.
fn without_symbols(hits: Vec<String>) -> Vec<String> {
    let mut hits: Vec<String> = hits.iter().map(|h| h.split_once(' ').expect("a symbol").1.to_string()).collect();
    hits.sort();
    hits
}

/// Module of the corpus, what to do after loading it, the hits.
const PLANTED: [(&str, &str, &[&str]); 22] = [
    ("clean_state", "m.remember('k'); m.Counter().bump()", &[]),
    ("ins001_single_phase", "m.answer()", &[]),
    ("ins001_single_phase_copied", "", &[]),
    ("ins002_size_zero", "", &["error exception-class type Error"]),
    ("ins002_twin_stateless", "m.name_of(1)", &[]),
    ("ins003_slot_missing", "", &[]),
    ("ins004_declared_not_isolated", "", &["registry mutable-object dict 0 entries"]),
    ("ins101_global_list", "m.log_entry('a'); m.log_entry('b')", &["entries mutable-object list 2 items"]),
    ("ins101_lazy_dict", "", &[]),
    ("ins101_lazy_dict", "m.Tag()", &["cache.0 mutable-object dict 1 entry"]),
    ("ins101_global_module", "", &["json mutable-object module json"]),
    ("ins101_twin_lookalikes", "", &[]),
    ("ins102_global_tuple", "", &["constant immutable-object tuple 2 items"]),
    ("ins102_global_big_int", "", &["constant immutable-object int about 120 bits"]),
    ("ins102_declared_str", "", &["constant immutable-object str 'not interned, please'"]),
    ("ins102_interned_str", "", &["constant interned-string str 'ins102_interned_key'"]),
    ("ins103_global_heap_type", "m.make()", &["thing_type heap-type type ins103_global_heap_type.Thing"]),
    ("ins103_global_exception", "", &["error exception-class type Error"]),
    ("ins104_static_type", "m.Point()", &["point_type static-type type ins104_static_type.Point"]),
    ("ins106_twin_counter", "", &[]),
    ("ins107_disguised_pointer", "", &[]),
    ("ins107_twin_block_in_state", "", &[]),
];

#[test]
fn planted_globals_are_found_by_name_and_nothing_else_is() {
    for python in pythons(11) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, using, expected) in PLANTED {
            let path = compile_corpus(&python, name, folder.path());
            let script = format!("{}{using}\ncheckpoint(m=m)", load(name, &path));
            let worker = Worker::start(&python, &script);
            let found = brief(&worker.xray(&path));
            assert_eq!(found, expected, "{name} on {}", python.version);
        }
    }
}

#[test]
fn a_debug_allocator_and_a_stripped_file_change_nothing_but_the_names() {
    for python in pythons(11) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = compile_corpus(&python, "ins103_global_heap_type", folder.path());
        let stripped = Command::new("strip").arg(&path).status().expect("strip");
        assert!(stripped.success());
        let script = format!("{}checkpoint(m=m)", load("ins103_global_heap_type", &path));
        for allocator in ["debug", "malloc", "pymalloc"] {
            let env = [("PYTHONMALLOC", allocator)];
            let hits = Worker::start_with(&python, &script, &env).xray(&path);
            assert_eq!(
                brief(&hits),
                ["? heap-type type ins103_global_heap_type.Thing"],
                "{allocator} on {}",
                python.version
            );
            assert_eq!(hits[0].section.as_deref(), Some(".bss"));
        }
    }
}

#[test]
fn a_second_import_that_overwrites_a_global_is_seen() {
    for python in pythons(11) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, lost) in [
            ("ins103_global_heap_type", Some("thing_type")),
            ("ins301_old_types", None),
            ("ins104_static_type", None),
            ("ins106_twin_counter", None),
        ] {
            let path = compile_corpus(&python, name, folder.path());
            let script = format!(
                "{}checkpoint(m=m, old=getattr(m, 'Thing', m))\nn = load({name:?}, {path:?})\ncheckpoint(n=n, \
                 new=getattr(n, 'Thing', n))",
                load(name, &path)
            );
            let mut worker = Worker::start(&python, &script);
            let before = worker.xray(&path);
            worker.go_on();
            let after = worker.xray(&path);
            let found = overwritten(&before, &after);
            let names: Vec<_> = found.iter().filter_map(|o| o.was.symbol.as_deref()).collect();
            assert_eq!(names, Vec::from_iter(lost), "{name} on {}", python.version);
            if let [one] = found.as_slice() {
                assert_eq!(one.was.target, worker.objects["old"]);
                assert_eq!(one.now.target, worker.objects["new"]);
            }
        }
    }
}

#[test]
fn definitions_and_slots_are_read() {
    for python in pythons(11) {
        let folder = tempfile::tempdir().expect("a folder");
        let facts = |name: &str| {
            let path = compile_corpus(&python, name, folder.path());
            let script = format!("{}checkpoint(m=m, other=[])", load(name, &path));
            let worker = Worker::start(&python, &script);
            let other = worker.objects["other"];
            module_facts(&worker.memory, &worker.layout, other).expect_err("a list is no module");
            let facts = module_facts(&worker.memory, &worker.layout, worker.objects["m"]);
            let facts = facts.expect("a module");
            (facts.def.expect("a definition"), facts.state)
        };
        let declares = python.version.minor >= 12;
        let (def, state) = facts("clean_state");
        assert_eq!(def.m_size, 24);
        assert!(state.is_some());
        let wanted = declares.then_some(MultiInterp::PerInterpreterGil);
        assert_eq!(def.multiple_interpreters, wanted);
        let wanted = (python.version.minor >= 13).then_some(GilSlot::NotUsed);
        assert_eq!(def.gil, wanted);
        assert_eq!(def.slots[0].0, SlotKind::Exec);

        let (def, state) = facts("ins003_slot_missing");
        assert_eq!((def.m_size, def.multiple_interpreters), (0, None));
        assert!(state.is_none());

        let (def, _) = facts("ins005_once_per_process");
        let wanted = declares.then_some(MultiInterp::NotSupported);
        assert_eq!(def.multiple_interpreters, wanted);

        let (def, _) = facts("ins001_single_phase_copied");
        assert_eq!((def.m_size, def.slots.len()), (-1, 0));
    }
}

#[test]
fn exported_slots_are_read_where_there_is_no_definition() {
    for python in pythons(15) {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export.c");
        let path = compile(&python, &source, folder.path());
        let ext = Extension::read(&path).expect("an extension");
        assert_eq!(ext.init, [InitSymbol::PyModExport { name: "export".to_string() }]);
        assert_eq!(ext.static_init_guess(), InitKind::MultiPhase);
        let script = format!("{}checkpoint(m=m)", load("export", &path));
        let worker = Worker::start(&python, &script);
        let facts = module_facts(&worker.memory, &worker.layout, worker.objects["m"]);
        let facts = facts.expect("a module");
        let slots = ext.symbols.iter().find(|s| s.name == "slots");
        let bias = worker.memory.load_bias(&ext).expect("loaded");
        let addr = bias + slots.expect("a symbol").vaddr;
        let def = export_slots(&worker.memory, &worker.layout, addr).expect("slots");
        assert_eq!(facts.def, Some(def.clone()));
        assert_eq!(def.m_size, 24);
        let has = |kind| def.slots.iter().any(|slot| slot.0 == kind && slot.1 != 0);
        assert!(has(SlotKind::Exec) && has(SlotKind::StateTraverse) && !has(SlotKind::StateFree));
        assert_eq!(def.multiple_interpreters, Some(MultiInterp::PerInterpreterGil));
        assert_eq!(def.gil, Some(GilSlot::NotUsed));
        assert_eq!(brief(&worker.xray(&path)), Vec::<String>::new());
    }
}

#[test]
fn types_are_read_with_their_flags_and_files() {
    for python in pythons(8) {
        let script = "class Late(ValueError): pass\ncheckpoint(type=type, late=Late, text=str)";
        let worker = Worker::start(&python, script);
        let (mem, layout) = (&worker.memory, &worker.layout);
        layout.check(mem, worker.objects["type"]).expect("as known");
        layout.check(mem, worker.objects["text"]).expect_err("str is not type");
        let late = TypeObject::read(mem, layout, worker.objects["late"]).expect("a type");
        assert_eq!(late.name, "Late");
        assert!(late.is_heap && late.is_exception && late.is_ready() && late.has_gc());
        let text = TypeObject::read(mem, layout, worker.objects["text"]).expect("a type");
        assert!(!text.is_heap && !text.is_exception && text.name == "str");
        let file = mem.loaded_file_of(text.dealloc).expect("a file");
        assert!(file.path.to_string_lossy().contains("python"), "{file:?}");
    }
}

/// Loads the module in a legacy sub-interpreter as well, and says what each side reaches.
const TWO_INTERPRETERS: &str = "
try:
    import _interpreters as interpreters
    other = interpreters.create('legacy')
except ImportError:
    import _xxsubinterpreters as interpreters
    other = interpreters.create(isolated=False)
say('main')
reached(m)
# The worker's own code, without its last lines, runs there too.
interpreters.run_string(other, SOURCE + f'''
m = load({NAME!r}, {PATH!r})
say('other')
reached(m)
''')
checkpoint(m=m)
";

#[test]
fn objects_shared_by_two_interpreters_are_found() {
    for python in pythons(11) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, expected) in [
            ("ins107_behind_malloc", vec!["list module.subscribers"]),
            ("ins107_disguised_pointer", vec!["type module.Thing"]),
            ("ins301_old_types", vec!["type module.Thing"]),
            ("ins107_twin_block_in_state", vec![]),
            ("clean_state", vec![]),
            ("ins104_static_type", vec![]),
        ] {
            let path = compile_corpus(&python, name, folder.path());
            let script = format!(
                "SOURCE, NAME, PATH = {:?}, {name:?}, {path:?}\n{}{TWO_INTERPRETERS}",
                include_str!("support/worker.py"),
                load(name, &path)
            );
            let worker = Worker::start(&python, &script);
            let mut sides = [Vec::new(), Vec::new()];
            let mut side = 0;
            for line in &worker.said {
                let words: Vec<&str> = line.split(' ').collect();
                match words.as_slice() {
                    ["main"] => side = 0,
                    ["other"] => side = 1,
                    ["reached", addr, kind, path] => sides[side].push(Reached {
                        addr: u64::from_str_radix(&addr[2..], 16).expect("an address"),
                        type_name: (*kind).to_string(),
                        path: (*path).to_string(),
                        immortal: false,
                    }),
                    _ => panic!("{line}"),
                }
            }
            let [main, other] = sides;
            assert!(!main.is_empty() && !other.is_empty(), "{name}");
            let found = shared(&worker.memory, &worker.layout, &worker.types, &main, &other);
            let found: Vec<String> = found.iter().map(|s| format!("{} {}", s.type_name, s.path)).collect();
            assert_eq!(found, expected, "{name} on {}", python.version);
        }
    }
}

#[test]
fn a_process_that_ended_is_an_error_not_a_panic() {
    let mut child = Command::new("true").spawn().expect("true");
    let pid = child.id();
    child.wait().expect("ends");
    assert!(matches!(
        ProcessMemory::of(pid),
        Err(MemoryError::Gone(p)) if p == pid
    ));
}

#[test]
fn unknown_versions_and_builds_are_refused() {
    assert!(Layout::for_version(3, 7, false).is_err());
    assert!(Layout::for_version(3, 16, false).is_err());
    assert!(Layout::for_version(3, 14, true).is_err());
    assert!(Layout::for_version(3, 13, false).is_ok());
}
