//! Source lines: planted defects in C, C++ and Rust, each at a line that says which rule has to lead there.

use std::path::{Path, PathBuf};
use std::process::Command;

use insula_pythons::Interpreter;
use serde_json::Value;

use crate::common::{insula, json_of, python};

const SHOP: &str = include_str!("lines/shop.c");
const CART: &str = include_str!("lines/cart.cpp");
const BAG: &str = include_str!("lines/bag.rs");

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder that is the root of a repository, so that paths are relative to it.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".git")).unwrap();
    std::fs::create_dir_all(folder.path().join("src")).unwrap();
    folder
}

/// Compiles a module with these flags from `src/NAME` for CPython 3.13; returns the library.
pub(crate) fn build(root: &Path, file: &str, source: &str, flags: &[&str]) -> PathBuf {
    build_for(&python(), root, file, source, flags)
}

fn build_for(python: &Interpreter, root: &Path, file: &str, source: &str, flags: &[&str]) -> PathBuf {
    let facts = &python.facts;
    let (stem, ending) = file.split_once('.').unwrap();
    let input = Path::new("src").join(file);
    std::fs::write(root.join(&input), source).unwrap();
    let output = root.join(format!("{stem}{}", facts.ext_suffix));
    let mut command = Command::new(match ending {
        "rs" => "rustc",
        "cpp" => "c++",
        _ => "cc",
    });
    command.current_dir(root).args(flags).arg(&input).arg("-o").arg(&output);
    if ending == "rs" {
        command.args(["--edition", "2024", "--crate-type", "cdylib"]);
    } else {
        let include = facts.include.as_ref().expect("headers");
        // Some systems keep pyconfig.h beside the headers' folder.
        command.args(["-shared", "-fPIC", "-I"]).arg(include).arg("-idirafter").arg(include.parent().unwrap());
    }
    run(&mut command);
    output
}

/// Audits files in a repository; the modules of the report.
fn audit(root: &Path, files: &[&Path], more: &[&str]) -> Vec<Value> {
    let mut command = insula();
    command.current_dir(root).env("INSULA_DEBUG_DIRS", root.join("debug"));
    command.args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--jobs", "3", "--format", "json"]);
    let (report, _) = json_of(command.args(more).args(files));
    let targets = report["targets"].as_array().unwrap();
    targets.iter().map(|target| target["modules"][0].clone()).collect()
}

/// The markers of a source: rule (or `module`), and line.
fn markers(source: &str) -> Vec<(String, u64)> {
    let marked = source.lines().enumerate().filter_map(|(number, line)| {
        let (_, rest) = line.split_once("/* here: ")?;
        Some((rest.split_once(" */")?.0.to_owned(), number as u64 + 1))
    });
    marked.collect()
}

fn findings(module: &Value) -> impl Iterator<Item = &Value> {
    module["findings"].as_array().unwrap().iter()
}

/// Every marker is the place of a finding of its rule, and every finding is at a marker: its own rule's, that of the
/// global it is about, or that of the module as a whole.
fn as_planted(module: &Value, file: &str, source: &str) {
    let markers = markers(source);
    let place = |finding: &Value| (finding["location"]["file"].clone(), finding["location"]["line"].as_u64());
    let told =
        |one: &Value| format!("{}:{} {} {}\n", place(one).0, place(one).1.unwrap_or(0), one["rule"], one["message"]);
    let text: String = findings(module).map(told).collect();
    for (rule, line) in markers.iter().filter(|(rule, _)| rule != "module") {
        let here = findings(module).any(|one| one["rule"] == **rule && place(one) == (file.into(), Some(*line)));
        assert!(here, "no {rule} at {file}:{line} in\n{text}");
    }
    for finding in findings(module) {
        let (found, line) = place(finding);
        assert_eq!(found, file, "{finding:#}");
        assert!(markers.iter().any(|(_, marked)| Some(*marked) == line), "{finding:#}");
        let code = source.lines().nth(line.unwrap() as usize - 1).unwrap().trim_end();
        assert_eq!(finding["location"]["code"], code.chars().take(200).collect::<String>(), "{finding:#}");
    }
}

