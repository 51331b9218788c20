//! CPython's C-API, as this crate calls it: pyo3-ffi's, and up to 3.13 with calls in which [a thread stops](stop) that
//! CPython ends. `tests/calls.rs` sees to it that no call goes another way.

#[cfg(all(unix, not(Py_3_14)))]
mod calls;
#[cfg(all(unix, not(Py_3_14)))]
mod inline;
#[cfg(all(unix, not(Py_3_14)))]
mod stop;

#[cfg(all(unix, not(Py_3_14)))]
pub(crate) use calls::*;
#[cfg(not(all(unix, not(Py_3_14))))]
pub(crate) use pyo3_ffi::*;

// What pyo3-ffi does not declare.
#[cfg(any(Py_3_13, Py_3_15))]
unsafe extern "C" {
    #[cfg(Py_3_13)]
    pub(crate) static mut PyExc_PythonFinalizationError: *mut PyObject;
    #[cfg(Py_3_15)]
    pub(crate) static mut PyExc_ImportCycleError: *mut PyObject;
}

/// Defines calls of functions that are found in types.
macro_rules! calls {
    ($($name:ident($($argument:ident: $ty:ident),*);)*) => { $(
        /// Calls a function that is found in a type: it may run Python code, too.
        ///
        /// # Safety
        ///
        /// The function's own conditions.
        #[inline(always)]
        pub(crate) unsafe fn $name<$($ty,)* R>(
            function: unsafe extern "C" fn($($ty),*) -> R,
            $($argument: $ty),*
        ) -> R {
            #[cfg(all(unix, not(Py_3_14)))]
            {
                let stop = stop::Stop;
                // SAFETY: the two ABIs differ in what may unwind, which a function called by the second may or may not.
                // The rest is the caller's promise.
                let result = unsafe {
                    let function: unsafe extern "C-unwind" fn($($ty),*) -> R = std::mem::transmute(function);
                    function($($argument),*)
                };
                std::mem::forget(stop);
                result
            }
            #[cfg(not(all(unix, not(Py_3_14))))]
            // SAFETY: the caller's promise.
            unsafe {
                function($($argument),*)
            }
        }
    )* };
}
calls! {
    call_1(first: A);
    call_2(first: A, second: B);
    call_3(first: A, second: B, third: C);
}
