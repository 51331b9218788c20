//! What a Python module may ask of images, in safe terms.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use insula::prelude::*;

use crate::closure::{self, When};
use crate::elf::{Elf, FileId};
use crate::find::Rules;
use crate::image::{Image, writable_at};
use crate::loader;
use crate::owner::{Owner, lock};
use crate::python::{self, Again, Initialised};
use crate::shim_process::PROCESS_WIDE;

/// Which modules of which files declare support for interpreters with their own GILs, a file may have several: plain
/// data, for the life of the process.
static DECLARED: LazyLock<Mutex<HashMap<(FileId, String), bool>>> = LazyLock::new(Mutex::default);

/// The functions by which a module takes the functions of another.
const CAPSULES: [&str; 2] = ["PyCapsule_GetPointer", "PyCapsule_Import"];

/// What [`load`] gave.
pub struct Loaded<'py> {
    /// The module; a multi-phase one has not been executed.
    pub module: Obj<'py>,
    /// Where the init function runs only once: a copy of the module's first dictionary, to be handed in at the next
    /// import of the same module in this interpreter.
    pub kept: Option<Obj<'py, Dict>>,
}

/// Loads this interpreter's private image of a file, or takes the one it has, and makes the module that `spec` names.
///
/// Nothing if the module declares that it supports interpreters with their own GILs, and `unless_declared` asks to
/// leave such modules alone.
///
/// # Errors
///
/// `ImportError` with the reason; what the init function raises.
pub fn load<'py>(
    spec: &Obj<'py>,
    path: &Path,
    rules: Rules,
    unless_declared: bool,
    kept: Option<&Obj<'py, Dict>>,
) -> PyResult<'py, Option<Loaded<'py>>> {
    let py = spec.py();
    let name: String = spec.getattr("name")?.extract()?;
    let fail = |error: crate::Error| python::import_error(py, &error.to_string(), &name, path);
    let elf = Elf::of(path).map_err(fail)?;
    // What takes functions of other modules through a capsule keeps them for the process, as numpy's C API is kept:
    // then its declaration holds only where those modules have no copies.
    let unless_declared = unless_declared && !CAPSULES.iter().any(|function| elf.imports.contains_key(*function));
    let declaration = (elf.id, name.clone());
    let declared = lock(&DECLARED).get(&declaration).copied();
    if unless_declared && declared == Some(true) {
        return Ok(None);
    }
    let (owner, first) = Owner::of(py)?;
    if first {
        crate::life::reap(py);
    }
    *lock(&owner.rules) = Arc::new(rules);
    // SAFETY: attached; importing the file means running its code.
    let image = unsafe { closure::open(owner, path, When::Now) }.map_err(fail)?;
    if let Some(copy) = kept {
        let module = python::from_copy(copy, &image, &name)?;
        return Ok(Some(Loaded { module, kept: None }));
    }
    let initialised = python::initialise(py, owner, &image, &name)?;
    if declared.is_none() {
        let declares = python::declares_own_gil(&initialised);
        lock(&DECLARED).insert(declaration, declares);
        if declares && unless_declared {
            // Its image stays as long as the interpreter: its init function has run, and may have made types ready,
            // or imported modules that have images.
            return Ok(None);
        }
    }
    python::is_extension(&image);
    let single = matches!(initialised, Initialised::Module(_));
    let module = python::create(initialised, spec, &name, &image, path)?;
    let kept = if single {
        match Again::of(&module)? {
            Again::Copy(dict) => Some(dict),
            Again::Initialise => None,
        }
    } else {
        None
    };
    Ok(Some(Loaded { module, kept }))
}

/// Whether the module of this full name that was loaded from a file has declared that it supports interpreters with
/// their own GILs.
pub fn declares(_py: Py<'_>, path: &Path, name: &str) -> bool {
    Elf::of(path).is_ok_and(|elf| lock(&DECLARED).get(&(elf.id, name.to_owned())) == Some(&true))
}

/// What a file says of itself.
#[derive(Clone, Debug)]
pub struct File {
    /// The init function for the module, if the file exports one.
    pub init: Option<String>,
    /// `multi`, `single` or `either`: how the module is initialised, as far as its imports tell.
    pub phase: &'static str,
    /// The libraries that it needs, by name.
    pub needed: Vec<String>,
    /// The bundled libraries that would be copied with it.
    pub private: Vec<PathBuf>,
    /// What it uses that reaches the process.
    pub process_wide: Vec<&'static str>,
    /// It needs thread-local storage of which a process has little.
    pub static_tls: bool,
}

