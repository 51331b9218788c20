// Planted defects in Rust, with nothing but the declarations of the C-API that it needs.
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

type Object = c_void;
type Function = unsafe extern "C" fn(*mut Object, *mut Object) -> *mut Object;

#[repr(C)]
struct MethodDef(*const c_char, Option<Function>, c_int, *const c_char);
#[repr(C)]
struct Slot(c_int, *mut c_void);
#[repr(C)]
struct ModuleDef {
    head: [usize; 5],
    name: *const c_char,
    doc: *const c_char,
    size: isize,
    methods: *const [MethodDef; 2],
    slots: *const [Slot; 2],
    rest: [usize; 3],
}
#[repr(transparent)]
struct Shared<T>(T);
// SAFETY: CPython is the only one that uses these tables, under its GIL.
unsafe impl<T> Sync for Shared<T> {}

unsafe extern "C" {
    fn PyList_New(size: isize) -> *mut Object;
    fn PyUnicode_AsUTF8(text: *mut Object) -> *const c_char;
    fn PyErr_Clear();
    fn PyLong_FromLong(number: i64) -> *mut Object;
    fn PyModuleDef_Init(definition: *mut c_void) -> *mut Object;
}

static CONTENTS: AtomicPtr<Object> = AtomicPtr::new(null_mut()); /* here: INS101 */

mod shelf {
    use super::*;
    pub static BOOKS: AtomicPtr<Object> = AtomicPtr::new(null_mut()); /* here: INS101 */
}

// The compiler notes the line of the macro.
thread_local! { /* here: INS108 */
    static LAST: Cell<*mut Object> = const { Cell::new(null_mut()) };
}

unsafe extern "C" fn first_letter(_: *mut Object, text: *mut Object) -> *mut Object { /* here: INS401 */
    // SAFETY: none, that is the defect: what is no text has no letters.
    unsafe {
        let letters = PyUnicode_AsUTF8(text);
        PyErr_Clear();
        PyLong_FromLong(i64::from(*letters))
    }
}

unsafe extern "C" fn execute(_: *mut Object) -> c_int {
    // SAFETY: CPython calls this with its GIL held.
    unsafe {
        CONTENTS.store(PyList_New(0), Ordering::Relaxed);
        shelf::BOOKS.store(PyList_New(0), Ordering::Relaxed);
        LAST.set(PyList_New(0));
    }
    0
}

static METHODS: Shared<[MethodDef; 2]> = Shared([
    MethodDef(c"first_letter".as_ptr(), Some(first_letter), 8, std::ptr::null()),
    MethodDef(std::ptr::null(), None, 0, std::ptr::null()),
]);
static SLOTS: Shared<[Slot; 2]> = Shared([Slot(2, execute as *mut c_void), Slot(0, null_mut())]);
static mut DEFINITION: ModuleDef = ModuleDef { /* here: module */
    head: [1, 0, 0, 0, 0],
    name: c"bag".as_ptr(),
    doc: std::ptr::null(),
    size: 0,
    methods: &METHODS.0,
    slots: &SLOTS.0,
    rest: [0; 3],
};

#[unsafe(no_mangle)]
pub extern "C" fn PyInit_bag() -> *mut Object {
    // SAFETY: the definition lives as long as the file is loaded.
    unsafe { PyModuleDef_Init((&raw mut DEFINITION).cast()) }
}
