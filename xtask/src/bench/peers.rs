//! The small module in every tool: how each is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::bench::tools::Tools;
use crate::{build, process, workspace};

/// One way to write the small module.
pub(crate) struct Peer {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    /// What `check.py` lets it answer otherwise.
    pub(crate) exceptions: &'static [&'static str],
    how: How,
}

enum How {
    C { source: &'static str, defines: &'static [&'static str] },
    Cargo { folder: &'static str },
    Pybind11,
    Nanobind,
    Cython { directives: &'static [&'static str], defines: &'static [&'static str] },
    Mypyc,
    Python,
}

const fn peer(key: &'static str, title: &'static str, how: How) -> Peer {
    Peer { key, title, exceptions: &[], how }
}

/// In the order of the tables.
pub(crate) const PEERS: &[Peer] = &[
    peer("howto", "C, HOWTO", How::C { source: "isolated.c", defines: &[] }),
    peer("tuned", "C, tuned", How::C { source: "isolated.c", defines: &["-DTUNED"] }),
    peer("static", "C, static", How::C { source: "static.c", defines: &[] }),
    peer("insula", "Insula", How::Cargo { folder: "insula" }),
    peer("pyo3", "PyO3", How::Cargo { folder: "pyo3" }),
    peer("nanobind", "nanobind", How::Nanobind),
    peer("pybind11", "pybind11", How::Pybind11),
    peer("cython", "Cython", How::Cython { directives: &[], defines: &[] }),
    peer(
        "cython-state",
        "Cython, module state",
        How::Cython {
            directives: &["-X", "subinterpreters_compatible=own_gil"],
            defines: &["-DCYTHON_USE_MODULE_STATE=1"],
        },
    ),
    Peer { key: "mypyc", title: "mypyc", exceptions: &["no-buffer"], how: How::Mypyc },
    Peer { key: "python", title: "Python", exceptions: &["untyped"], how: How::Python },
];

/// The flags of every C and C++ compiler call.
pub(crate) const FLAGS: [&str; 4] = ["-O2", "-DNDEBUG", "-fPIC", "-shared"];

/// Time for one compiler call on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(600);

/// A built peer.
pub(crate) struct Built {
    pub(crate) peer: &'static Peer,
    pub(crate) file: PathBuf,
    /// How long the tool took for the module itself, what it depends on being ready.
    pub(crate) compile: Option<Duration>,
}

/// The folder of the benchmark's sources.
pub(crate) fn sources() -> PathBuf {
    workspace::root().join("bench")
}

/// Where everything for an interpreter is built.
pub(crate) fn folder(python: &Interpreter) -> PathBuf {
    workspace::target().join("bench").join(&python.facts.soabi)
}

impl Peer {
    /// Whether it needs tools that are no part of the project.
    pub(crate) fn needs_tools(&self) -> bool {
        !matches!(self.how, How::C { .. } | How::Cargo { .. } | How::Python)
    }

