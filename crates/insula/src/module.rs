//! Multi-phase initialisation: how a module object gets its types and state, and how it lets go of them (HOWTO, "Module State
//! Management").

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use pyo3_ffi as ffi;

use crate::boundary::{enter, enter_silent, note_places};
use crate::brand::Py;
use crate::class::{ClassDef, make_class};
use crate::class_state::{ClassStateDef, make_class_state};
use crate::err::{PyErr, PyResult};
use crate::exceptions::{BuiltinException, ExceptionBase, ExceptionDef, ImportError, SystemError};
use crate::foreign;
use crate::freelist::FreeList;
use crate::making::ExecScope;
use crate::obj::Obj;
use crate::root::Recorded;
use crate::trace::{Trace, Visitor};
use crate::types::{Module, Str, Type};

/// What `#[module]` says about a module.
///
/// # Safety
///
/// For the macro to implement. `Objects` and `FreeLists` are arrays with one item for each of `ENTRIES`, in the same order, and the `INDEX` of
/// each class and exception of the module is its place there.
pub unsafe trait ModuleDef: 'static + Sized {
    /// The module state, `#[state]`.
    type State: StateDef<Module = Self> + 'static;
    /// The table of types, exceptions and names.
    type Objects: AsRef<[*mut ffi::PyObject]> + AsMut<[*mut ffi::PyObject]>;
    /// A free list for each of the entries; those of classes are used.
    type FreeLists: AsMut<[FreeList]>;
    /// The module's name.
    const NAME: &'static CStr;
    /// Whether only one module object may exist in the process, and whether one does (`once_per_process`).
    const ONCE: Option<&'static AtomicBool>;
    /// The classes, exceptions and names of parameters, in the order in which they are made.
    const ENTRIES: &'static [EntryDef];

    /// The user's `#[exec]`.
    ///
    /// # Errors
    ///
    /// What it raises.
    fn exec<'py>(
        module: &Obj<'py, Module>,
        scope: &ExecScope<'py, Self>,
    ) -> PyResult<'py, <Self::State as StateDef>::Of<'py>>;
}

/// The state type of a module, with any brand.
///
/// # Safety
///
/// For the macro to implement: `Of<'b>` is this type with the brand `'b`. It is `Module::State` itself, or what that wraps
/// transparently.
pub unsafe trait StateDef: Sized {
    /// The state with a brand.
    type Of<'b>: Trace<'b>;
    /// The module whose state this is.
    type Module: ModuleDef;
}

/// Makes a type for a module object; the entries before it are made already.
type Make = for<'py> fn(&Obj<'py, Module>, &[*mut ffi::PyObject]) -> PyResult<'py, Obj<'py, Type>>;

/// Makes an object for a module object; the types are made already.
type MakeInstance = for<'py> fn(&Obj<'py, Module>, &[*mut ffi::PyObject]) -> PyResult<'py, Obj<'py>>;

/// What every module object makes for itself, in exec.
pub enum EntryDef {
    /// A class or an exception, also put into the module's `__dict__`.
    Type(Make),
    /// A class that only Rust code knows.
    Hidden(Make),
    /// The state of a class, an instance of a hidden class.
    Instance(MakeInstance),
    /// The name of a parameter, interned.
    Name(&'static CStr),
}

impl EntryDef {
    /// A class.
    pub const fn class<C: ClassDef>() -> Self {
        EntryDef::Type(make_class::<C>)
    }

    /// A class whose base is found now.
    pub const fn foreign<C: ClassDef>() -> Self {
        EntryDef::Type(foreign::make_class::<C>)
    }

    /// The type of the objects with the fields of such a class.
    pub const fn fields<C: ClassDef>() -> Self {
        EntryDef::Hidden(foreign::make_fields::<C>)
    }

    /// The state of a class.
    pub const fn class_state<C: ClassStateDef>() -> Self {
        EntryDef::Instance(make_class_state::<C>)
    }

    /// A class with the option `hidden`.
    pub const fn hidden<C: ClassDef>() -> Self {
        EntryDef::Hidden(make_class::<C>)
    }

    /// An exception.
    pub const fn exception<E: ExceptionDef>() -> Self {
        EntryDef::Type(make_exception::<E>)
    }
}

fn make_exception<'py, E: ExceptionDef>(
    module: &Obj<'py, Module>,
    made: &[*mut ffi::PyObject],
) -> PyResult<'py, Obj<'py, Type>> {
    let doc = E::DOC.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: name and docstring are NUL-terminated, the base is a live exception class; the result is a new class or NULL.
    unsafe {
        let base = E::Base::base_ptr(made);
        Obj::from_owned(module.py(), ffi::PyErr_NewExceptionWithDoc(E::NAME.as_ptr(), doc, base, std::ptr::null_mut()))
    }
}

