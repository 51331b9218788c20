//! Hands the target interpreter's configuration flags (`Py_3_12`, `Py_GIL_DISABLED`, ...) to this crate, and refuses a
//! CPython that it is not written for. Tells programs that embed CPython where it is installed.

use std::env;
use std::process::Command;

/// Before 3.9 an instance did not own a reference to its type, so that its `tp_traverse` must not visit that; before
/// 3.11 a slot could not be sure to find its module.
const OLDEST: (u8, u8) = (3, 11);

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
    let version = pyo3_build_config::get().version();
    let version = (version.major, version.minor);
    if version < OLDEST {
        println!(
            "cargo::error=insula needs CPython {}.{} or newer, not {}.{}",
            OLDEST.0, OLDEST.1, version.0, version.1
        );
    }
    // What CPython 3.15 compares with its own.
    println!("cargo::rustc-env=INSULA_PYTHON_MINOR={}", version.1);
    if env::var_os("CARGO_FEATURE_EMBED").is_some()
        && let Some(home) = home()
    {
        println!("cargo::rustc-env=INSULA_PYTHON_HOME={home}");
    }
    // Maturin sets it for extension modules, which find CPython in the process that loads them.
    println!("cargo::rerun-if-env-changed=PYO3_BUILD_EXTENSION_MODULE");
    if env::var_os("PYO3_BUILD_EXTENSION_MODULE").is_none()
        && let Some(folder) = pyo3_build_config::get().lib_dir()
    {
        // A dependent's build script reads it as DEP_INSULA_LIBPYTHON: only there can the linker be told.
        println!("cargo::metadata=LIBPYTHON={folder}");
    }
}

/// The folder in which the interpreter is installed, which for a virtual environment is not its own.
fn home() -> Option<String> {
    let program = pyo3_build_config::get().executable()?;
    let output = Command::new(program).args(["-I", "-c", "import sys; print(sys.base_prefix)"]).output().ok()?;
    let home = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| home.trim_end().to_owned())
}