    /// Builds it for an interpreter. With `timed`, as often as it takes to see how long the module itself takes.
    pub(crate) fn build(&'static self, python: &Interpreter, tools: Option<&Tools>, timed: bool) -> Result<Built> {
        let folder = folder(python).join(self.key);
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("small{}", python.facts.ext_suffix));
        let compiler = Compiler { python, folder: &folder };
        let tools = || tools.context("the tools were not fetched");
        let compile = match &self.how {
            How::Python => {
                let file = sources().join("python/small.py");
                return Ok(Built { peer: self, file, compile: None });
            }
            How::Cargo { folder: crate_folder } => {
                let target = workspace::target().join("bench/cargo").join(self.key).join(&python.facts.soabi);
                build::module_in(crate_folder, python, &folder, &target)?;
                if timed {
                    // Again, with everything that it depends on ready.
                    let source = sources().join(crate_folder).join("src/lib.rs");
                    fs::File::options().append(true).open(&source)?.set_modified(std::time::SystemTime::now())?;
                    let begun = Instant::now();
                    build::module_in(crate_folder, python, &folder, &target)?;
                    Some(begun.elapsed())
                } else {
                    None
                }
            }
            How::C { source, defines } => {
                let source = sources().join("c").join(source);
                Some(compiler.run("cc", defines, &[], &[&source], &file)?)
            }
            How::Pybind11 => {
                let source = sources().join("pybind11/small.cpp");
                let flags = ["-std=c++17", "-fvisibility=hidden"];
                Some(compiler.run("c++", &flags, &[tools()?.folder("pybind11/include")], &[&source], &file)?)
            }
            How::Nanobind => {
                let tools = tools()?;
                let flags = ["-std=c++17", "-fvisibility=hidden", "-fno-strict-aliasing"];
                let includes = [tools.folder("nanobind/include"), tools.folder("nanobind/ext/robin_map/include")];
                let library = folder.join("nanobind.o");
                let flags_library = [&flags[..], &["-c"]].concat();
                let combined = tools.folder("nanobind/src/nb_combined.cpp");
                compiler.run("c++", &flags_library, &includes, &[&combined], &library)?;
                let source = sources().join("nanobind/small.cpp");
                Some(compiler.run("c++", &flags, &includes, &[&source, &library], &file)?)
            }
            How::Cython { directives, defines } => {
                let begun = Instant::now();
                let generated = folder.join("small.c");
                let mut command = tools()?.program("cython");
                command.arg("-3").args(*directives);
                command.arg(sources().join("cython/small.pyx")).arg("-o").arg(&generated);
                process::run(&mut command, TIMEOUT)?.ok("cython")?;
                compiler.run("cc", defines, &[], &[&generated], &file)?;
                Some(begun.elapsed())
            }
            How::Mypyc => {
                let begun = Instant::now();
                let tools = tools()?;
                // In a folder of its own: mypy takes every file beside the source for a part of the program.
                let workplace = folder.join("generated");
                fs::create_dir_all(&workplace)?;
                fs::copy(sources().join("mypyc/small.py"), workplace.join("small.py"))?;
                let script = "from mypyc.build import mypycify; mypycify(['small.py'], opt_level='2')";
                let mut command = tools.program("python");
                command.args(["-I", "-c", script]).current_dir(&workplace);
                process::run(&mut command, TIMEOUT)?.ok("mypyc")?;
                let generated = workplace.join("build/__native.c");
                let includes = [tools.folder("mypyc/lib-rt"), workplace.join("build")];
                compiler.run("cc", &[], &includes, &[&generated], &file)?;
                let compile = begun.elapsed();
                // What the module imports.
                fs::copy(tools.folder("mypy_extensions.py"), folder.join("mypy_extensions.py"))?;
                Some(compile)
            }
        };
        Ok(Built { peer: self, file, compile: compile.filter(|_| timed) })
    }
}

/// Calls of the machine's compilers for one interpreter.
pub(crate) struct Compiler<'a> {
    pub(crate) python: &'a Interpreter,
    pub(crate) folder: &'a Path,
}

impl Compiler<'_> {
    /// Runs one; returns how long it took.
    pub(crate) fn run(
        &self,
        compiler: &str,
        flags: &[&str],
        includes: &[PathBuf],
        sources: &[&Path],
        out: &Path,
    ) -> Result<Duration> {
        let headers = self.python.facts.include.as_deref().context("the interpreter has no headers")?;
        let begun = Instant::now();
        let mut command = Command::new(compiler);
        command.current_dir(self.folder).args(FLAGS).args(flags).arg("-I").arg(headers);
        for include in includes {
            command.arg("-I").arg(include);
        }
        // A new file under the old name: a process that has the old one mapped keeps it.
        let aside = out.with_extension("new");
        command.args(sources).arg("-o").arg(&aside);
        process::run(&mut command, TIMEOUT)?.ok(compiler)?;
        fs::rename(&aside, out)?;
        Ok(begun.elapsed())
    }
}
