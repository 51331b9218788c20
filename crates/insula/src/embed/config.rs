//! How CPython is started.

use std::ffi::{CString, OsStr, OsString, c_int};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::ffi;

use super::builtin::Builtin;
use super::error::Error;

/// `PYMEM_ALLOCATOR_DEBUG`.
const ALLOCATOR_DEBUG: c_int = 2;

/// How CPython is started: what `PyPreConfig` and `PyConfig` say.
///
/// ```
/// use insula::embed::Config;
/// let config = Config::isolated().home("/opt/python").argv(["server", "--quiet"]).write_bytecode(false);
/// # let _ = config;
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    isolated: bool,
    utf8_mode: Option<bool>,
    home: Option<PathBuf>,
    executable: Option<PathBuf>,
    argv: Vec<OsString>,
    search_paths: Option<Vec<PathBuf>>,
    site_import: Option<bool>,
    write_bytecode: Option<bool>,
    signal_handlers: Option<bool>,
    debug_memory: bool,
    builtins: Vec<Builtin>,
}

impl Config {
    /// Nothing of the user's surroundings counts: no environment variables, no user site folder, no signal handlers.
    /// Text is UTF-8. For programs that happen to contain Python.
    pub fn isolated() -> Self {
        Self {
            isolated: true,
            utf8_mode: Some(true),
            home: None,
            executable: None,
            argv: Vec::new(),
            search_paths: None,
            site_import: None,
            write_bytecode: None,
            signal_handlers: None,
            debug_memory: false,
            builtins: Vec::new(),
        }
    }

    /// As the `python` program: environment variables, the user site folder and the locale count, and signals are
    /// handled.
    pub fn python() -> Self {
        Self { isolated: false, utf8_mode: None, ..Self::isolated() }
    }

    /// Where Python is installed (`PYTHONHOME`): the folder with `lib/python3.x`.
    #[must_use]
    pub fn home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.home = Some(folder.into());
        self
    }

    /// The same with the installation that the program was built for, where the build could ask it. Only for programs
    /// that run where they are built, such as tests: `target/debug` has no `lib/python3.x` beside it, which is how a
    /// relocatable CPython, such as uv's, finds its own.
    ///
    /// ```no_run
    /// # use insula::embed::{Config, Error, Runtime, Value};
    /// let runtime = Runtime::start(&Config::isolated().home_of_build())?;
    /// assert_eq!(runtime.main().eval("6 * 7")?, Value::Int(42));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn home_of_build(mut self) -> Self {
        self.home = option_env!("INSULA_PYTHON_HOME").map(PathBuf::from);
        self
    }

    /// `sys.executable`: what Python code starts when it wants another Python.
    #[must_use]
    pub fn executable(mut self, program: impl Into<PathBuf>) -> Self {
        self.executable = Some(program.into());
        self
    }

    /// `sys.argv`. None of it is taken as an option.
    #[must_use]
    pub fn argv<I: IntoIterator<Item: Into<OsString>>>(mut self, arguments: I) -> Self {
        self.argv = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// `sys.path`, instead of what CPython would work out.
    #[must_use]
    pub fn module_search_paths<I: IntoIterator<Item: Into<PathBuf>>>(mut self, folders: I) -> Self {
        self.search_paths = Some(folders.into_iter().map(Into::into).collect());
        self
    }

    /// Whether file names and standard streams are UTF-8 whatever the locale says.
    #[must_use]
    pub fn utf8_mode(mut self, yes: bool) -> Self {
        self.utf8_mode = Some(yes);
        self
    }

    /// Whether the `site` module is imported, which adds `site-packages`.
    #[must_use]
    pub fn site_import(mut self, yes: bool) -> Self {
        self.site_import = Some(yes);
        self
    }

    /// Whether `.pyc` files are written.
    #[must_use]
    pub fn write_bytecode(mut self, yes: bool) -> Self {
        self.write_bytecode = Some(yes);
        self
    }

    /// Whether Python handles signals, as by raising `KeyboardInterrupt`.
    #[must_use]
    pub fn signal_handlers(mut self, yes: bool) -> Self {
        self.signal_handlers = Some(yes);
        self
    }

    /// Whether Python's memory is checked: what is freed is overwritten, and writing past an end is found
    /// (`PYTHONMALLOC=debug`). For tests: it costs time and memory. Not for threads on CPython 3.12, which takes the
    /// checks away for a moment while it makes an interpreter: what other threads free then ends the process.
    #[must_use]
    pub fn debug_memory(mut self, yes: bool) -> Self {
        self.debug_memory = yes;
        self
    }

    /// Lets every interpreter import a module that is part of the program.
    #[must_use]
    pub fn builtin(mut self, module: Builtin) -> Self {
        self.builtins.push(module);
        self
    }

    /// Whether CPython can take the names and paths.
    pub(super) fn check(&self) -> Result<(), Error> {
        let paths = self.home.iter().chain(&self.executable).chain(self.search_paths.iter().flatten());
        let texts = paths.map(|path| path.as_os_str()).chain(self.argv.iter().map(OsString::as_os_str));
        texts.map(c_string).try_for_each(|text| text.map(drop))
    }

    /// Starts CPython; the thread is attached to the main interpreter then.
    ///
    /// # Safety
    ///
    /// CPython is not initialised, and no other thread does anything with it.
    pub(super) unsafe fn start(&self) -> Result<(), Error> {
        // SAFETY: the caller's promise: the table of built-in modules may be changed, and CPython be initialised. The
        // configurations are initialised by the functions that CPython has for it before anything else is done with
        // them.
        unsafe {
            let mut pre = MaybeUninit::uninit();
            if self.isolated {
                ffi::PyPreConfig_InitIsolatedConfig(pre.as_mut_ptr());
            } else {
                ffi::PyPreConfig_InitPythonConfig(pre.as_mut_ptr());
            }
            let mut pre = pre.assume_init();
            pre.parse_argv = 0;
            set(&mut pre.utf8_mode, self.utf8_mode);
            if self.debug_memory {
                pre.allocator = ALLOCATOR_DEBUG;
            }
            status(ffi::Py_PreInitialize(&pre))?;

            for module in &self.builtins {
                if ffi::PyImport_AppendInittab(module.name.as_ptr(), Some(module.init)) != 0 {
                    return Err(Error::Failed("no memory for the table of built-in modules".to_owned()));
                }
            }

            let mut config = Filled::new(self.isolated);
            let result = self.fill(&mut config.0).and_then(|()| status(ffi::Py_InitializeFromConfig(&config.0)));
            drop(config);
            result
        }
    }

    /// # Safety
    ///
    /// `config` is initialised, and CPython pre-initialised.
    unsafe fn fill(&self, config: &mut ffi::PyConfig) -> Result<(), Error> {
        config.parse_argv = 0;
        set(&mut config.site_import, self.site_import);
        set(&mut config.write_bytecode, self.write_bytecode);
        set(&mut config.install_signal_handlers, self.signal_handlers);
        let all: *mut ffi::PyConfig = config;
        // SAFETY: the places are fields of the initialised configuration, which takes copies of the NUL-terminated
        // strings; what Py_DecodeLocale returns is freed as it demands.
        unsafe {
            if let Some(home) = &self.home {
                let home = c_string(home.as_os_str())?;
                status(ffi::PyConfig_SetBytesString(all, &raw mut (*all).home, home.as_ptr()))?;
            }
            if let Some(executable) = &self.executable {
                let executable = c_string(executable.as_os_str())?;
                status(ffi::PyConfig_SetBytesString(all, &raw mut (*all).executable, executable.as_ptr()))?;
                status(ffi::PyConfig_SetBytesString(all, &raw mut (*all).program_name, executable.as_ptr()))?;
            }
            if !self.argv.is_empty() {
                let strings: Vec<CString> = self.argv.iter().map(|text| c_string(text)).collect::<Result<_, _>>()?;
                let mut pointers: Vec<_> = strings.iter().map(|text| text.as_ptr()).collect();
                let count = pointers.len().cast_signed();
                status(ffi::PyConfig_SetBytesArgv(all, count, pointers.as_mut_ptr().cast()))?;
            }
            if let Some(folders) = &self.search_paths {
                (*all).module_search_paths_set = 1;
                for folder in folders {
                    let folder = c_string(folder.as_os_str())?;
                    let wide = ffi::Py_DecodeLocale(folder.as_ptr(), std::ptr::null_mut());
                    if wide.is_null() {
                        return Err(Error::Invalid(format!("{folder:?} cannot be decoded; give another path")));
                    }
                    let appended = ffi::PyWideStringList_Append(&raw mut (*all).module_search_paths, wide);
                    ffi::PyMem_RawFree(wide.cast());
                    status(appended)?;
                }
            }
        }
        Ok(())
    }
}