/// What makes findings the same ones.
fn keys(module: &Value) -> Vec<&str> {
    let mut all: Vec<&str> = findings(module).map(|finding| finding["key"].as_str().unwrap()).collect();
    all.sort_unstable();
    all
}

#[test]
fn every_finding_is_at_the_line_of_its_defect_and_stripped_twins_say_symbol_or_section() {
    let folder = repository();
    let root = folder.path();
    let modules = [("shop.c", SHOP), ("cart.cpp", CART), ("bag.rs", BAG)];
    let built: Vec<PathBuf> = modules.iter().map(|(file, source)| build(root, file, source, &["-g"])).collect();
    let twin = |path: &PathBuf, what: &str, option: &str| {
        let place = root.join(what).join(path.file_name().unwrap());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        run(Command::new("objcopy").arg(option).arg(path).arg(&place));
        place
    };
    let without_lines = twin(&built[0], "symbols", "--strip-debug");
    let bare = twin(&built[0], "bare", "--strip-all");
    let mut files: Vec<&Path> = built.iter().map(PathBuf::as_path).collect();
    files.extend([without_lines.as_path(), bare.as_path()]);
    let report = audit(root, &files, &["--format", "sarif=report.sarif"]);
    for ((file, source), module) in modules.iter().zip(&report) {
        as_planted(module, &format!("src/{file}"), source);
    }
    let said = |module: &Value, rule: &str| -> String {
        let one = findings(module).find(|finding| finding["rule"] == rule);
        one.unwrap_or_else(|| panic!("no {rule}: {module:#}"))["message"].as_str().unwrap().to_owned()
    };
    assert!(said(&report[0], "INS206").contains("does not visit state->names:"), "{}", said(&report[0], "INS206"));
    let named = |one: &Value| one["message"].as_str().unwrap().contains("does not visit CounterObject.callback (list");
    assert!(findings(&report[0]).any(|one| one["rule"] == "INS204" && named(one)));
    assert!(said(&report[0], "INS108").starts_with("last_key (thread-local storage"));
    assert!(said(&report[2], "INS108").starts_with("bag::LAST (thread-local storage"));
    // Lines are not part of what makes a finding the same one; names are, where the file itself has them.
    assert_eq!(keys(&report[0]), keys(&report[3]));
    assert!(said(&report[3], "INS103").starts_with("counter_type (.bss+"), "{}", said(&report[3], "INS103"));
    assert!(said(&report[4], "INS103").starts_with(".bss+0x"), "{}", said(&report[4], "INS103"));
    for module in &report[3..] {
        assert!(findings(module).all(|finding| finding["location"]["line"].is_null()));
        // The nearest symbol that there is, of the module's function, is not the name of anything else.
        let wrong = |one: &&Value| one["location"]["kind"] != "module" && one["location"]["symbol"] == "PyInit_shop";
        assert_eq!(findings(module).find(wrong), None);
        assert_eq!(module["notes"], Value::Array(Vec::new()));
    }
    regions_are_as_planted(root);
}

