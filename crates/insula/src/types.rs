//! The built-in types that an [`Obj`] can be known to be, and what can be done with each.

use std::ffi::CStr;

use pyo3_ffi as ffi;

use crate::brand::Py;
use crate::convert::IntoPy;
use crate::err::{PyErr, PyResult};
use crate::obj::{Name, Obj};

/// A built-in type.
///
/// # Safety
///
/// `check` is true only for instances of the type or of a subclass.
pub unsafe trait Native {
    /// The type's name in Python.
    const NAME: &'static str;

    /// Whether the object is an instance of the type or of a subclass.
    ///
    /// # Safety
    ///
    /// `object` is alive and the thread is attached.
    #[doc(hidden)]
    unsafe fn check(object: *mut ffi::PyObject) -> bool;
}

macro_rules! native {
    ($($(#[$doc:meta])* $name:ident $python:literal $check:ident;)*) => { $(
        $(#[$doc])*
        pub enum $name {}
        // SAFETY: CPython's own check of the type or a subclass.
        unsafe impl Native for $name {
            const NAME: &'static str = $python;
            #[inline]
            unsafe fn check(object: *mut ffi::PyObject) -> bool {
                // SAFETY: alive, by the caller's promise.
                unsafe { ffi::$check(object) != 0 }
            }
        }
    )* };
}

native! {
    /// Python's `str`.
    Str "str" PyUnicode_Check;
    /// Python's `bytes`.
    Bytes "bytes" PyBytes_Check;
    /// Python's `bytearray`. Its memory moves, so it is only ever copied.
    ByteArray "bytearray" PyByteArray_Check;
    /// Python's `int`.
    Int "int" PyLong_Check;
    /// Python's `float`.
    Float "float" PyFloat_Check;
    /// Python's `bool`.
    Bool "bool" PyBool_Check;
    /// Python's `tuple`.
    Tuple "tuple" PyTuple_Check;
    /// Python's `list`.
    List "list" PyList_Check;
    /// Python's `dict`.
    Dict "dict" PyDict_Check;
    /// A type object.
    Type "type" PyType_Check;
    /// A module object.
    Module "module" PyModule_Check;
}

impl Str {
    /// A new `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, text: &str) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: the pointer and length are those of valid UTF-8; the length of a Rust slice fits Py_ssize_t.
        unsafe { Obj::from_owned(py, ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len().cast_signed())) }
    }

    /// An interned `str`, for names that are looked up often. Keep it in the module state: interning is per interpreter.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn intern<'py>(py: Py<'py>, text: &CStr) -> PyResult<'py, Obj<'py, Str>> {
        // SAFETY: a NUL-terminated string; invalid UTF-8 raises.
        unsafe { Obj::from_owned(py, ffi::PyUnicode_InternFromString(text.as_ptr())) }
    }
}

impl<'py> Obj<'py, Str> {
    /// The text as UTF-8, without a copy of its own (CPython caches the encoded form).
    ///
    /// # Errors
    ///
    /// `UnicodeEncodeError` if the text contains a lone surrogate; `MemoryError`.
    pub fn to_str(&self) -> PyResult<'py, &str> {
        let mut length = 0;
        // SAFETY: a live `str`.
        let text = unsafe { ffi::PyUnicode_AsUTF8AndSize(self.as_ptr(), &mut length) };
        if text.is_null() {
            return Err(PyErr::take(self.py()));
        }
        // SAFETY: CPython returns valid UTF-8 of that length, cached in the immutable `str` for as long as it lives; `&self`
        // keeps it alive.
        unsafe { Ok(std::str::from_utf8_unchecked(std::slice::from_raw_parts(text.cast(), length.cast_unsigned()))) }
    }
}

impl Bytes {
    /// A new `bytes`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, data: &[u8]) -> PyResult<'py, Obj<'py, Bytes>> {
        // SAFETY: pointer and length are those of a slice.
        unsafe { Obj::from_owned(py, ffi::PyBytes_FromStringAndSize(data.as_ptr().cast(), data.len().cast_signed())) }
    }
}

impl Obj<'_, Bytes> {
    /// The data, without a copy.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: a live `bytes` object is immutable; its memory lives as long as `&self` keeps it alive.
        unsafe {
            let data = ffi::PyBytes_AsString(self.as_ptr()).cast::<u8>();
            std::slice::from_raw_parts(data, ffi::PyBytes_Size(self.as_ptr()).cast_unsigned())
        }
    }
}

impl Dict {
    /// A new, empty `dict`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new(py: Py<'_>) -> PyResult<'_, Obj<'_, Dict>> {
        // SAFETY: no precondition but attachment.
        unsafe { Obj::from_owned(py, ffi::PyDict_New()) }
    }
}

impl<'py> Obj<'py, Dict> {
    /// `self.get(key)`: a new reference, or nothing if there is no such key.
    ///
    /// # Errors
    ///
    /// What the key's `__hash__` or `__eq__` raises.
    pub fn get<T>(&self, key: &Obj<'py, T>) -> PyResult<'py, Option<Obj<'py>>> {
        #[cfg(Py_3_13)]
        {
            let mut found = std::ptr::null_mut();
            // SAFETY: both objects are alive; `found` is a new reference, or NULL if there is none.
            unsafe {
                match ffi::PyDict_GetItemRef(self.as_ptr(), key.as_ptr(), &mut found) {
                    1 => Obj::from_owned(self.py(), found).map(Some),
                    0 => Ok(None),
                    _ => Err(PyErr::take(self.py())),
                }
            }
        }
        #[cfg(not(Py_3_13))]
        {
            // SAFETY: both objects are alive; the result is borrowed from the dictionary, and the reference is taken before any
            // other code runs.
            unsafe {
                let found = ffi::PyDict_GetItemWithError(self.as_ptr(), key.as_ptr());
                if !found.is_null() {
                    Obj::from_borrowed(self.py(), found).map(Some)
                } else if ffi::PyErr_Occurred().is_null() {
                    Ok(None)
                } else {
                    Err(PyErr::take(self.py()))
                }
            }
        }
    }