/// A `PyConfig`, cleared in the end.
struct Filled(ffi::PyConfig);

impl Filled {
    /// # Safety
    ///
    /// CPython is pre-initialised.
    unsafe fn new(isolated: bool) -> Self {
        let mut config = MaybeUninit::uninit();
        // SAFETY: the functions initialise all of it.
        unsafe {
            if isolated {
                ffi::PyConfig_InitIsolatedConfig(config.as_mut_ptr());
            } else {
                ffi::PyConfig_InitPythonConfig(config.as_mut_ptr());
            }
            Self(config.assume_init())
        }
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { ffi::PyConfig_Clear(&mut self.0) }
    }
}

fn set(place: &mut c_int, value: Option<bool>) {
    if let Some(value) = value {
        *place = value.into();
    }
}

fn c_string(text: &OsStr) -> Result<CString, Error> {
    let message =
        |_| Error::Invalid(format!("{} contains a NUL, which CPython cannot take; remove it", text.display()));
    CString::new(text.as_bytes()).map_err(message)
}

/// What a `PyStatus` says.
pub(super) fn status(status: ffi::PyStatus) -> Result<(), Error> {
    // SAFETY: reads the value; `err_msg` is NULL or a NUL-terminated string that CPython keeps.
    unsafe {
        if ffi::PyStatus_Exception(status) == 0 {
            return Ok(());
        }
        if ffi::PyStatus_IsExit(status) != 0 {
            return Err(Error::Failed(format!("it wants the process to exit with {}", status.exitcode)));
        }
        if status.err_msg.is_null() {
            return Err(Error::Failed("it gave no reason".to_owned()));
        }
        Err(Error::Failed(std::ffi::CStr::from_ptr(status.err_msg).to_string_lossy().into_owned()))
    }
}
