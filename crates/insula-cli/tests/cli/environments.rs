//! Whole environments, folders, requirements, several interpreters; what is kept of an audit that was interrupted.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insula_pythons::Interpreter;
use serde_json::Value;

use crate::common::{answers, audit, environment_with, insula, json_of, module, module_for};

/// Small packages with compiled parts.
const PACKAGES: [&str; 5] = ["markupsafe", "xxhash", "kiwisolver", "tornado", "propcache"];

fn modules(report: &Value) -> Vec<&Value> {
    report["targets"].as_array().unwrap().iter().flat_map(|target| target["modules"].as_array().unwrap()).collect()
}

fn names(report: &Value) -> BTreeSet<&str> {
    modules(report).iter().map(|module| module["name"].as_str().unwrap()).collect()
}

fn cached(report: &Value) -> usize {
    modules(report).iter().filter(|module| module["cached"] == true).count()
}

/// What must be the same in every run.
fn essence(report: &Value) -> Vec<(String, Value, Value)> {
    let one = |module: &&Value| {
        let findings = module["findings"].as_array().unwrap();
        let said = findings.iter().map(|f| (f["rule"].clone(), f["message"].clone()));
        (module["name"].to_string(), module["answers"].clone(), said.map(|(a, b)| Value::Array(vec![a, b])).collect())
    };
    modules(report).iter().map(one).collect()
}

/// Every regular file below a folder with its size and time.
fn state(folder: &Path) -> BTreeSet<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut all = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let facts = entry.metadata().unwrap();
            if facts.is_dir() {
                folders.push(entry.path());
            } else {
                all.insert((entry.path(), facts.len(), facts.modified().unwrap()));
            }
        }
    }
    all
}

fn results(cache: &Path) -> usize {
    if !cache.join("results").is_dir() {
        return 0;
    }
    // What is being written has another name, and stays behind if the program is killed then.
    let whole = |path: &Path| path.extension().is_some_and(|end| end == "json");
    state(&cache.join("results")).iter().filter(|(path, ..)| whole(path)).count()
}

#[test]
fn an_environment_is_audited_interrupted_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (venv, cache) = (folder.path().join("venv"), folder.path().join("cache"));
    environment_with(&venv, &PACKAGES);
    let before = state(&venv);
    let command = || {
        let mut command = insula();
        command.args(["audit", "--no-config", "--format", "json", "--env"]).arg(&venv).env("INSULA_CACHE", &cache);
        command
    };

    let mut child = command().args(["-j", "1"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while results(&cache) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(120), "no results are kept");
        assert!(child.try_wait().unwrap().is_none(), "the audit ended before it could be killed");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Not even time to say goodbye.
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = results(&cache);

    let (second, _) = json_of(&mut command());
    assert!(cached(&second) >= 3 && cached(&second) <= kept, "{} of {kept} results were used", cached(&second));
    let all = modules(&second).len();
    assert!(cached(&second) < all);
    for name in ["markupsafe._speedups", "kiwisolver._cext", "tornado.speedups", "xxhash._xxhash"] {
        assert!(names(&second).contains(name), "{name} is not in {:?}", names(&second));
    }
    assert!(modules(&second).iter().all(|module| module["version"].is_string()), "{second:#}");
    assert!(second["interpreters"][0]["reason"].as_str().unwrap().contains("venv"));

    let (third, _) = json_of(&mut command());
    assert_eq!(cached(&third), all);
    assert_eq!(essence(&third), essence(&second));
    // A module that has become another file is audited anew, as is everything if nothing is to be kept.
    let changed = modules(&third).into_iter().find(|module| module["name"] == "markupsafe._speedups").unwrap();
    let file = Path::new(changed["path"].as_str().unwrap());
    let mut bytes = std::fs::read(file).unwrap();
    bytes.push(0);
    let time = file.metadata().unwrap().modified().unwrap();
    std::fs::write(file, bytes).unwrap();
    let (fourth, _) = json_of(&mut command());
    assert!(cached(&fourth) < all);
    assert!(modules(&fourth).iter().any(|m| m["name"] == "markupsafe._speedups" && m["cached"] != true));
    bytes_back(file, time);
    assert_eq!(state(&venv), before, "the environment was changed");
    let kept = results(&cache);
    let one = || {
        let mut command = insula();
        command.args(["audit", "--no-config", "--format", "json", "markupsafe", "--python"]);
        command.arg(venv.join("bin/python")).env("INSULA_CACHE", &cache);
        command
    };
    assert_eq!(cached(&json_of(&mut one()).0), 1);
    let (fresh, _) = json_of(one().args(["--no-cache", "--select", "INS101"]));
    assert_eq!((cached(&fresh), results(&cache)), (0, kept));
}

