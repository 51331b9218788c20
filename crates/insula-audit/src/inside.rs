//! The module after use, seen from outside: objects behind heap memory, in thread-locals, and native words that change.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use insula_xray::{Changed, Chunks, DeepHit, Extension, Hit, Layout, NativeWords, ProcessMemory, deep, objects_in};
use serde_json::Value;

use crate::observe::{Lab, Seen, known_of, x_ray};
use crate::probe::Task;
use crate::target::Subject;
use crate::trouble::Trouble;
use crate::worker::{Limits, WorkerError};

/// The library that notes heap memory; empty where there is none for this system.
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libinsula_chunks.so"));
const NAME: &str = "libinsula_chunks.so";

const TIME: Duration = Duration::from_secs(30);

/// What was seen.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    /// The X-ray of globals after calls.
    pub(crate) hits: Seen<Vec<Hit>>,
    /// Objects behind heap memory.
    pub(crate) deep: Seen<Vec<DeepHit>>,
    /// Objects in the main thread's thread-locals, with their offset.
    pub(crate) thread_locals: Seen<Vec<(u64, Hit)>>,
    /// Globals whose native words changed.
    pub(crate) changed: Seen<Vec<Changed>>,
}

impl Inside {
    fn nothing(why: &str) -> Self {
        let why = why.to_owned();
        Self { hits: Err(why.clone()), deep: Err(why.clone()), thread_locals: Err(why.clone()), changed: Err(why) }
    }
}

fn unwritten(error: std::io::Error) -> String {
    format!("cannot write {NAME}: {error}")
}

impl Lab {
    /// Writes the preloaded library to the temporary folder; one copy serves all workers.
    pub(crate) fn library(&self) -> Seen<PathBuf> {
        if LIBRARY.is_empty() {
            return Err("following heap memory needs Linux".to_owned());
        }
        let path = self.scratch.join(NAME);
        if !path.exists() {
            // Several modules may be the first at the same time: each writes a file of its own, and moves it there whole.
            let mut file = tempfile::NamedTempFile::new_in(&self.scratch).map_err(unwritten)?;
            file.write_all(LIBRARY).map_err(unwritten)?;
            file.persist(&path).map_err(|error| unwritten(error.error))?;
        }
        Ok(path)
    }

    pub(crate) fn inside(&self, subject: &Subject, base: &Task) -> Result<Inside, WorkerError> {
        let layout = match self.layout() {
            Ok(layout) => layout,
            Err(why) => return Ok(Inside::nothing(&why)),
        };
        let library = self.library().and_then(|path| Extension::read(&path).map_err(|error| error.to_string()));
        let preload = library.as_ref().ok().map(|library| library.path.to_string_lossy().into_owned());
        let variables: Vec<(&str, &str)> =
            preload.as_deref().map(|path| vec![("LD_PRELOAD", path)]).unwrap_or_default();
        let limits = Limits { time: TIME.min(self.limits.time), ..self.limits };
        let mut found = Inside::nothing("the worker did not come so far");
        // Where calls of its functions end the worker, constructors have to do.
        for functions in [self.may_call(subject), false] {
            let task = Task { scenario: "inside", functions, ..base.clone() };
            let mut before = None;
            let mut look = |pid: u32, event: &Value, _: &[Value]| {
                let Ok(memory) = ProcessMemory::of(pid) else { return };
                let Some(bias) = memory.load_bias(&subject.extension) else {
                    found = Inside::nothing("the file is not mapped into the process that imported it");
                    return;
                };
                let words = NativeWords::read(&memory, &subject.extension, bias);
                if event["name"] == "before" {
                    before = words;
                    return;
                }
                found = after_use(&memory, subject, &layout, event, library.as_ref());
                if let (Some(before), Some(now)) = (&before, words) {
                    let known = known_of(event);
                    let changed = now.changed_since(before, &memory, &subject.extension, bias, &layout, &known);
                    found.changed = changed.map_err(|error| error.to_string());
                }
            };
            let run = self.work_with(&task, limits, &variables, &mut look)?;
            match Trouble::of(&run) {
                Some(trouble) if found.hits.is_err() => {
                    found = Inside::nothing(&format!("the worker ended: {}", trouble.line()));
                }
                _ => break,
            }
        }
        Ok(found)
    }
}

fn after_use(
    memory: &ProcessMemory,
    subject: &Subject,
    layout: &Layout,
    event: &Value,
    library: Result<&Extension, &String>,
) -> Inside {
    let mut found = Inside::nothing("the worker did not report");
    let extension = &subject.extension;
    let known = known_of(event);
    found.hits = x_ray(memory.pid(), subject, layout, event);
    let skip: HashSet<u64> = found.hits.iter().flatten().map(|hit| hit.target).collect();
    found.deep = library.map_err(String::clone).and_then(|library| {
        let chunks = Chunks::read(memory, library)
            .ok_or("this interpreter's C library does not let allocations be followed".to_owned())?;
        if chunks.count() == 0 || chunks.lost() > 0 {
            return Err(format!("the table of heap blocks is not complete ({} lost)", chunks.lost()));
        }
        if let Some(own) = own_allocator(extension) {
            return Err(format!("the file has an allocator of its own ({own}), whose blocks cannot be followed"));
        }
        let bias = memory.load_bias(extension).ok_or("the file is not loaded".to_owned())?;
        deep(memory, extension, bias, layout, &known, &chunks, &skip).map_err(|error| error.to_string())
    });
    found.thread_locals = match (extension.tls_size, event["tls"].as_u64()) {
        // No such storage, or none that this thread has used.
        (0, _) | (_, Some(0)) => Ok(Vec::new()),
        (size, Some(start)) => {
            let words = size as usize / 8;
            objects_in(memory, extension, layout, &known, start, words).map_err(|error| error.to_string())
        }
        _ => Err("this interpreter's C library does not tell where thread-local storage is".to_owned()),
    };
    found
}

/// The sign of an allocator that was linked into the file.
fn own_allocator(extension: &Extension) -> Option<&str> {
    let names = ["mi_malloc", "je_malloc", "_rjem_malloc", "rjem_malloc", "tc_malloc", "malloc"];
    let own = |name: &&str| names.contains(name);
    extension.symbols.iter().map(|symbol| symbol.name.as_str()).find(own)
}
