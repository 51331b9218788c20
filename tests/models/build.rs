//! The models are of what a free-threaded build compiles.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(Py_GIL_DISABLED)");
    println!("cargo::rustc-cfg=Py_GIL_DISABLED");
}
