//! Interpreters, compilers and workers for the live tests.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use insula_pythons::Interpreter;
use insula_xray::{Extension, Hit, KnownType, Layout, ProcessMemory};

/// The newest interpreter of each minor version at hand, and the newest debug build, at least `from` and at most 3.15.
pub(crate) fn pythons(from: u32) -> Vec<Interpreter> {
    let mut found = insula_pythons::discover().found;
    found.retain(|i| {
        let minor = i.version.minor;
        i.version.major == 3 && (from..=15).contains(&minor) && !i.facts.free_threaded
    });
    // Newest first, and of equal versions ordinary builds first; debug builds are examined as well.
    found.dedup_by_key(|i| (i.version.minor, i.facts.debug));
    assert!(!found.is_empty(), "no CPython from 3.{from} to 3.15 found; run `cargo xtask pythons`");
    found
}

pub(crate) fn layout(python: &Interpreter) -> Layout {
    let v = &python.version;
    Layout::for_version(v.major as u8, v.minor as u8, false).expect("a supported version")
}

/// The file of a standard library extension, `None` if it is built into the interpreter.
pub(crate) fn stdlib(python: &Interpreter, name: &str) -> Option<PathBuf> {
    let folder = python.facts.lib_dynload.as_ref()?;
    let path = folder.join(format!("{name}{}", python.facts.ext_suffix));
    path.is_file().then_some(path)
}

/// Compiles a module of the corpus for an interpreter.
pub(crate) fn compile_corpus(python: &Interpreter, name: &str, folder: &Path) -> PathBuf {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus");
    compile(python, &corpus.join(format!("{name}.c")), folder)
}

/// Compiles a C file into an extension module of the same name.
pub(crate) fn compile(python: &Interpreter, source: &Path, folder: &Path) -> PathBuf {
    let include = python.facts.include.as_ref().expect("an interpreter with headers");
    let name = source.file_stem().expect("a name").to_string_lossy();
    let out = folder.join(format!("{name}{}", python.facts.ext_suffix));
    let result = Command::new("cc")
        .args(["-O1", "-g", "-shared", "-fPIC", "-Wall", "-Wextra", "-I"])
        .arg(include)
        // Some systems keep pyconfig.h beside the headers' folder.
        .arg("-idirafter")
        .arg(include.parent().expect("a folder"))
        .arg(source)
        .arg("-o")
        .arg(&out)
        .output()
        .expect("a C compiler called cc");
    let said = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success() && said.is_empty(), "{name} for {}: {said}", python.version);
    out
}

/// An interpreter that stands at a checkpoint.
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(crate) objects: HashMap<String, u64>,
    pub(crate) types: Vec<KnownType>,
    /// Lines that the script itself printed before the checkpoint.
    pub(crate) said: Vec<String>,
    pub(crate) memory: ProcessMemory,
    pub(crate) layout: Layout,
}

impl Worker {
    /// Runs a script up to its first checkpoint.
    pub(crate) fn start(python: &Interpreter, script: &str) -> Worker {
        Self::start_with(python, script, &[])
    }

    /// The same with more in the environment.
    pub(crate) fn start_with(python: &Interpreter, script: &str, env: &[(&str, &str)]) -> Worker {
        let code = format!("{}\n{script}", include_str!("worker.py"));
        let mut child = Command::new(&python.executable)
            .args(["-c", &code])
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter starts");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let memory = ProcessMemory::of(child.id()).expect("a child can be read");
        let mut worker = Worker {
            child,
            input,
            output,
            objects: HashMap::new(),
            types: Vec::new(),
            said: Vec::new(),
            memory,
            layout: layout(python),
        };
        worker.read();
        worker
    }

    /// Lets the script run on to its next checkpoint.
    pub(crate) fn go_on(&mut self) {
        self.input.write_all(b"\n").expect("the worker listens");
        self.read();
    }

    fn read(&mut self) {
        self.types.clear();
        self.said.clear();
        loop {
            let mut line = String::new();
            let n = self.output.read_line(&mut line).expect("readable");
            assert_ne!(n, 0, "the worker ended before its checkpoint");
            let words: Vec<&str> = line.trim_end().splitn(3, ' ').collect();
            let addr = |s: &str| u64::from_str_radix(s.trim_start_matches("0x"), 16).expect("an address");
            match words.as_slice() {
                ["ready"] => break,
                ["object", name, at] => {
                    self.objects.insert((*name).to_string(), addr(at));
                }
                ["type", at, name] => self.types.push(KnownType { addr: addr(at), name: (*name).to_string() }),
                _ => self.said.push(line.trim_end().to_string()),
            }
        }
        self.memory.refresh().expect("the worker is alive");
    }

    /// The flat X-ray of a loaded file.
    pub(crate) fn xray(&self, path: &Path) -> Vec<Hit> {
        let ext = Extension::read(path).expect("an extension");
        let bias = self.memory.load_bias(&ext).expect("it is loaded");
        insula_xray::flat(&self.memory, &ext, bias, &self.layout, &self.types).expect("readable")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It waits for a line that never comes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hits in short: variable, kind, what it holds.
pub(crate) fn brief(hits: &[Hit]) -> Vec<String> {
    hits.iter()
        .map(|h| {
            let symbol = h.symbol.as_deref().unwrap_or("?");
            let holds = serde_json::to_value(h.holds).expect("serialisable");
            let holds = holds.as_str().expect("a word");
            format!("{symbol} {holds} {} {}", h.type_name, h.detail)
        })
        .collect()
}