    /// `self[key] = value`.
    ///
    /// # Errors
    ///
    /// What the key's `__hash__` or `__eq__` raises; `MemoryError`.
    pub fn set<K, V>(&self, key: &Obj<'py, K>, value: &Obj<'py, V>) -> PyResult<'py, ()> {
        // SAFETY: all three objects are alive; the dictionary takes its own references.
        PyErr::check(self.py(), unsafe { ffi::PyDict_SetItem(self.as_ptr(), key.as_ptr(), value.as_ptr()) })
    }

    /// `del self[key]`.
    ///
    /// # Errors
    ///
    /// `KeyError` if there is no such key; what the key's `__hash__` or `__eq__` raises.
    pub fn del<K>(&self, key: &Obj<'py, K>) -> PyResult<'py, ()> {
        // SAFETY: both objects are alive.
        PyErr::check(self.py(), unsafe { ffi::PyDict_DelItem(self.as_ptr(), key.as_ptr()) })
    }

    /// `len(self)`.
    pub fn len(&self) -> usize {
        // SAFETY: a live `dict`; the size of a dictionary is not negative.
        unsafe { ffi::PyDict_Size(self.as_ptr()).cast_unsigned() }
    }

    /// Whether the dictionary has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl List {
    /// A new `list` of `items`.
    ///
    /// # Errors
    ///
    /// `MemoryError`; what the conversion of an item raises.
    pub fn new<'py, T: IntoPy<'py>>(py: Py<'py>, items: impl IntoIterator<Item = T>) -> PyResult<'py, Obj<'py, List>> {
        // SAFETY: no precondition but attachment.
        let list: Obj<'py, List> = unsafe { Obj::from_owned(py, ffi::PyList_New(0))? };
        for item in items {
            list.append(&item.into_py(py)?)?;
        }
        Ok(list)
    }
}

impl<'py> Obj<'py, List> {
    /// `self.append(item)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn append<T>(&self, item: &Obj<'py, T>) -> PyResult<'py, ()> {
        // SAFETY: both objects are alive; the list takes its own reference.
        PyErr::check(self.py(), unsafe { ffi::PyList_Append(self.as_ptr(), item.as_ptr()) })
    }

    /// `len(self)`.
    pub fn len(&self) -> usize {
        // SAFETY: a live `list`; its size is not negative.
        unsafe { ffi::PyList_Size(self.as_ptr()).cast_unsigned() }
    }

    /// Whether the list has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new reference to the item at `index`, counted from the start, or nothing past the end.
    pub fn get(&self, index: usize) -> Option<Obj<'py>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the index is in range and nothing ran since the check; the borrowed result becomes a new reference at once.
        unsafe { Obj::from_borrowed(self.py(), ffi::PyList_GetItem(self.as_ptr(), index.cast_signed())).ok() }
    }
}

impl Tuple {
    /// A new `tuple` of `items`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, items: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py, Tuple>> {
        // SAFETY: a new tuple is filled before anybody else sees it: PyTuple_SetItem takes over each reference, for an index in
        // range.
        unsafe {
            let tuple: Obj<'py, Tuple> = Obj::from_owned(py, ffi::PyTuple_New(items.len().cast_signed()))?;
            for (index, item) in items.into_iter().enumerate() {
                PyErr::check(py, ffi::PyTuple_SetItem(tuple.as_ptr(), index.cast_signed(), item.into_ptr()))?;
            }
            Ok(tuple)
        }
    }
}

impl<'py> Obj<'py, Tuple> {
    /// `len(self)`.
    pub fn len(&self) -> usize {
        // SAFETY: a live `tuple`; its size is not negative.
        unsafe { ffi::PyTuple_Size(self.as_ptr()).cast_unsigned() }
    }

    /// Whether the tuple has no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A new reference to the item at `index`, counted from the start, or nothing past the end.
    pub fn get(&self, index: usize) -> Option<Obj<'py>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the index is in range; the borrowed result becomes a new reference at once.
        unsafe { Obj::from_borrowed(self.py(), ffi::PyTuple_GetItem(self.as_ptr(), index.cast_signed())).ok() }
    }
}

impl Obj<'_, Type> {
    /// `__name__` of the type, or `"?"` where it is no text.
    pub fn name(&self) -> String {
        let text = self.getattr("__name__").ok();
        let text = text.as_ref().and_then(|name| name.downcast::<Str>());
        text.and_then(|name| name.to_str().ok()).unwrap_or("?").to_owned()
    }
}

impl<'py> Obj<'py, Module> {
    /// Puts `value` into the module's `__dict__` under `name`.
    ///
    /// The module state should keep its own reference to what Rust code needs: Python code may replace the attribute.
    ///
    /// # Errors
    ///
    /// What the conversion of the value raises; `MemoryError`.
    pub fn add(&self, name: impl Name<'py>, value: impl IntoPy<'py>) -> PyResult<'py, ()> {
        self.setattr(name, value)
    }
}
