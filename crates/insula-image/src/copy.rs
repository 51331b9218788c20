//! A private copy of a file: bytes of its own under a name that is never used twice.
//!
//! The dynamic loader takes two files for one if their names are equal, or their device and inode; so each copy is a
//! file of its own, and no name comes again. Nothing stays on disk: a copy lies in memory, or in a file without a name.

use std::ffi::CString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::elf::Edit;
use crate::error::{Error, Result};
use crate::mending::{Mending, left_out};

/// Numbers what must never come again in this process.
pub(crate) fn serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A copy that the dynamic loader can open by its path while this lives.
#[derive(Debug)]
pub(crate) struct PrivateCopy {
    file: File,
    path: CString,
    /// A name on disk, where there is no other way.
    named: Option<PathBuf>,
}

impl PrivateCopy {
    /// The path for the dynamic loader.
    pub(crate) fn path(&self) -> &CString {
        &self.path
    }

    /// Gives the memory of a part of the copy back: it reads as zeros from now on. Only a saving, so failure does not
    /// matter.
    pub(crate) fn forget(&self, offset: u64, size: u64) {
        let (Ok(offset), Ok(size)) = (libc::off_t::try_from(offset), libc::off_t::try_from(size)) else { return };
        // SAFETY: fallocate(2) on an open file has no precondition; nothing maps that part of the file, as the caller
        // saw to.
        unsafe {
            libc::fallocate(self.file.as_raw_fd(), libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE, offset, size)
        };
    }
}

impl Drop for PrivateCopy {
    fn drop(&mut self) {
        if let Some(path) = &self.named {
            let _ = fs::remove_file(path);
        }
    }
}

/// Where a copy can be made, if the places before do not do.
pub(crate) struct Place {
    kind: Kind,
    original: File,
    name: String,
    edits: Vec<Edit>,
}

#[derive(Clone, Debug)]
enum Kind {
    Memory,
    Folder(PathBuf),
}

/// The places where a copy of `original`, with the edits, can be made: in memory first, then wherever a file can be.
/// Each may be full, or may not let code run.
pub(crate) fn places(original: &File, name: &str, edits: &[Edit]) -> Result<Vec<Place>> {
    let place = |kind| {
        let original = original.try_clone().map_err(cannot)?;
        Ok(Place { kind, original, name: name.to_owned(), edits: edits.to_vec() })
    };
    kinds().into_iter().map(place).collect()
}

/// Memory, then the folders that are meant for such files.
fn kinds() -> Vec<Kind> {
    let mut kinds = if left_out(Mending::Memory) { Vec::new() } else { vec![Kind::Memory] };
    let folders = ["TMPDIR", "XDG_RUNTIME_DIR"].iter().filter_map(std::env::var_os).map(PathBuf::from);
    let mut seen = Vec::new();
    for folder in folders.chain(["/dev/shm", "/var/tmp", "/tmp"].map(PathBuf::from)) {
        if folder.is_dir() && !seen.contains(&folder) {
            seen.push(folder.clone());
            kinds.push(Kind::Folder(folder));
        }
    }
    kinds
}

impl Place {
    /// Makes the copy here.
    pub(crate) fn make(mut self) -> Result<PrivateCopy> {
        let made = match &self.kind {
            Kind::Memory => in_memory(&self.name).map(|file| (file, None)),
            Kind::Folder(folder) => in_folder(folder),
        };
        let (mut file, named) = made.map_err(|error| self.failed(&error))?;
        self.fill(&mut file).map_err(|error| self.failed(&error))?;
        let path = match &named {
            Some(path) => path.to_string_lossy().into_owned(),
            None => descriptor_path(file.as_raw_fd(), serial()),
        };
        let path = CString::new(path).map_err(|_| Error::new("a temporary folder's name holds a NUL".to_owned()))?;
        Ok(PrivateCopy { file, path, named })
    }

    fn fill(&mut self, file: &mut File) -> io::Result<()> {
        self.original.rewind()?;
        io::copy(&mut self.original, file)?;
        file.flush()?;
        for edit in &self.edits {
            file.write_all_at(&edit.bytes, edit.offset)?;
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::new(format!("no private copy {self}: {error}"))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            Kind::Memory => f.write_str("in memory"),
            Kind::Folder(folder) => write!(f, "in {}", folder.display()),
        }
    }
}

fn cannot(error: io::Error) -> Error {
    Error::new(format!("the file cannot be read: {error}"))
}

fn in_memory(name: &str) -> io::Result<File> {
    let name = CString::new(format!("insula:{name}")).unwrap_or_default();
    // Kernels that know the flag may demand it of files that hold code; older ones refuse what they do not know.
    const EXECUTABLE: libc::c_uint = 0x10;
    for flags in [libc::MFD_CLOEXEC | EXECUTABLE, libc::MFD_CLOEXEC] {
        // SAFETY: memfd_create(2) reads the name, which ends in NUL and outlives the call.
        let descriptor = unsafe { libc::memfd_create(name.as_ptr(), flags) };
        if descriptor >= 0 {
            // SAFETY: a new descriptor that nobody else owns.
            return Ok(unsafe { File::from_raw_fd(descriptor) });
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINVAL) {
            return Err(error);
        }
    }
    Err(io::Error::last_os_error())
}

/// A file without a name; where the file system knows no such thing, or there is no `/proc`, one whose name goes at
/// once.
fn in_folder(folder: &Path) -> io::Result<(File, Option<PathBuf>)> {
    let open = |flags| fs::OpenOptions::new().read(true).write(true).mode(0o700).custom_flags(flags).open(folder);
    if Path::new("/proc/self/fd").is_dir()
        && let Ok(file) = open(libc::O_TMPFILE | libc::O_CLOEXEC)
    {
        return Ok((file, None));
    }
    let path = folder.join(format!("insula-{}-{}.so", std::process::id(), serial()));
    let file = fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o700).open(&path)?;
    Ok((file, Some(path)))
}

/// A path to an open file that no other copy has had: descriptors are used again, so the number alone is not enough.
/// Each bit of the serial is a `//` or a `/./`, which mean nothing to the file system, and all the difference to the
/// dynamic loader.
fn descriptor_path(descriptor: i32, serial: u64) -> String {
    let mut path = "/proc/self/fd".to_owned();
    let mut rest = if left_out(Mending::Names) { 1 } else { serial };
    while rest > 1 {
        path.push_str(if rest & 1 == 1 { "/." } else { "/" });
        rest >>= 1;
    }
    let _ = write!(path, "/{descriptor}");
    path
}
