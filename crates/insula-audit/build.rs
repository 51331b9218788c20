//! Compiles the library that workers preload, so that the auditor stays one file: it is embedded, and written to a
//! temporary folder when it is needed.
//!
//! It is C because it replaces `malloc`: it must not allocate, needs the address it was called from, and is to depend
//! on nothing but names that every glibc has. The compiler is the one that links Rust programs on Linux anyway.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=preload/chunks.c");
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let library = folder.join("libinsula_chunks.so");
    // Other systems have other loaders and allocators; there the rules that need this are said to be not run.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        std::fs::write(&library, []).expect("OUT_DIR can be written");
        return;
    }
    let mut compile = cc::Build::new().opt_level(2).debug(false).get_compiler().to_command();
    compile
        .args(["-shared", "-fPIC", "-nostdlib", "-fvisibility=hidden", "-fno-builtin", "-Wall", "-Wextra", "-s"])
        .args(["-ffreestanding", "-fno-stack-protector"])
        .args(["preload/chunks.c", "-o"])
        .arg(&library);
    let status = compile.status().expect("a C compiler");
    assert!(status.success(), "preload/chunks.c does not compile");
}