/// What lies in the memory that CPython allocates for a module object (`m_size` bytes, zeroed before exec).
#[repr(C)]
pub struct Block<M: ModuleDef> {
    /// Whether `state` is written. Zeroed memory says no.
    ready: AtomicBool,
    /// Whether exec was called; it also was if it failed.
    begun: AtomicBool,
    /// The types and exceptions, owned; NULL until made.
    objects: UnsafeCell<M::Objects>,
    /// Emptied before the types are released.
    free_lists: UnsafeCell<M::FreeLists>,
    state: UnsafeCell<MaybeUninit<M::State>>,
    /// What leads back to the interpreter from outside; zeroed until somebody asks for it.
    pub(crate) record: Recorded,
}

impl<M: ModuleDef> Block<M> {
    /// The size in bytes, for `m_size`; refuses at compile time what CPython's allocator could not align.
    pub(crate) const SIZE: ffi::Py_ssize_t = {
        assert!(
            align_of::<Self>() <= 2 * size_of::<usize>(),
            "the module state must not demand an alignment above two words: CPython's allocator does not give it"
        );
        size_of::<Self>().cast_signed()
    };

    /// The block of a module object, or nothing before exec.
    ///
    /// # Safety
    ///
    /// `module` is alive and was made from `M`'s definition; the thread is attached.
    #[inline]
    pub(crate) unsafe fn of(module: *mut ffi::PyObject) -> Option<NonNull<Self>> {
        // SAFETY: a module object; its state memory, if any, is `m_size` bytes: a `Block<M>`, valid when zeroed.
        NonNull::new(unsafe { ffi::PyModule_GetState(module) }.cast())
    }

    /// The same during garbage collection.
    ///
    /// # Safety
    ///
    /// As [`Block::of`].
    unsafe fn of_during_gc(module: *mut ffi::PyObject) -> Option<NonNull<Self>> {
        // SAFETY: as in `of`; from 3.15 on this is the function that a traverse may call.
        #[cfg(Py_3_15)]
        let state = unsafe { ffi::PyModule_GetState_DuringGC(module) };
        // SAFETY: as in `of`.
        #[cfg(not(Py_3_15))]
        let state = unsafe { ffi::PyModule_GetState(module) };
        NonNull::new(state.cast())
    }

    /// The state, if exec has finished and nothing has cleared it.
    #[inline]
    pub(crate) fn state(&self) -> Option<NonNull<M::State>> {
        let ready = self.ready.load(Ordering::Acquire);
        ready.then(|| NonNull::from(&self.state).cast())
    }

    /// The state of a block that `state` said is initialised.
    #[inline]
    pub(crate) fn state_unchecked(&self) -> NonNull<M::State> {
        NonNull::from(&self.state).cast()
    }

    /// A place in the table while exec may be at work, which fills it: where there is no GIL, another thread may have found a class
    /// that is made already.
    pub(crate) fn place(&self, index: usize) -> &AtomicPtr<ffi::PyObject> {
        assert!(index < M::ENTRIES.len(), "the index of an entry");
        // SAFETY: the table is an array with so many items, and lives as long as `self`. Exec fills it through this function only, and
        // nobody borrows an item that it has not filled.
        unsafe { AtomicPtr::from_ptr(self.objects.get().cast::<*mut ffi::PyObject>().add(index)) }
    }

    /// The place of a type or exception of the module; NULL until exec made it.
    #[inline]
    pub(crate) fn object(&self, index: usize) -> &*mut ffi::PyObject {
        // SAFETY: the table changes only in exec and when the module dies, never while a call borrows the initialised block.
        unsafe { &(*self.objects.get()).as_ref()[index] }
    }

    /// The free list of a class. Who follows the pointer sees to it that nobody else does.
    #[inline]
    pub(crate) fn free_list(&self, index: usize) -> NonNull<FreeList> {
        // SAFETY: the borrow of the table ends here; it never moves.
        NonNull::from(unsafe { &mut (*self.free_lists.get()).as_mut()[index] })
    }

    /// `count` of them from `first` on.
    #[inline]
    pub(crate) fn objects(&self, first: usize, count: usize) -> &[*mut ffi::PyObject] {
        // SAFETY: as in `object`.
        unsafe { &(*self.objects.get()).as_ref()[first..first + count] }
    }

    /// Takes the state out, so that the block counts as not initialised, and drops it.
    ///
    /// # Safety
    ///
    /// No borrow of the state is alive. CPython calls this for a module that is unreachable: a running function or method holds
    /// its function object or instance, which holds the module.
    unsafe fn drop_state(&self) {
        if self.ready.swap(false, Ordering::AcqRel) {
            // SAFETY: `ready` said that the state is written; it is read out once, because `ready` is now false.
            drop(unsafe { (*self.state.get()).assume_init_read() });
        }
    }
}

