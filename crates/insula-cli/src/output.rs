//! Where reports go: `--format FORMAT[=FILE]`, several at once, and `--output`.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use insula_audit::formats::Format;
use tempfile::NamedTempFile;

/// One `--format`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

impl std::str::FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((_, "")) => return Err("there is no file name behind the `=`".to_owned()),
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names = Format::ALL.map(Format::name);
            format!("there is no format {name:?}; choose one of {}", names.join(", "))
        })?;
        Ok(Self { format, file })
    }
}

/// The reports that will be written, each to a place that was seen to be writable.
pub(crate) struct Outputs(Vec<(Format, Sink)>);

pub(crate) enum Sink {
    Stdout,
    /// A regular file, written beside its place and renamed at the end, so that nobody sees half a report.
    File {
        path: PathBuf,
        beside: NamedTempFile,
    },
    /// A pipe or a device.
    Special(PathBuf),
}

impl Outputs {
    /// What the user wants. A report without a file goes to `--output`, else to stdout; if every one has a file, people
    /// still get the text on stdout. Files are tried before the audit, which may be long.
    pub(crate) fn new(wishes: &[Wish], output: Option<&Path>) -> Result<Self, String> {
        let mut wishes = wishes.to_vec();
        if wishes.iter().all(|wish| wish.file.is_some()) {
            wishes.insert(0, Wish { format: Format::Text, file: None });
        }
        let mut free = wishes.iter_mut().filter(|wish| wish.file.is_none());
        if let (Some(first), Some(second)) = (free.next(), free.next()) {
            let (first, second) = (first.format.name(), second.format.name());
            return Err(format!(
                "--format {first} and --format {second} both have no file of their own; write --format {second}=FILE"
            ));
        }
        for wish in wishes.iter_mut().filter(|wish| wish.file.is_none()) {
            wish.file = output.map(Path::to_owned);
        }
        let mut sinks: Vec<(Format, Sink)> = Vec::new();
        for wish in wishes {
            let sink = match wish.file {
                Some(path) => Sink::file(&path)?,
                None => Sink::Stdout,
            };
            if let Sink::File { path, .. } = &sink
                && sinks.iter().any(|(_, other)| matches!(other, Sink::File { path: taken, .. } if taken == path))
            {
                return Err(format!("two reports would be written to {}; give each a file of its own", path.display()));
            }
            sinks.push((wish.format, sink));
        }
        Ok(Self(sinks))
    }

    /// Whether one of them takes the place of a file that is there.
    pub(crate) fn replace(&self, file: &Path) -> bool {
        let place = file.canonicalize();
        let taken = |sink: &Sink| matches!((sink, &place), (Sink::File { path, .. }, Ok(place)) if path == place);
        self.0.iter().any(|(_, sink)| taken(sink))
    }

    /// Writes each report, as far as possible: one that cannot be written keeps none of the others from it.
    pub(crate) fn write(self, mut render: impl FnMut(Format, bool) -> Result<String, String>) -> Result<(), String> {
        let mut failed = Vec::new();
        for (format, sink) in self.0 {
            let written = render(format, matches!(sink, Sink::Stdout)).and_then(|text| sink.write(&text));
            failed.extend(written.err());
        }
        if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
    }
}

impl Sink {
    /// A file that can be written.
    pub(crate) fn file(path: &Path) -> Result<Self, String> {
        let fail = |error: &dyn std::fmt::Display| {
            format!("cannot write {}: {error}; name a file in a folder that can be written", path.display())
        };
        // A link stays a link: what it points to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| beside(path));
        if path.is_dir() {
            return Err(fail(&"it is a folder"));
        }
        if path.exists() && !path.is_file() {
            return Ok(Self::Special(path));
        }
        if path.file_name().is_none() {
            return Err(fail(&"it has no file name"));
        }
        let parent = path.parent().filter(|parent| *parent != OsStr::new("")).unwrap_or(Path::new("."));
        let beside = tempfile::Builder::new()
            .prefix(".insula-")
            .permissions(permissions(&path))
            .tempfile_in(parent)
            .map_err(|error| fail(&plain(&error)))?;
        Ok(Self::File { path, beside })
    }

    pub(crate) fn write(self, text: &str) -> Result<(), String> {
        let said = |path: &Path, error: &std::io::Error| {
            format!("cannot write {}: {}; check free space and permissions", path.display(), plain(error))
        };
        match self {
            Self::Stdout => stdout(text),
            Self::Special(path) => std::fs::write(&path, text).map_err(|error| said(&path, &error)),
            Self::File { path, mut beside } => {
                let written = beside.write_all(text.as_bytes()).and_then(|()| beside.as_file().sync_all());
                written.map_err(|error| said(&path, &error))?;
                beside.persist(&path).map(|_| ()).map_err(|error| said(&path, &error.error))
            }
        }
    }
}

/// The path of a file that is not there yet, in the folder's own words.
fn beside(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// What the file has already, or what a new one gets.
fn permissions(path: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().map_or_else(|_| std::fs::Permissions::from_mode(0o666), |facts| facts.permissions())
}

/// An error without the name of the temporary file, which says nothing to the user.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or_default().to_owned()
}

/// Writes to stdout.
pub(crate) fn stdout(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough (`insula rules | head`).
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write to stdout: {error}")),
        _ => Ok(()),
    }
}
