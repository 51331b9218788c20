//! The native half of `insula_isolate`: private images, and what a pool of interpreters needs that Python code cannot
//! do.

#![forbid(unsafe_code)]

/// The native half of insula_isolate. Not for use by hand.
#[insula::module]
mod _native {
    use std::collections::{BTreeMap, HashMap};
    use std::ffi::OsString;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::Duration;

    use insula::ProcessGlobal;
    use insula::prelude::*;
    use insula_image::Rules;

    #[state]
    struct State<'py> {
        /// Of single-phase modules whose init function runs only once: what their first dictionary held, by file and
        /// name.
        kept: Obj<'py, Dict>,
        /// `sys.base_prefix`'s library folder: not a bundle.
        library_folder: Obj<'py>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        let py = module.py();
        let prefix = py.import("sys")?.getattr("base_prefix")?;
        let library_folder = py.import("os")?.getattr("path")?.getattr("join")?.call((&prefix, "lib"))?;
        // Of all exit functions it is to run last, since the interpreter still works while the others do; so it is
        // registered first.
        py.import("atexit")?.getattr("register")?.call_one(&module.getattr("begin_to_end")?)?;
        Ok(State { kept: Dict::new(py)?, library_folder })
    }

    fn rules<'py>(cx: Cx<'py, State<'py>>, shared: &[String]) -> PyResult<'py, Rules> {
        let folder: PathBuf = cx.state().library_folder.extract()?;
        Rules::new(shared, vec![folder]).map_err(PyErr::from_error)
    }

    /// Loads this interpreter's private image of a file and makes the module that the spec names; None if the module
    /// declares per-interpreter GIL and unless_declared is true.
    #[function]
    fn load<'py>(
        cx: Cx<'py, State<'py>>,
        spec: &Obj<'py>,
        path: PathBuf,
        shared: Vec<String>,
        unless_declared: bool,
    ) -> PyResult<'py, Option<Obj<'py>>> {
        let rules = rules(cx, &shared)?;
        let key = (path.as_os_str(), spec.getattr("name")?).into_py(cx.py())?;
        let kept = cx.state().kept.get(&key)?;
        let kept = kept.as_ref().and_then(|kept| kept.downcast::<Dict>());
        let Some(loaded) = insula_image::load(spec, &path, rules, unless_declared, kept)? else { return Ok(None) };
        if let Some(dict) = loaded.kept {
            cx.state().kept.set(&key, dict)?;
        }
        Ok(Some(loaded.module))
    }

    /// Lets no new native thread into the interpreter, and gives those inside time to leave. For atexit.
    #[function]
    fn begin_to_end<'py>(py: Py<'py>) -> PyResult<'py, ()> {
        insula_image::begin_to_end(py)
    }

    /// How many native threads run Python code in this interpreter, and do not stop in time.
    #[function]
    fn native_threads_left<'py>(py: Py<'py>) -> PyResult<'py, usize> {
        insula_image::native_threads_left(py)
    }

    /// Whether the module of this full name that was loaded from the file has declared to support a GIL per interpreter.
    #[function]
    fn declares<'py>(py: Py<'py>, path: PathBuf, name: &str) -> bool {
        insula_image::declares(py, &path, name)
    }

    /// What the file says of itself, without loading it.
    #[function]
    fn inspect<'py>(
        cx: Cx<'py, State<'py>>,
        path: PathBuf,
        name: &str,
        shared: Vec<String>,
    ) -> PyResult<'py, Obj<'py, Dict>> {
        let py = cx.py();
        let file = insula_image::inspect(py, &path, name, &rules(cx, &shared)?)?;
        let dict = Dict::new(py)?;
        dict.set("init", file.init)?;
        dict.set("phase", file.phase)?;
        dict.set("needed", file.needed)?;
        dict.set("private", file.private.into_iter().map(PathBuf::into_os_string).collect::<Vec<_>>())?;
        dict.set("process_wide", file.process_wide)?;
        dict.set("static_tls", file.static_tls)?;
        Ok(dict)
    }

    /// The images of this interpreter.
    #[function]
    fn images<'py>(cx: Cx<'py, State<'py>>) -> PyResult<'py, Vec<Obj<'py, Dict>>> {
        let py = cx.py();
        let mut images = Vec::new();
        for image in insula_image::images(py)? {
            let dict = Dict::new(py)?;
            dict.set("path", image.path.into_os_string())?;
            dict.set("serial", image.serial)?;
            dict.set("address", image.address)?;
            dict.set("size", image.size)?;
            dict.set("kind", if image.is_extension { "extension" } else { "library" })?;
            dict.set("bound", image.bound)?;
            dict.set("exit_functions", image.exit_functions)?;
            dict.set("threads", image.threads)?;
            dict.set("tied", image.tied)?;
            images.push(dict);
        }
        Ok(images)
    }

    /// Names of functions that images of this interpreter called and that do nothing here.
    #[function]
    fn refused<'py>(cx: Cx<'py, State<'py>>) -> PyResult<'py, Vec<&'static str>> {
        insula_image::refused(cx.py())
    }

    /// How many images there are in the process, and how many were closed, or stay though their interpreter has ended.
    #[function]
    fn counts<'py>(cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Dict>> {
        let py = cx.py();
        let counts = insula_image::counts(py);
        let dict = Dict::new(py)?;
        dict.set("open", counts.open)?;
        dict.set("closed", counts.closed)?;
        dict.set("kept", counts.kept.iter().map(|(_, count)| count).sum::<usize>())?;
        dict.set("kept_why", counts.kept.into_iter().collect::<BTreeMap<_, _>>())?;
        dict.set("hung_threads", counts.hung_threads)?;
        Ok(dict)
    }

    /// Closes the images of interpreters that have ended, where that is safe; gives counts().
    #[function]
    fn reap<'py>(cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Dict>> {
        insula_image::reap(cx.py());
        counts(cx)
    }

    /// For each image, by path, the words of its variables that are not zero; also of the files in others, if they are
    /// loaded.
    #[function(signature = (others = Vec::new()))]
    fn pointers<'py>(cx: Cx<'py, State<'py>>, others: Vec<PathBuf>) -> PyResult<'py, Vec<(OsString, Vec<usize>)>> {
        let images = insula_image::pointers(cx.py(), &others)?;
        Ok(images.into_iter().map(|(path, words)| (path.into_os_string(), words)).collect())
    }

    /// The addresses of the objects that another interpreter's garbage collector tracks now; None where interpreters
    /// may have GILs of their own, or if there is no such interpreter.
    #[function]
    fn tracked<'py>(py: Py<'py>, interpreter: i64) -> Option<Vec<usize>> {
        insula_image::tracked(py, interpreter)
    }

    /// The number of this interpreter.
    #[function]
    fn interpreter<'py>(cx: Cx<'py, State<'py>>) -> i64 {
        insula_image::interpreter(cx.py()).0
    }

    /// Whether this is the main interpreter.
    #[function]
    fn is_main<'py>(cx: Cx<'py, State<'py>>) -> bool {
        insula_image::interpreter(cx.py()).1
    }

    /// Bytes on their way from one interpreter to another.
    static MAIL: ProcessGlobal<Option<HashMap<u64, Vec<u8>>>> = ProcessGlobal::new(None);

    /// Leaves bytes under a number, for any interpreter.
    #[function]
    fn put<'py>(py: Py<'py>, key: u64, data: &[u8]) -> PyResult<'py, ()> {
        let data = data.to_vec();
        MAIL.with(py, |mail| mail.get_or_insert_default().insert(key, data)).map(drop)
    }

    /// Takes the bytes that were left under a number; None if there are none.
    #[function]
    fn take<'py>(py: Py<'py>, key: u64) -> PyResult<'py, Option<Obj<'py, Bytes>>> {
        let data = MAIL.with(py, |mail| mail.get_or_insert_default().remove(&key))?;
        data.map(|data| Bytes::new(py, &data)).transpose()
    }

    /// A number that was not given before in this process.
    #[function]
    fn key() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    static IMPORTING: AtomicBool = AtomicBool::new(false);

    /// Waits until no other interpreter holds the lock of imports, and takes it.
    #[function]
    fn lock_imports<'py>(py: Py<'py>) -> PyResult<'py, ()> {
        while IMPORTING.swap(true, Ordering::Acquire) {
            py.detach((), |()| std::thread::sleep(Duration::from_millis(1)));
        }
        Ok(())
    }

    /// Gives the lock of imports back.
    #[function]
    fn unlock_imports() {
        IMPORTING.store(false, Ordering::Release);
    }
}
