//! Hands the target interpreter's configuration flags (`Py_3_12`, `Py_GIL_DISABLED`, ...) to this crate, and refuses a
//! CPython that it is not written for.

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
}