/// Takes the last byte away again, and sets the old time.
fn bytes_back(file: &Path, time: std::time::SystemTime) {
    let handle = std::fs::File::options().write(true).open(file).unwrap();
    handle.set_len(handle.metadata().unwrap().len() - 1).unwrap();
    handle.set_modified(time).unwrap();
}

#[test]
fn two_audits_at_once_say_the_same_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let targets = ["_json", "xxlimited_35", "markupsafe==3.0.4"];
    let start = || {
        let mut command = insula();
        command.args(["audit", "--no-config", "--python", "3.13", "--format", "json"]).args(targets);
        command.env("INSULA_CACHE", folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running = [start(), start()];
    let reports = running.map(|child| {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    assert_eq!(essence(&reports[0]), essence(&reports[1]));
    let files = state(folder.path());
    assert!(files.iter().all(|(path, ..)| !path.to_string_lossy().contains("partial-")), "{files:?}");
}

#[test]
fn a_damaged_result_is_not_used_and_an_old_one_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let mut command = insula();
        command.args(["audit", "--no-config", "--python", "3.13", "--format", "json", "_json"]);
        json_of(command.env("INSULA_CACHE", folder.path())).0
    };
    let first = run();
    let (path, ..) = state(&folder.path().join("results")).pop_first().unwrap();
    std::fs::write(&path, "{\"name\": ").unwrap();
    let second = run();
    assert_eq!((cached(&first), cached(&second), essence(&first)), (0, 0, essence(&second)));
    assert_eq!(cached(&run()), 1);
    let old = std::time::SystemTime::now() - Duration::from_secs(31 * 24 * 60 * 60);
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(old).unwrap();
    assert_eq!(cached(&run()), 0);
}

#[test]
fn a_full_disk_costs_the_cache_and_not_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&disk).status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("not run: a small file system can be mounted by root only");
        return;
    }
    let fill = std::fs::write(disk.join("filler"), vec![0; 64 * 1024]);
    let run = |arguments: &[&std::ffi::OsStr]| {
        let mut command = insula();
        command.args(["audit", "--no-config", "--python", "3.13", "_json"]).args(arguments);
        command.env("INSULA_CACHE", disk.join("cache")).output().unwrap()
    };
    let output = run(&[]);
    let report = run(&["-o".as_ref(), disk.join("report.txt").as_ref()]);
    let left = std::fs::read_dir(&disk).unwrap().count();
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    drop(fill);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("results cannot be kept"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("_json   3.13"));
    let said = String::from_utf8_lossy(&report.stderr).into_owned();
    assert_eq!(report.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot write") && said.contains("report.txt"), "{said}");
    assert!(left <= 2, "half a report was left");
}

