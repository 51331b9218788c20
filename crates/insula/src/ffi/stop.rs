//! Where a thread stops that CPython ends.
//!
//! A thread that wants to attach again after the runtime or its interpreter began to be finalised cannot. Up to 3.13
//! CPython calls `pthread_exit` there, and glibc unwinds the stack by force: it would drop what the frames of Rust
//! hold, on a thread that is not attached, until it comes to a frame that no unwinding may pass, and then abort. From
//! 3.14 on CPython makes the thread wait for ever (gh-87135). So does this crate, before: the first frame of Rust that
//! the unwinding reaches is the call itself, which holds a [`Stop`], and nothing above it is touched.
//!
//! It costs a call nothing: the unwinder finds the place to go on in a table.

/// Lets a thread that is unwound by force wait for ever.
pub(super) struct Stop;

impl Drop for Stop {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

/// Declares functions of CPython's so that a thread which is ended within one stops there.
///
/// pyo3-ffi declares them with the ABI "C", over which nothing may unwind: the compiler would leave out the place to
/// go on. LLVM merges declarations of one name, and with link-time optimisation takes either's word for that; a name
/// that begins with `\1`, which stands for the rest of it as it is, is another one to it and the same to the linker.
macro_rules! stops {
    (declared by pyo3_ffi; $(
        $(#[$attribute:meta])* fn $name:ident($($argument:ident: $ty:ty),* $(,)?) $(-> $result:ty)?;
    )*) => {
        $(
            $(#[$attribute])*
            #[allow(deprecated, reason = "the older interpreters have nothing else")]
            const _: unsafe extern "C" fn($($ty),*) $(-> $result)? = pyo3_ffi::$name;
        )*
        stops! { $($(#[$attribute])* fn $name($($argument: $ty),*) $(-> $result)?;)* }
    };
    ($($(#[$attribute:meta])* fn $name:ident($($argument:ident: $ty:ty),* $(,)?) $(-> $result:ty)?;)*) => { $(
        $(#[$attribute])*
        #[inline(always)]
        pub(crate) unsafe fn $name($($argument: $ty),*) $(-> $result)? {
            unsafe extern "C-unwind" {
                #[cfg_attr(not(target_vendor = "apple"), link_name = concat!("\u{1}", stringify!($name)))]
                #[cfg_attr(target_vendor = "apple", link_name = concat!("\u{1}_", stringify!($name)))]
                fn $name($($argument: $ty),*) $(-> $result)?;
            }
            let stop = $crate::ffi::stop::Stop;
            // SAFETY: the caller's promise, which is what CPython documents for the function.
            let result = unsafe { $name($($argument),*) };
            std::mem::forget(stop);
            result
        }
    )* };
}
pub(super) use stops;
