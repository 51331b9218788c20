//! What keeps two images apart, by name: so that a test can take each out and see what then happens.

/// One of the things that keep two images apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mending {
    /// Symbols that are one for the process become ordinary ones.
    Unique,
    /// Bundled libraries are private, too.
    Closure,
    /// Threads attach to the image's interpreter.
    Foreign,
    /// Pending calls go to the image's interpreter.
    Pending,
    /// `PyState_FindModule` finds a single-phase module.
    State,
    /// No name of a copy is used twice.
    Names,
    /// A single-phase module knows its full name.
    Single,
    /// Protected pages are protected again.
    Relro,
    /// Exit functions are watched.
    Atexit,
    /// What the process keeps of an image is noticed.
    Kept,
    /// Copies lie in memory.
    Memory,
}

/// Whether a test asked to leave it out.
#[cfg(feature = "testing")]
pub(crate) fn left_out(mending: Mending) -> bool {
    let Ok(names) = std::env::var("INSULA_ISOLATE_WITHOUT") else { return false };
    let name = format!("{mending:?}").to_lowercase();
    names.split(',').any(|left_out| left_out == name)
}

/// Never, outside of tests.
#[cfg(not(feature = "testing"))]
pub(crate) fn left_out(_: Mending) -> bool {
    false
}