/// `Py_mod_exec`.
pub(crate) unsafe extern "C" fn exec<M: ModuleDef>(module: *mut ffi::PyObject) -> c_int {
    // SAFETY: CPython calls exec on an attached thread with a module object made from `M`'s definition.
    unsafe {
        enter(|py| {
            let Some(block) = Block::<M>::of(module) else {
                return Err(SystemError::new_err(py, "the module has no memory for its state"));
            };
            let block = block.as_ref();
            // One call has it, whatever Python code runs meanwhile, and on which thread.
            if block.begun.swap(true, Ordering::AcqRel) {
                return Err(ImportError::new_err(py, "the module was executed before"));
            }
            note_places();
            let once = Once::begin::<M>(py)?;
            let module = Obj::<Module>::from_place(&module);
            for (index, entry) in M::ENTRIES.iter().enumerate() {
                let made = match entry {
                    EntryDef::Type(make) => {
                        let made = make(module, (*block.objects.get()).as_ref())?;
                        PyErr::check(py, ffi::PyModule_AddType(module.as_ptr(), made.as_ptr().cast()))?;
                        made.into_any()
                    }
                    EntryDef::Hidden(make) => make(module, (*block.objects.get()).as_ref())?.into_any(),
                    EntryDef::Instance(make) => make(module, (*block.objects.get()).as_ref())?,
                    EntryDef::Name(name) => Str::intern(py, name)?.into_any(),
                };
                block.place(index).store(made.into_ptr(), Ordering::Release);
            }
            let state = M::exec(module, &ExecScope::new(py, NonNull::from(block)))?;
            // The brand of the stored value is erased; every later entry puts its own in its place.
            (*block.state.get()).as_mut_ptr().cast::<<M::State as StateDef>::Of<'_>>().write(state);
            block.ready.store(true, Ordering::Release);
            once.keep();
            Ok(0)
        })
    }
}

/// The claim of a `once_per_process` module to be the first; given up again if its exec fails.
struct Once(Option<&'static AtomicBool>);

impl Once {
    fn begin<M: ModuleDef>(py: Py<'_>) -> PyResult<'_, Self> {
        if M::ONCE.is_some_and(|loaded| loaded.swap(true, Ordering::AcqRel)) {
            return Err(ImportError::new_err(py, "cannot load module more than once per process"));
        }
        Ok(Once(M::ONCE))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Once {
    fn drop(&mut self) {
        if let Some(loaded) = self.0 {
            loaded.store(false, Ordering::Release);
        }
    }
}

/// `m_traverse`.
pub(crate) unsafe extern "C" fn traverse<M: ModuleDef>(
    module: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, arg);
    // SAFETY: CPython traverses a live module object made from `M`'s definition. The references are the block's own. The state
    // is traced as `State<'static>`, whose layout is that of every brand.
    unsafe {
        if let Some(block) = Block::<M>::of_during_gc(module) {
            for &object in (*block.as_ref().objects.get()).as_ref() {
                visitor.visit(object);
            }
            if let Some(state) = block.as_ref().state() {
                state.cast::<<M::State as StateDef>::Of<'static>>().as_ref().trace(&mut visitor);
            }
        }
    }
    visitor.status()
}

/// `m_clear`: the collector found the module unreachable.
pub(crate) unsafe extern "C" fn clear<M: ModuleDef>(module: *mut ffi::PyObject) -> c_int {
    // SAFETY: a live module object made from `M`'s definition, attached. It is unreachable, so no call is running that borrows
    // the state: a call holds its function object, instance or class, and each of these holds the module.
    unsafe {
        enter_silent(|| {
            if let Some(block) = Block::<M>::of(module) {
                block.as_ref().drop_state();
            }
        });
    }
    0
}

/// `m_free`: the module object dies; also when exec failed half-way or never ran.
pub(crate) unsafe extern "C" fn free<M: ModuleDef>(module: *mut c_void) {
    // SAFETY: a dying module object made from `M`'s definition, attached. Nothing can call into it any more.
    unsafe {
        enter_silent(|| {
            let Some(block) = Block::<M>::of(module.cast()) else {
                return;
            };
            let block = block.as_ref();
            block.drop_state();
            block.record.release();
            for list in (*block.free_lists.get()).as_mut() {
                list.empty();
            }
            for index in 0..M::ENTRIES.len() {
                let object = std::mem::replace(&mut (*block.objects.get()).as_mut()[index], std::ptr::null_mut());
                ffi::Py_XDECREF(object);
            }
        });
    }
}

/// What an `#[exec]` may return: the state, or a result of it.
pub fn exec_result<'py, S, R: ExecResult<'py, S>>(result: R) -> PyResult<'py, S> {
    result.into_result()
}

/// See [`exec_result`].
pub trait ExecResult<'py, S> {
    /// As a result.
    ///
    /// # Errors
    ///
    /// The error it is.
    fn into_result(self) -> PyResult<'py, S>;
}

impl<'py, S: StateDef> ExecResult<'py, S> for S {
    fn into_result(self) -> PyResult<'py, S> {
        Ok(self)
    }
}

impl<'py, S: StateDef> ExecResult<'py, S> for PyResult<'py, S> {
    fn into_result(self) -> PyResult<'py, S> {
        self
    }
}