/// SARIF carries the same lines, as code scanning reads them.
fn regions_are_as_planted(root: &Path) {
    let log: Value = serde_json::from_slice(&std::fs::read(root.join("report.sarif")).unwrap()).unwrap();
    let (_, line) = &markers(SHOP)[0];
    let results = log["runs"][0]["results"].as_array().unwrap();
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    let one = results.iter().find(|result| place(result)["region"]["startLine"] == *line).expect("a region");
    assert_eq!(one["ruleId"], "INS101");
    assert_eq!(place(one)["artifactLocation"]["uri"], "src/shop.c");
    assert_eq!(place(one)["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert!(place(one)["region"]["snippet"]["text"].as_str().unwrap().contains("price_cache"));
}

#[test]
fn debug_files_elsewhere_are_used_and_what_is_wrong_with_them_is_one_note() {
    let folder = repository();
    let root = folder.path();
    let library = build(root, "cart.cpp", CART, &["-g", "-gz", "-Wl,--build-id"]);
    let name = library.file_name().unwrap();
    let objcopy = |arguments: &[&str], from: &Path, to: &Path| {
        run(Command::new("objcopy").current_dir(root).args(arguments).arg(from).arg(to));
    };
    objcopy(&["--only-keep-debug"], &library, &root.join("cart.debug"));
    let places: Vec<PathBuf> = ["link", "other", "gone"].iter().map(|place| root.join(place).join(name)).collect();
    for place in &places {
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        objcopy(&["--strip-all", "--add-gnu-debuglink=cart.debug"], &library, place);
    }
    std::fs::copy(root.join("cart.debug"), root.join("link/cart.debug")).unwrap();
    // The debug file of another build; and a unit whose split part is missing.
    build(root, "cart.cpp", &CART.replace("contents", "content"), &["-g", "-Wl,--build-id"]);
    objcopy(&["--only-keep-debug"], &library, &root.join("other/cart.debug"));
    std::fs::remove_file(root.join("cart.debug")).unwrap();
    let split = build(root, "cart.cpp", CART, &["-g", "-gsplit-dwarf"]);
    let parts = std::fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
    for part in parts.filter(|path| path.extension().is_some_and(|end| end == "dwo")) {
        std::fs::remove_file(part).unwrap();
    }
    let mut files: Vec<&Path> = places.iter().map(PathBuf::as_path).collect();
    files.push(&split);
    let report = audit(root, &files, &[]);
    as_planted(&report[0], "src/cart.cpp", CART);
    for (module, note) in [
        (&report[1], "cart.debug is the debug file of another build"),
        (&report[2], "its debug file cart.debug is not there"),
        (&report[3], ".dwo is not there"),
    ] {
        let notes = module["notes"].as_array().unwrap();
        assert!(notes.len() == 1 && notes[0].as_str().unwrap().contains(note), "{notes:?}");
        assert!(findings(module).next().is_some() && findings(module).all(|one| one["location"]["line"].is_null()));
    }
}

/// Where callables and slots have their functions depends on the version, and so this is tried on each.
#[test]
fn a_comparison_names_the_lines_of_both_builds_on_every_version() {
    let versions = ["3.12", "3.13", "3.14", "3.15"].into_iter();
    let pythons: Vec<Interpreter> = versions.filter_map(|version| insula_pythons::resolve(version).ok()).collect();
    assert!(!pythons.is_empty());
    pythons.iter().for_each(comparison_names_lines);
}

fn comparison_names_lines(python: &Interpreter) {
    let folder = repository();
    let root = folder.path();
    let old = build_for(python, root, "shop.c", SHOP, &["-g"]);
    let kept = root.join("old").join(old.file_name().unwrap());
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::rename(&old, &kept).unwrap();
    // A method more and a flag less, everything two lines further down.
    let changed = format!("\n\n{}", SHOP.replace("| Py_TPFLAGS_IMMUTABLETYPE", "").replace("\"leak\"", "\"drip\""));
    let new = build_for(python, root, "shop.c", &changed, &["-g"]);
    let compare = |format: &[&str]| {
        let mut command = insula();
        command.current_dir(root).args(["compare", "--python"]).arg(&python.executable).args(format);
        command.arg(&kept).arg(&new);
        command
    };
    let mut command = compare(&["--format", "json"]);
    let (report, _) = json_of(&mut command);
    let changes = report["modules"][0]["changes"].as_array().unwrap();
    let of = |aspect: &str, item: &str| {
        let one = changes.iter().find(|change| change["aspect"] == aspect && change["item"] == item);
        one.unwrap_or_else(|| panic!("{aspect} {item} is not in {report:#}"))
    };
    let line = |source: &str, text: &str| {
        let number = source.lines().position(|line| line.contains(text)).unwrap() + 1;
        Value::from(format!("src/shop.c:{number}"))
    };
    // The old build was compiled from other text than what is there now: its lines are those of its own.
    let drip = of("names", "drip");
    assert_eq!(drip["new_source"], line(&changed, "*leak(PyObject"));
    assert_eq!(of("names", "leak")["old_source"], line(SHOP, "*leak(PyObject"));
    let flag = of("flags", "IMMUTABLETYPE");
    assert_eq!(flag["old_source"], line(SHOP, "int counter_init("));
    assert_eq!(flag["new_source"], line(&changed, "int counter_init("));
    let output = compare(&[]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("flags: IMMUTABLETYPE: set -> -  [src/shop.c:"), "{text}{errors}");
}