#[test]
fn what_interpreters_cost_without_the_module_is_measured_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = module(folder.path(), "sample", "return 0;");
    let run = || {
        let mut command = insula();
        command.args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--format", "json"]).arg(&file);
        let (report, _) = crate::common::json_of(command.env("INSULA_CACHE", folder.path().join("cache")));
        let module = modules(&report)[0].clone();
        let spent = module["spent"].as_array().unwrap().iter().find(|spent| spent["on"] == "leaks").unwrap();
        (spent["workers"].as_u64().unwrap(), module["findings"].clone(), module["answers"].clone())
    };
    let (first, again) = (run(), run());
    // An interpreter of 3.13 leaves something behind by itself, so that there is a control.
    assert_eq!(again, (first.0 - 1, first.1.clone(), first.2.clone()), "{first:?}");
    // What was kept cannot be read: it is measured.
    let controls = std::fs::read_dir(folder.path().join("cache/controls")).unwrap();
    controls.for_each(|file| std::fs::write(file.unwrap().path(), "no JSON").unwrap());
    assert_eq!(run(), first);
}

#[test]
fn folders_and_requirements_mean_all_that_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("built/sample");
    std::fs::create_dir_all(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "").unwrap();
    module(&package, "_native", "return 0;");
    module(&folder.path().join("built"), "single", "return 0;");
    std::fs::write(package.join("broken.abi3.so"), "text").unwrap();
    let (report, output) = audit(&[folder.path().join("built").to_str().unwrap()]);
    assert_eq!(names(&report), BTreeSet::from(["sample._native", "single", "sample.broken"]));
    assert_eq!(output.status.code(), Some(2));
    for module in modules(&report).iter().filter(|module| module["name"] != "sample.broken") {
        assert_eq!(answers(module), "own-gil=undeclared", "{report:#}");
    }

    std::fs::write(folder.path().join("requirements.txt"), "-r more.txt\nmarkupsafe==3.0.4\n").unwrap();
    std::fs::write(folder.path().join("more.txt"), "xxhash==4.1.0\n").unwrap();
    let (report, output) = audit(&["-r", folder.path().join("requirements.txt").to_str().unwrap()]);
    assert_eq!(names(&report), BTreeSet::from(["markupsafe._speedups", "xxhash._xxhash"]));
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    let (report, _) = audit(&["-r", folder.path().join("nowhere.txt").to_str().unwrap()]);
    assert!(report["targets"][0]["error"].as_str().unwrap().contains("cannot be read"));
}

#[test]
fn several_interpreters_make_a_matrix() {
    let mut command = insula();
    command.args(["audit", "--no-cache", "--no-config", "--python", "3.11", "--python", "3.13", "--format", "json"]);
    let (report, _) = json_of(command.arg("_heapq"));
    let interpreters: Vec<&str> =
        report["interpreters"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(interpreters.len(), 2);
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(targets.iter().map(|target| target["interpreter"].as_str().unwrap()).collect::<Vec<_>>(), interpreters);
    // 3.11 has no interpreters with a GIL of their own.
    for (target, asked) in targets.iter().zip([false, true]) {
        let module = &target["modules"][0];
        assert_eq!(module["isolated"], "yes", "{module:#}");
        for question in ["own-gil", "parallel"] {
            assert_eq!(module["answers"][question]["excluded"] != true, asked, "{module:#}");
        }
    }
    let output = insula()
        .args(["audit", "--no-cache", "--no-config", "--python", "3.11", "--python", "3.13", "-q", "_heapq"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("_heapq")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines.iter().all(|line| line.contains(" yes ")), "{text}");
}

#[test]
fn shared_libraries_bundled_with_modules_are_named() {
    let (report, _) = audit(&["markupsafe==3.0.4", "psycopg2-binary==2.9.11"]);
    let bundled = report["targets"][1]["bundled"].as_array().unwrap();
    assert!(bundled[0]["folder"].as_str().unwrap().ends_with("psycopg2_binary.libs"), "{report:#}");
    assert!(bundled[0]["files"].as_array().unwrap().iter().any(|file| file.as_str().unwrap().starts_with("libpq")));
    assert_eq!(report["targets"][0]["bundled"], Value::Array(Vec::new()));
}

#[test]
fn an_environment_that_is_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = insula().args(["audit", "--no-config", "--env"]).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("not a virtual environment"), "{said}");
}

