//! What `insula app` says of Python code: what sub-interpreters deny to it, what falls back, and whose file imports
//! what.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::app::{app, application, names};
use crate::common::{compile, json_of, python};

/// An application that does four things which an interpreter with its own GIL denies, and imports what refuses there.
const DENIED: &str = "import os, signal, threading\n\
                      signal.signal(signal.SIGUSR1, lambda *_: None)\n\
                      pid = os.fork()\nif pid == 0:\n    os._exit(0)\nos.waitpid(pid, 0)\n\
                      threading.Thread(target=threading.Event().wait, daemon=True).start()\n\
                      import curses\nimport rpds\n";

pub(crate) fn text_of(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = app(folder, arguments).output().unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

#[test]
fn every_denial_is_named_and_not_only_the_first() {
    let folder = application();
    fs::write(folder.path().join("shop/denied.py"), DENIED).unwrap();
    fs::write(folder.path().join("starts.py"), "import shop.denied\n").unwrap();
    let (reports, output) = json_of(&mut app(folder.path(), &["starts", "--format", "json"]));
    let denied = reports[0]["denied"].as_array().unwrap();
    let named: Vec<_> = denied.iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(named, ["signal.signal", "os.fork", "daemon threads", "module _curses"], "{reports:#}");
    assert_eq!(denied[0]["kinds"], json!(["legacy", "own"]));
    for (one, chain) in denied.iter().zip([2, 2, 2, 3]) {
        assert_eq!(one["chain"].as_array().unwrap().len(), chain, "{one:#}");
        assert_eq!(one["chain"][1], "shop");
        assert!(!one["advice"].as_str().unwrap().is_empty(), "{one:#}");
    }
    assert_eq!(names(&reports[0]["obstacles"]), ["rpds-py"]);
    assert_eq!(output.status.code(), Some(1));
    let (text, _) = text_of(folder.path(), &["starts"]);
    assert!(text.contains("os.fork: start processes by subprocess") && text.lines().count() <= 40, "{text}");

    assert_eq!(reports[0]["notes"], json!([]), "{reports:#}");
    // Versions in which an interpreter ends with the last mention of it: threads that it has are no crash.
    let older = insula_pythons::resolve("3.12").unwrap().executable.display().to_string();
    fs::write(folder.path().join("shop/denied.py"), DENIED.replace("import rpds\n", "")).unwrap();
    let (reports, _) = json_of(&mut app(folder.path(), &["starts", "--python", &older, "--format", "json"]));
    assert_eq!(reports[0]["denied"].as_array().unwrap().len(), 4, "{reports:#}");
    assert_eq!(reports[0]["notes"], json!([]), "{reports:#}");

    // Where it is caught, nothing stands in the way.
    let caught =
        "import signal\ntry:\n    signal.signal(signal.SIGUSR1, signal.SIG_DFL)\nexcept ValueError:\n    pass\n";
    fs::write(folder.path().join("catches.py"), caught).unwrap();
    let (reports, output) = json_of(&mut app(folder.path(), &["catches", "--format", "json"]));
    assert_eq!((&reports[0]["denied"], output.status.code()), (&json!([]), Some(0)), "{reports:#}");

    // Code that refuses by itself has no table of advice.
    let raises = "import _interpreters\nif _interpreters.get_current()[0] != 0:\n    raise OSError('not here')\n";
    fs::write(folder.path().join("raises.py"), raises).unwrap();
    let (text, code) = text_of(folder.path(), &["raises"]);
    assert!(text.contains("no   OSError: not here") && text.contains("the words above are of Python code"), "{text}");
    assert_eq!(code, Some(1), "{text}");
}

/// A package as it would be installed, with a C extension module that interpreters with their own GIL refuse.
pub(crate) fn install(folder: &Path, name: &str, files: &[(&str, &str)], module: &str) {
    let package = folder.join(name);
    fs::create_dir_all(&package).unwrap();
    for (file, text) in files {
        fs::write(package.join(file), text).unwrap();
    }
    let stem = module.rsplit('/').next().unwrap();
    let source = format!(
        "#include <Python.h>\nstatic PyModuleDef def = {{PyModuleDef_HEAD_INIT, \"{stem}\"}};\n\
         PyMODINIT_FUNC PyInit_{stem}(void) {{ return PyModule_Create(&def); }}\n"
    );
    let suffix = python().facts.ext_suffix;
    compile(folder.join(module).parent().unwrap(), stem, &source, &suffix);
    let info = folder.join(format!("{name}-1.0.dist-info"));
    fs::create_dir_all(&info).unwrap();
    fs::write(info.join("METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")).unwrap();
    let listed = files.iter().map(|(file, _)| format!("{name}/{file},,\n")).collect::<String>();
    fs::write(info.join("RECORD"), format!("{listed}{module}{suffix},,\n")).unwrap();
}

#[test]
fn a_package_that_falls_back_is_told_from_one_that_only_seems_to() {
    let folder = application();
    let libraries = folder.path().join("libraries");
    let guarded = "try:\n    from .speedups import x\nexcept ImportError:\n    x = None\n";
    install(&libraries, "lazy", &[("__init__.py", ""), ("frames.py", guarded)], "lazy/speedups");
    // What fails is done without one step further on.
    let further =
        [("__init__.py", "try:\n    from . import c\nexcept ImportError:\n    pass\n"), ("c.py", "import _beside\n")];
    install(&libraries, "beside", &further, "_beside");
    // These load without it as well, but are of no use then.
    install(&libraries, "bare", &[("__init__.py", ""), ("image.py", "from . import _core\n")], "bare/_core");
    install(&libraries, "later", &[("__init__.py", "def f():\n    from later import _core\n")], "later/_core");
    // Each breaks its interpreter for the other one, whichever comes first.
    for (name, needs, breaks) in [("one", "colorsys", "sched"), ("two", "sched", "colorsys")] {
        let text = format!(
            "import {needs}, sys, _interpreters\nif _interpreters.get_current()[0]:\n    sys.modules['{breaks}'] = \
             None\n\
             from {name} import _core\n"
        );
        install(&libraries, name, &[("__init__.py", &text)], &format!("{name}/_core"));
    }
    let mut ask = app(folder.path(), &["pure", "--no-cache", "--format", "json"]);
    let (reports, _) = json_of(ask.env("PYTHONPATH", &libraries));
    let of = |name: &str| {
        let found = reports[0]["others"].as_array().unwrap().iter().find(|one| one["name"] == name);
        let one = found.unwrap_or_else(|| panic!("{name}: {reports:#}"));
        (one["troubles"].as_array().unwrap().len(), one["fallbacks"].clone())
    };
    for name in ["lazy", "beside"] {
        assert_eq!(of(name), (0, json!(["own"])), "{name}: {reports:#}");
    }
    for name in ["bare", "later", "one", "two"] {
        assert_eq!(of(name), (1, json!([])), "{name}: {reports:#}");
    }
    assert_eq!(of("PyYAML"), (0, json!(["legacy", "own"])), "{reports:#}");
    let output = app(folder.path(), &["pure", "--no-cache"]).env("PYTHONPATH", &libraries).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("would fall back, and work without its extension modules:")
            && text.contains("lazy 1.0 (own GIL)")
    );
}

