//! The framework is not built for a CPython that it is not written for (HOWTO: on 3.8 an instance must *not* visit its
//! type).

use std::path::Path;
use std::process::Command;

#[test]
fn a_build_for_an_old_python_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("old-pythons");
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    // pyo3-ffi itself refuses what is older than 3.9.
    let refusals =
        [("3.8", "lower than PyO3's minimum supported version"), ("3.10", "insula needs CPython 3.11 or newer")];
    for (version, refusal) in refusals {
        let config = folder.join(format!("{version}.txt"));
        let text = format!("implementation=CPython\nversion={version}\nshared=true\nabi3=false\npointer_width=64\n");
        std::fs::write(&config, text + "suppress_build_script_link_lines=true\n").expect("the folder is writable");
        let output = Command::new(env!("CARGO"))
            .args(["check", "--package", "insula", "--lib", "--target-dir"])
            .arg(&folder)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PYO3_CONFIG_FILE", &config)
            .env_remove("PYO3_PYTHON")
            .output()
            .expect("cargo starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "it builds for {version}");
        assert!(said.contains(refusal), "the build for {version} is not refused, it fails: {said}");
    }
}
