//! The calls that may run Python code.
//!
//! Each is the function that pyo3-ffi declares, by the same name and with the same signature, and hides it.

#![allow(non_snake_case, reason = "the names are CPython's")]
#![allow(dead_code, reason = "some are for certain versions and features, and not worth a condition each")]

use std::ffi::{c_char, c_double, c_int, c_longlong, c_ulonglong, c_void};

pub(crate) use pyo3_ffi::*;

#[cfg(not(Py_3_13))]
pub(crate) use super::inline::_PyTrash_end;
#[cfg(Py_3_13)]
pub(crate) use super::inline::_PyTrash_thread_destroy_chain;
#[cfg(not(Py_3_12))]
pub(crate) use super::inline::PyObject_CallOneArg;
pub(crate) use super::inline::{Py_CLEAR, Py_DECREF, Py_XDECREF, PyCFunction_New, compat};
use super::stop::stops;

stops! {
    declared by pyo3_ffi;
    fn PyBuffer_FillInfo(
        view: *mut Py_buffer,
        o: *mut PyObject,
        buf: *mut c_void,
        len: Py_ssize_t,
        readonly: c_int,
        flags: c_int,
    ) -> c_int;
    fn PyBuffer_FromContiguous(view: *const Py_buffer, buf: *const c_void, len: Py_ssize_t, order: c_char) -> c_int;
    fn PyBuffer_GetPointer(view: *const Py_buffer, indices: *const Py_ssize_t) -> *mut c_void;
    fn PyBuffer_IsContiguous(view: *const Py_buffer, fort: c_char) -> c_int;
    fn PyBuffer_Release(view: *mut Py_buffer);
    fn PyBuffer_ToContiguous(buf: *mut c_void, view: *const Py_buffer, len: Py_ssize_t, order: c_char) -> c_int;
    fn PyByteArray_AsString(bytearray: *mut PyObject) -> *mut c_char;
    fn PyByteArray_FromStringAndSize(string: *const c_char, len: Py_ssize_t) -> *mut PyObject;
    fn PyByteArray_Resize(bytearray: *mut PyObject, len: Py_ssize_t) -> c_int;
    fn PyByteArray_Size(bytearray: *mut PyObject) -> Py_ssize_t;
    fn PyBytes_AsString(arg1: *mut PyObject) -> *mut c_char;
    fn PyBytes_FromObject(arg1: *mut PyObject) -> *mut PyObject;
    fn PyBytes_FromStringAndSize(arg1: *const c_char, arg2: Py_ssize_t) -> *mut PyObject;
    fn PyBytes_Size(arg1: *mut PyObject) -> Py_ssize_t;
    fn PyCMethod_New(
        def: *mut PyMethodDef,
        slf: *mut PyObject,
        module: *mut PyObject,
        class: *mut PyTypeObject,
    ) -> *mut PyObject;
    fn PyCapsule_GetContext(capsule: *mut PyObject) -> *mut c_void;
    fn PyCapsule_GetName(capsule: *mut PyObject) -> *const c_char;
    fn PyCapsule_GetPointer(capsule: *mut PyObject, name: *const c_char) -> *mut c_void;
    fn PyCapsule_New(
        pointer: *mut c_void,
        name: *const c_char,
        destructor: Option<PyCapsule_Destructor>,
    ) -> *mut PyObject;
    fn PyCapsule_SetContext(capsule: *mut PyObject, context: *mut c_void) -> c_int;
    fn PyCapsule_SetDestructor(capsule: *mut PyObject, destructor: Option<PyCapsule_Destructor>) -> c_int;
    fn PyComplex_FromDoubles(real: c_double, imag: c_double) -> *mut PyObject;
    fn PyComplex_ImagAsDouble(op: *mut PyObject) -> c_double;
    fn PyComplex_RealAsDouble(op: *mut PyObject) -> c_double;
    fn PyContextVar_Get(var: *mut PyObject, default_value: *mut PyObject, value: *mut *mut PyObject) -> c_int;
    fn PyContextVar_New(name: *const c_char, def: *mut PyObject) -> *mut PyObject;
    fn PyContextVar_Reset(var: *mut PyObject, token: *mut PyObject) -> c_int;
    fn PyContextVar_Set(var: *mut PyObject, value: *mut PyObject) -> *mut PyObject;
    fn PyContext_Copy(ctx: *mut PyObject) -> *mut PyObject;
    fn PyContext_CopyCurrent() -> *mut PyObject;
    fn PyContext_Enter(ctx: *mut PyObject) -> c_int;
    fn PyContext_Exit(ctx: *mut PyObject) -> c_int;
    fn PyContext_New() -> *mut PyObject;
    fn PyDescr_NewMethod(arg1: *mut PyTypeObject, arg2: *mut PyMethodDef) -> *mut PyObject;
    fn PyDictProxy_New(arg1: *mut PyObject) -> *mut PyObject;
    fn PyDict_Clear(mp: *mut PyObject);
    fn PyDict_Contains(mp: *mut PyObject, key: *mut PyObject) -> c_int;
    fn PyDict_Copy(mp: *mut PyObject) -> *mut PyObject;
    fn PyDict_DelItem(mp: *mut PyObject, key: *mut PyObject) -> c_int;
    #[cfg(Py_3_13)]
    fn PyDict_GetItemRef(dict: *mut PyObject, key: *mut PyObject, result: *mut *mut PyObject) -> c_int;
    #[cfg(not(Py_3_13))]
    fn PyDict_GetItemWithError(mp: *mut PyObject, key: *mut PyObject) -> *mut PyObject;
    fn PyDict_Items(mp: *mut PyObject) -> *mut PyObject;
    fn PyDict_Keys(mp: *mut PyObject) -> *mut PyObject;
    fn PyDict_New() -> *mut PyObject;
    #[cfg(Py_3_13)]
    fn PyDict_Pop(dict: *mut PyObject, key: *mut PyObject, result: *mut *mut PyObject) -> c_int;
    #[cfg(Py_3_13)]
    fn PyDict_SetDefaultRef(
        dict: *mut PyObject,
        key: *mut PyObject,
        value: *mut PyObject,
        result: *mut *mut PyObject,
    ) -> c_int;
    fn PyDict_SetItem(mp: *mut PyObject, key: *mut PyObject, item: *mut PyObject) -> c_int;
    fn PyDict_Size(mp: *mut PyObject) -> Py_ssize_t;
    fn PyDict_Values(mp: *mut PyObject) -> *mut PyObject;
    fn PyErr_Clear();
    #[cfg(not(Py_3_12))]
    fn PyErr_Fetch(arg1: *mut *mut PyObject, arg2: *mut *mut PyObject, arg3: *mut *mut PyObject);
    #[cfg(Py_3_12)]
    fn PyErr_GetRaisedException() -> *mut PyObject;
    fn PyErr_GivenExceptionMatches(arg1: *mut PyObject, arg2: *mut PyObject) -> c_int;
    fn PyErr_NewExceptionWithDoc(
        name: *const c_char,
        doc: *const c_char,
        base: *mut PyObject,
        dict: *mut PyObject,
    ) -> *mut PyObject;
    #[cfg(not(Py_3_12))]
    fn PyErr_NormalizeException(arg1: *mut *mut PyObject, arg2: *mut *mut PyObject, arg3: *mut *mut PyObject);
    #[cfg(not(Py_3_12))]
    fn PyErr_Restore(arg1: *mut PyObject, arg2: *mut PyObject, arg3: *mut PyObject);
    fn PyErr_SetObject(arg1: *mut PyObject, arg2: *mut PyObject);
    #[cfg(Py_3_12)]
    fn PyErr_SetRaisedException(exc: *mut PyObject);
    fn PyErr_SetString(exception: *mut PyObject, string: *const c_char);
    fn PyErr_WarnEx(category: *mut PyObject, message: *const c_char, stack_level: Py_ssize_t) -> c_int;
    fn PyErr_WriteUnraisable(arg1: *mut PyObject);
    fn PyException_GetCause(arg1: *mut PyObject) -> *mut PyObject;
    fn PyException_GetContext(arg1: *mut PyObject) -> *mut PyObject;
    fn PyException_GetTraceback(arg1: *mut PyObject) -> *mut PyObject;
    fn PyException_SetCause(arg1: *mut PyObject, arg2: *mut PyObject);
    fn PyException_SetTraceback(arg1: *mut PyObject, arg2: *mut PyObject) -> c_int;
    fn PyFloat_AsDouble(arg1: *mut PyObject) -> c_double;
    fn PyFloat_FromDouble(arg1: c_double) -> *mut PyObject;
    fn PyFrozenSet_New(arg1: *mut PyObject) -> *mut PyObject;
    fn PyImport_Import(name: *mut PyObject) -> *mut PyObject;
    fn PyImport_ImportModule(name: *const c_char) -> *mut PyObject;
    fn PyInterpreterState_GetDict(arg1: *mut PyInterpreterState) -> *mut PyObject;
    fn PyList_Append(arg1: *mut PyObject, arg2: *mut PyObject) -> c_int;
    fn PyList_AsTuple(arg1: *mut PyObject) -> *mut PyObject;
    #[cfg(not(Py_3_13))]
    fn PyList_GetItem(arg1: *mut PyObject, arg2: Py_ssize_t) -> *mut PyObject;
    #[cfg(Py_3_13)]
    fn PyList_GetItemRef(list: *mut PyObject, index: Py_ssize_t) -> *mut PyObject;
    fn PyList_GetSlice(arg1: *mut PyObject, arg2: Py_ssize_t, arg3: Py_ssize_t) -> *mut PyObject;
    fn PyList_Insert(arg1: *mut PyObject, arg2: Py_ssize_t, arg3: *mut PyObject) -> c_int;
    fn PyList_New(size: Py_ssize_t) -> *mut PyObject;
    fn PyList_Reverse(arg1: *mut PyObject) -> c_int;
    fn PyList_SetItem(arg1: *mut PyObject, arg2: Py_ssize_t, arg3: *mut PyObject) -> c_int;
    fn PyList_SetSlice(arg1: *mut PyObject, arg2: Py_ssize_t, arg3: Py_ssize_t, arg4: *mut PyObject) -> c_int;
    fn PyList_Size(arg1: *mut PyObject) -> Py_ssize_t;
    fn PyList_Sort(arg1: *mut PyObject) -> c_int;
    fn PyLong_AsLongLong(arg1: *mut PyObject) -> c_longlong;
    fn PyLong_AsLongLongAndOverflow(arg1: *mut PyObject, arg2: *mut c_int) -> c_longlong;
    fn PyLong_AsUnsignedLongLong(arg1: *mut PyObject) -> c_ulonglong;
    fn PyLong_FromLongLong(arg1: c_longlong) -> *mut PyObject;
    fn PyLong_FromString(arg1: *const c_char, arg2: *mut *mut c_char, arg3: c_int) -> *mut PyObject;
    fn PyMemoryView_FromObject(base: *mut PyObject) -> *mut PyObject;
    fn PyModule_AddType(module: *mut PyObject, type_: *mut PyTypeObject) -> c_int;
    #[cfg(Py_3_15)]
    fn PyModule_Exec(module: *mut PyObject) -> c_int;
    #[cfg(not(Py_3_15))]
    fn PyModule_ExecDef(module: *mut PyObject, def: *mut PyModuleDef) -> c_int;
    #[cfg(not(Py_3_15))]
    fn PyModule_FromDefAndSpec2(
        def: *mut PyModuleDef,
        spec: *mut PyObject,
        module_api_version: c_int,
    ) -> *mut PyObject;
    #[cfg(Py_3_15)]
    fn PyModule_FromSlotsAndSpec(slots: *const PySlot, spec: *mut PyObject) -> *mut PyObject;
    fn PyModule_GetDict(arg1: *mut PyObject) -> *mut PyObject;
    fn PyModule_GetNameObject(arg1: *mut PyObject) -> *mut PyObject;
    fn PyNumber_Index(o: *mut PyObject) -> *mut PyObject;
    fn PyNumber_Power(o1: *mut PyObject, o2: *mut PyObject, o3: *mut PyObject) -> *mut PyObject;
    fn PyNumber_ToBase(n: *mut PyObject, base: c_int) -> *mut PyObject;
    fn PyOS_FSPath(path: *mut PyObject) -> *mut PyObject;
    fn PyObject_ASCII(arg1: *mut PyObject) -> *mut PyObject;
    fn PyObject_CallFinalizerFromDealloc(arg1: *mut PyObject) -> c_int;
    fn PyObject_CallNoArgs(func: *mut PyObject) -> *mut PyObject;
    fn PyObject_CallObject(callable_object: *mut PyObject, args: *mut PyObject) -> *mut PyObject;
    #[cfg(Py_3_12)]
    fn PyObject_CallOneArg(func: *mut PyObject, arg: *mut PyObject) -> *mut PyObject;
    fn PyObject_ClearWeakRefs(arg1: *mut PyObject);
    fn PyObject_DelItem(o: *mut PyObject, key: *mut PyObject) -> c_int;
    fn PyObject_Dir(arg1: *mut PyObject) -> *mut PyObject;
    fn PyObject_Format(obj: *mut PyObject, format_spec: *mut PyObject) -> *mut PyObject;
    fn PyObject_GenericGetAttr(arg1: *mut PyObject, arg2: *mut PyObject) -> *mut PyObject;
    fn PyObject_GenericSetAttr(arg1: *mut PyObject, arg2: *mut PyObject, arg3: *mut PyObject) -> c_int;
    fn PyObject_GetAttr(arg1: *mut PyObject, arg2: *mut PyObject) -> *mut PyObject;
    fn PyObject_GetBuffer(obj: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int;
    fn PyObject_GetItem(o: *mut PyObject, key: *mut PyObject) -> *mut PyObject;
    fn PyObject_GetIter(arg1: *mut PyObject) -> *mut PyObject;
    fn PyObject_Hash(arg1: *mut PyObject) -> Py_hash_t;
    fn PyObject_Init(arg1: *mut PyObject, arg2: *mut PyTypeObject) -> *mut PyObject;
    fn PyObject_IsInstance(object: *mut PyObject, typeorclass: *mut PyObject) -> c_int;
    fn PyObject_IsSubclass(object: *mut PyObject, typeorclass: *mut PyObject) -> c_int;
    fn PyObject_IsTrue(arg1: *mut PyObject) -> c_int;
    fn PyObject_Repr(o: *mut PyObject) -> *mut PyObject;
    fn PyObject_RichCompare(arg1: *mut PyObject, arg2: *mut PyObject, arg3: c_int) -> *mut PyObject;
    fn PyObject_RichCompareBool(arg1: *mut PyObject, arg2: *mut PyObject, arg3: c_int) -> c_int;
    fn PyObject_SetAttr(arg1: *mut PyObject, arg2: *mut PyObject, arg3: *mut PyObject) -> c_int;
    fn PyObject_SetItem(o: *mut PyObject, key: *mut PyObject, v: *mut PyObject) -> c_int;
    fn PyObject_Size(o: *mut PyObject) -> Py_ssize_t;
    fn PyObject_Str(o: *mut PyObject) -> *mut PyObject;
    fn PyObject_Vectorcall(
        callable: *mut PyObject,
        args: *const *mut PyObject,
        nargsf: usize,
        kwnames: *mut PyObject,
    ) -> *mut PyObject;
    fn PyObject_VectorcallDict(
        callable: *mut PyObject,
        args: *const *mut PyObject,
        nargsf: usize,
        kwdict: *mut PyObject,
    ) -> *mut PyObject;
    fn PyObject_VectorcallMethod(
        name: *mut PyObject,
        args: *const *mut PyObject,
        nargsf: usize,
        kwnames: *mut PyObject,
    ) -> *mut PyObject;
    fn PySequence_Contains(seq: *mut PyObject, ob: *mut PyObject) -> c_int;
    fn PySequence_List(o: *mut PyObject) -> *mut PyObject;
    fn PySequence_Tuple(o: *mut PyObject) -> *mut PyObject;
    fn PySet_Add(set: *mut PyObject, key: *mut PyObject) -> c_int;
    fn PySet_Clear(set: *mut PyObject) -> c_int;
    fn PySet_Contains(anyset: *mut PyObject, key: *mut PyObject) -> c_int;
    fn PySet_Discard(set: *mut PyObject, key: *mut PyObject) -> c_int;
    fn PySet_New(arg1: *mut PyObject) -> *mut PyObject;
    fn PySet_Pop(set: *mut PyObject) -> *mut PyObject;
    fn PySet_Size(anyset: *mut PyObject) -> Py_ssize_t;
    fn PySlice_New(start: *mut PyObject, stop: *mut PyObject, step: *mut PyObject) -> *mut PyObject;
    fn PySlice_Unpack(
        slice: *mut PyObject,
        start: *mut Py_ssize_t,
        stop: *mut Py_ssize_t,
        step: *mut Py_ssize_t,
    ) -> c_int;
    fn PyThreadState_Clear(arg1: *mut PyThreadState);
    fn PyThreadState_Delete(arg1: *mut PyThreadState);
    fn PyThreadState_DeleteCurrent();
    fn PyThreadState_Swap(arg1: *mut PyThreadState) -> *mut PyThreadState;
    fn PyTraceBack_Print(arg1: *mut PyObject, arg2: *mut PyObject) -> c_int;
    fn PyTuple_GetItem(arg1: *mut PyObject, arg2: Py_ssize_t) -> *mut PyObject;
    fn PyTuple_GetSlice(arg1: *mut PyObject, arg2: Py_ssize_t, arg3: Py_ssize_t) -> *mut PyObject;
    fn PyTuple_New(size: Py_ssize_t) -> *mut PyObject;
    fn PyTuple_SetItem(arg1: *mut PyObject, arg2: Py_ssize_t, arg3: *mut PyObject) -> c_int;
    fn PyType_FromModuleAndSpec(module: *mut PyObject, spec: *mut PyType_Spec, bases: *mut PyObject) -> *mut PyObject;
    #[cfg(Py_3_12)]
    fn PyType_GetDict(o: *mut PyTypeObject) -> *mut PyObject;
    fn PyType_GetModuleState(arg1: *mut PyTypeObject) -> *mut c_void;
    fn PyType_Modified(t: *mut PyTypeObject);
    fn PyUnicode_AsEncodedString(
        unicode: *mut PyObject,
        encoding: *const c_char,
        errors: *const c_char,
    ) -> *mut PyObject;
    fn PyUnicode_AsUTF8AndSize(unicode: *mut PyObject, size: *mut Py_ssize_t) -> *const c_char;
    fn PyUnicode_Compare(left: *mut PyObject, right: *mut PyObject) -> c_int;
    fn PyUnicode_Concat(left: *mut PyObject, right: *mut PyObject) -> *mut PyObject;
    fn PyUnicode_Contains(container: *mut PyObject, element: *mut PyObject) -> c_int;
    fn PyUnicode_DecodeFSDefaultAndSize(s: *const c_char, size: Py_ssize_t) -> *mut PyObject;
    fn PyUnicode_EncodeFSDefault(unicode: *mut PyObject) -> *mut PyObject;
    fn PyUnicode_Find(
        str: *mut PyObject,
        substr: *mut PyObject,
        start: Py_ssize_t,
        end: Py_ssize_t,
        direction: c_int,
    ) -> Py_ssize_t;
    fn PyUnicode_FromEncodedObject(
        obj: *mut PyObject,
        encoding: *const c_char,
        errors: *const c_char,
    ) -> *mut PyObject;
    fn PyUnicode_FromStringAndSize(u: *const c_char, size: Py_ssize_t) -> *mut PyObject;
    fn PyUnicode_GetLength(unicode: *mut PyObject) -> Py_ssize_t;
    fn PyUnicode_InternFromString(u: *const c_char) -> *mut PyObject;
    fn PyUnicode_Join(separator: *mut PyObject, seq: *mut PyObject) -> *mut PyObject;
    fn PyUnicode_ReadChar(unicode: *mut PyObject, index: Py_ssize_t) -> Py_UCS4;
    fn PyUnicode_Replace(
        str: *mut PyObject,
        substr: *mut PyObject,
        replstr: *mut PyObject,
        maxcount: Py_ssize_t,
    ) -> *mut PyObject;
    fn PyUnicode_Split(s: *mut PyObject, sep: *mut PyObject, maxsplit: Py_ssize_t) -> *mut PyObject;
    fn PyUnicode_Substring(str: *mut PyObject, start: Py_ssize_t, end: Py_ssize_t) -> *mut PyObject;
    #[cfg(not(Py_3_13))]
    fn PyWeakref_GetObject(reference: *mut PyObject) -> *mut PyObject;
    #[cfg(Py_3_13)]
    fn PyWeakref_GetRef(weakref: *mut PyObject, result: *mut *mut PyObject) -> c_int;
    fn PyWeakref_NewRef(ob: *mut PyObject, callback: *mut PyObject) -> *mut PyObject;
    #[cfg(feature = "embed")]
    fn Py_EndInterpreter(arg1: *mut PyThreadState);
    fn Py_EnterRecursiveCall(arg1: *const c_char) -> c_int;
    #[cfg(feature = "embed")]
    fn Py_FinalizeEx() -> c_int;
    #[cfg(feature = "embed")]
    fn Py_InitializeFromConfig(config: *const PyConfig) -> PyStatus;
    #[cfg(all(feature = "embed", not(Py_3_12)))]
    fn Py_NewInterpreter() -> *mut PyThreadState;
    #[cfg(all(feature = "embed", Py_3_12))]
    fn Py_NewInterpreterFromConfig(tstate_p: *mut *mut PyThreadState, config: *const PyInterpreterConfig) -> PyStatus;
}