#[test]
fn the_way_to_a_module_begins_in_a_file_of_the_application() {
    let folder = application();
    // A runner such as pytest: its frames are the outer ones.
    let runner = folder.path().join("env/site-packages/runner");
    fs::create_dir_all(&runner).unwrap();
    fs::write(runner.join("__init__.py"), "").unwrap();
    fs::write(runner.join("__main__.py"), "import runner.loading\n").unwrap();
    let loading = "import importlib, sys\nsys.path.insert(0, 'tests')\nimportlib.import_module('test_orders')\n";
    fs::write(runner.join("loading.py"), loading).unwrap();
    fs::create_dir(folder.path().join("tests")).unwrap();
    fs::write(folder.path().join("tests/test_orders.py"), "import sys\nsys.path.insert(0, '.')\nimport shop.orders\n")
        .unwrap();
    fs::write(folder.path().join("idle.py"), "").unwrap();
    let command = format!("PYTHONPATH=$PYTHONPATH:{} python -m runner", runner.parent().unwrap().display());
    let chain = |command: &str| -> Value {
        let (reports, _) = json_of(&mut app(folder.path(), &["idle", "--format", "json", "--run", command]));
        reports[0]["obstacles"][0]["chain"].clone()
    };
    assert_eq!(chain(&command), json!(["tests/test_orders.py", "shop", "pydantic_core"]));
    assert_eq!(chain("python -c 'import shop.orders'"), json!(["shop.orders", "pydantic_core"]));
    // Code that is run by its file has no other name.
    fs::create_dir(folder.path().join("plugins")).unwrap();
    fs::write(folder.path().join("plugins/one.py"), "import pydantic_core\n").unwrap();
    fs::write(folder.path().join("runs.py"), "import runpy\nrunpy.run_path('plugins/one.py')\n").unwrap();
    assert_eq!(chain("python -c 'import runs'"), json!(["runs", "plugins/one.py", "pydantic_core"]));
}

#[test]
fn how_to_get_insula_isolate_is_said_with_the_advice() {
    let folder = application();
    let (text, _) = text_of(folder.path(), &["main"]);
    assert!(text.contains("`maturin build --release -m modules/isolate/Cargo.toml` makes the"), "{text}");
    assert!(text.contains("Fallbacks (works without its extension modules, which do not load): PyYAML"), "{text}");
    fs::write(folder.path().join("spared.py"), "import yaml\n").unwrap();
    let (text, code) = text_of(folder.path(), &["spared"]);
    assert!(text.contains("yes  without the extension modules of the fallbacks below"), "{text}");
    assert_eq!(code, Some(0), "{text}");
}