/// Reads a file, and loads nothing.
///
/// # Errors
///
/// `ImportError` if the file is none that can be loaded here.
pub fn inspect<'py>(py: Py<'py>, path: &Path, name: &str, rules: &Rules) -> PyResult<'py, File> {
    let fail = |error: crate::Error| python::import_error(py, &error.to_string(), name, path);
    let elf = Elf::of(path).map_err(fail)?;
    let mut private = Vec::new();
    closure::private(&elf, rules, &[], &mut private).map_err(fail)?;
    let init = python::init_functions(py, name)?.into_iter().find(|function| elf.init_functions.contains(function));
    let uses = |function: &str| elf.imports.contains_key(function);
    let multi = uses("PyModuleDef_Init") || init.as_ref().is_some_and(|init| init.starts_with("PyModExport"));
    let phase = match (multi, uses("PyModule_Create2")) {
        (true, false) => "multi",
        (false, true) => "single",
        _ => "either",
    };
    Ok(File {
        init,
        phase,
        needed: elf.needed.iter().map(|text| text.value.clone()).collect(),
        private,
        process_wide: PROCESS_WIDE.iter().copied().filter(|name| uses(name)).collect(),
        static_tls: elf.static_tls,
    })
}

/// One image of this interpreter.
#[derive(Clone, Debug)]
pub struct ImageInfo {
    /// The file that it is a copy of.
    pub path: PathBuf,
    /// A number that no other image of the process has.
    pub serial: u64,
    /// Where it lies, and how many bytes it takes.
    pub address: usize,
    /// In bytes.
    pub size: usize,
    /// An extension module, or a bundled library.
    pub is_extension: bool,
    /// Its imports that are bound to shims.
    pub bound: Vec<&'static str>,
    /// C and C++ exit functions that it has registered.
    pub exit_functions: usize,
    /// Its native threads that are alive.
    pub threads: usize,
    /// Why it would stay mapped after the interpreter's end.
    pub tied: Option<&'static str>,
}

/// The images of this interpreter.
///
/// # Errors
///
/// `MemoryError`.
pub fn images(py: Py<'_>) -> PyResult<'_, Vec<ImageInfo>> {
    let Some(owner) = Owner::find(py)? else { return Ok(Vec::new()) };
    let describe = |image: &Arc<Image>| ImageInfo {
        path: image.elf.path.clone(),
        serial: image.serial,
        address: image.base,
        size: image.size(),
        is_extension: image.is_extension.load(std::sync::atomic::Ordering::Relaxed),
        bound: image.bound.clone(),
        exit_functions: image.exit_functions.load(std::sync::atomic::Ordering::Relaxed),
        threads: image.threads.load(std::sync::atomic::Ordering::Relaxed),
        tied: image.stays(),
    };
    Ok(owner.images().iter().map(describe).collect())
}

/// The names of functions that images of this interpreter called and that do nothing here.
///
/// # Errors
///
/// `MemoryError`.
pub fn refused(py: Py<'_>) -> PyResult<'_, Vec<&'static str>> {
    Ok(Owner::find(py)?.map(Owner::refused).unwrap_or_default())
}

/// The words of each image's variables that are not zero, for whoever looks for Python objects in them; and those of
/// other files that are loaded as ever, if they are.
///
/// # Errors
///
/// `MemoryError`.
pub fn pointers<'py>(py: Py<'py>, others: &[PathBuf]) -> PyResult<'py, Vec<(PathBuf, Vec<usize>)>> {
    let images = Owner::find(py)?.map(|owner| owner.images().clone()).unwrap_or_default();
    let mut found: Vec<(PathBuf, Vec<usize>)> =
        images.iter().map(|image| (image.elf.path.clone(), words(image.writable()))).collect();
    for path in others {
        if let Some((elf, base)) = Elf::of(path).ok().and_then(|elf| Some((Arc::clone(&elf), loader::loaded_at(&elf)?)))
        {
            found.push((path.clone(), words(writable_at(&elf, base))));
        }
    }
    Ok(found)
}

/// The words in parts of images that are not zero.
fn words(parts: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut words = Vec::new();
    for (start, size) in parts {
        let first = start.next_multiple_of(align_of::<usize>());
        for index in 0..size.saturating_sub(first - start) / size_of::<usize>() {
            let at = std::ptr::with_exposed_provenance::<usize>(first + index * size_of::<usize>());
            // SAFETY: a word of an image's writable part, which is mapped; other threads may change it meanwhile, so it
            // is read as one word that may be old.
            let word = unsafe { at.read_volatile() };
            if word != 0 {
                words.push(word);
            }
        }
    }
    words
}
