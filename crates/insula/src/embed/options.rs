//! The options of an interpreter.

use super::error::Error;

/// Which GIL an interpreter has.
///
/// ```
/// use insula::embed::{Gil, InterpreterConfig};
/// assert_ne!(Gil::Own, Gil::Shared);
/// let config = InterpreterConfig::own_gil().gil(Gil::Shared);
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gil {
    /// Its own: it runs at the same time as others. CPython 3.12 and newer.
    Own,
    /// That of the main interpreter: they take turns.
    Shared,
}

/// The options of an interpreter: CPython's `PyInterpreterConfig`.
///
/// ```
/// use insula::embed::{Error, InterpreterConfig};
/// let config = InterpreterConfig::own_gil().use_main_obmalloc(true);
/// assert!(matches!(config.check(), Err(Error::Contradiction(_)) | Err(Error::Unsupported(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are CPython's own switches, each independent")]
pub struct InterpreterConfig {
    pub(super) use_main_obmalloc: bool,
    pub(super) allow_fork: bool,
    pub(super) allow_exec: bool,
    pub(super) allow_threads: bool,
    pub(super) allow_daemon_threads: bool,
    pub(super) check_multi_interp_extensions: bool,
    pub(super) gil: Gil,
}

macro_rules! switch {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, yes: bool) -> Self {
            self.$name = yes;
            self
        }
    )* };
}

impl InterpreterConfig {
    /// As `Py_NewInterpreter` makes them: everything is allowed and little is isolated. The only kind that 3.11 has.
    pub const fn legacy() -> Self {
        Self {
            use_main_obmalloc: true,
            allow_fork: true,
            allow_exec: true,
            allow_threads: true,
            allow_daemon_threads: true,
            // Free-threaded builds cannot load single-phase modules there at all.
            check_multi_interp_extensions: cfg!(Py_GIL_DISABLED),
            gil: Gil::Shared,
        }
    }

    /// As isolated as CPython can: an own GIL and allocator, no fork, exec or daemon threads. From 3.12.
    pub const fn own_gil() -> Self {
        Self {
            use_main_obmalloc: false,
            allow_fork: false,
            allow_exec: false,
            allow_threads: true,
            allow_daemon_threads: false,
            check_multi_interp_extensions: true,
            gil: Gil::Own,
        }
    }

    switch! {
        /// Whether it allocates objects from the main interpreter's memory. Only with the shared GIL.
        use_main_obmalloc;
        /// Whether its threads may fork the process.
        allow_fork;
        /// Whether its threads may replace the process by another program.
        allow_exec;
        /// Whether it may start threads.
        allow_threads;
        /// Whether it may start daemon threads. An interpreter in which one still runs cannot be ended.
        allow_daemon_threads;
        /// Whether extension modules that do not say they support several interpreters are refused.
        check_multi_interp_extensions;
    }

    /// Which GIL it has.
    #[must_use]
    pub fn gil(mut self, gil: Gil) -> Self {
        self.gil = gil;
        self
    }

    /// Whether the version this was built for can make such an interpreter.
    ///
    /// # Errors
    ///
    /// [`Error::Contradiction`] for options that CPython would refuse, or crash on; [`Error::Unsupported`] before 3.12
    /// for anything but [`legacy`](Self::legacy).
    pub fn check(&self) -> Result<(), Error> {
        if cfg!(not(Py_3_12)) && *self != Self::legacy() {
            let message =
                "CPython 3.11 makes legacy interpreters only; use `InterpreterConfig::legacy` or CPython 3.12";
            return Err(Error::Unsupported(message.to_owned()));
        }
        let refuse = |message: &str| Err(Error::Contradiction(message.to_owned()));
        if self.gil == Gil::Own && self.use_main_obmalloc {
            return refuse(
                "an own GIL does not go with the main interpreter's allocator, which only one thread at a time may \
                 use; set `use_main_obmalloc(false)`",
            );
        }
        if !self.use_main_obmalloc && !self.check_multi_interp_extensions {
            return refuse(
                "an own allocator does not go with single-phase extension modules, which share objects between \
                 interpreters; set `check_multi_interp_extensions(true)`",
            );
        }
        if cfg!(Py_GIL_DISABLED) && !self.check_multi_interp_extensions {
            return refuse(
                "free-threaded CPython does not load single-phase extension modules outside the main interpreter; \
                 set `check_multi_interp_extensions(true)`",
            );
        }
        if self.allow_daemon_threads && !self.allow_threads {
            return refuse("daemon threads are threads; set `allow_daemon_threads(false)` or `allow_threads(true)`");
        }
        Ok(())
    }
}