/// What an editable install puts into an environment: a line with a folder, or a line of code that installs a finder.
#[test]
fn a_package_in_editable_form_is_found_in_further_interpreters_and_after_a_restart() {
    // A runtime that is started again finds its environment in another way from 3.14 on.
    let versions = ["3.13", "3.14"].into_iter().filter_map(|version| insula_pythons::resolve(version).ok());
    let tried: Vec<Interpreter> = versions.inspect(found_in_editable_form).collect();
    assert!(!tried.is_empty(), "the tests need CPython 3.13");
}

fn found_in_editable_form(python: &Interpreter) {
    const FINDER: &str = "import importlib.util, sys\nclass Finder:\n    @staticmethod\n    \
                          def find_spec(name, path=None, target=None):\n        if name == \
                          'hooked':\n            return importlib.util.spec_from_file_location(name, \
                          FILE)\nsys.meta_path.append(Finder)\n";
    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    assert!(
        Command::new(&python.executable).args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap().success()
    );
    let version = &python.version;
    let site = venv.join(format!("lib/python{}.{}/site-packages", version.major, version.minor));
    let source = folder.path().join("source");
    for package in ["listed", "hooked"] {
        // The folder of the first one is where the exercise runs, too.
        let home = if package == "listed" { folder.path().join(package) } else { source.join(package) };
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("__init__.py"), "from . import native\n").unwrap();
        module_for(python, &home, "native", "return 0;");
        fs::write(
            folder.path().join(format!("test_{package}.py")),
            format!(
                "import unittest, {package}\nclass It(unittest.TestCase):\n    def test_it(self): {package}.native\n"
            ),
        )
        .unwrap();
    }
    fs::write(site.join("listed.pth"), folder.path().to_str().unwrap()).unwrap();
    let init = format!("FILE = {:?}\n{FINDER}", source.join("hooked/__init__.py"));
    fs::write(site.join("hooked_finder.py"), init).unwrap();
    fs::write(site.join("hooked.pth"), "import hooked_finder\n").unwrap();
    for package in ["listed", "hooked"] {
        let mut command = insula();
        command.current_dir(folder.path()).args(["audit", "--no-cache", "--no-config", "--format", "json", "--python"]);
        let tests = format!("-m unittest test_{package}");
        command.arg(venv.join("bin/python")).arg(format!("{package}.native")).args(["--exercise", &tests]);
        let (report, _) = json_of(&mut command);
        let module = &report["targets"][0]["modules"][0];
        let keys: Vec<&str> =
            module["findings"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
        assert_eq!(keys, [format!("INS003:{package}.native")], "{}", module["findings"]);
        assert_eq!(answers(module), "own-gil=undeclared", "{package}: {}", module["answers"]);
        let notes = module["notes"].to_string();
        assert!(notes.contains("1 test passed") && !notes.contains("in further interpreters"), "{package}: {notes}");
    }
}

/// What the interpreter itself would import, a package without a distribution and one beside which another is needed.
#[test]
fn names_are_found_where_pythonpath_leads() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    fs::create_dir_all(first.join("packed")).unwrap();
    fs::create_dir_all(&second).unwrap();
    fs::write(first.join("packed/__init__.py"), "import beside\n").unwrap();
    fs::write(second.join("beside.py"), "").unwrap();
    module(&first.join("packed"), "native", "return 0;");
    module(&first, "single", "return 0;");
    let mut command = insula();
    command.current_dir(folder.path()).env("PYTHONPATH", "first:second:no-such-folder");
    command.args(["audit", "--no-cache", "--no-config", "--python", "3.13", "--format", "json", "packed", "single"]);
    let (report, _) = json_of(&mut command);
    assert_eq!(names(&report), BTreeSet::from(["packed.native", "single"]), "{report:#}");
    for module in modules(&report) {
        assert_eq!(answers(module), "own-gil=undeclared", "{module:#}");
    }
}
