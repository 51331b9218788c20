//! Constructors: the dynamic loader is kept from calling those of an image, so that they run when it is bound.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::bind::read;
use crate::image::Image;

/// The arguments that constructors are called with: what the program was started with.
struct Arguments {
    count: AtomicUsize,
    values: AtomicPtr<*mut c_char>,
    environment: AtomicPtr<*mut c_char>,
}

static ARGUMENTS: Arguments = Arguments {
    count: AtomicUsize::new(0),
    values: AtomicPtr::new(std::ptr::null_mut()),
    environment: AtomicPtr::new(std::ptr::null_mut()),
};

type Constructor = unsafe extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char);

/// The dynamic loader calls it when this library is loaded, as it calls every constructor.
#[used]
// SAFETY: an array of constructors is what the section is for.
#[unsafe(link_section = ".init_array")]
static KEEP_ARGUMENTS: Constructor = {
    unsafe extern "C" fn keep(count: c_int, values: *mut *mut c_char, environment: *mut *mut c_char) {
        ARGUMENTS.count.store(usize::try_from(count).unwrap_or(0), Ordering::Relaxed);
        ARGUMENTS.values.store(values, Ordering::Relaxed);
        ARGUMENTS.environment.store(environment, Ordering::Relaxed);
    }
    keep
};

impl Image {
    /// Runs the constructors, as the dynamic loader would have.
    ///
    /// # Safety
    ///
    /// The image is bound and its constructors have not run. It is code that the user asked to load.
    pub(crate) unsafe fn construct(&self) {
        let arguments = (
            c_int::try_from(ARGUMENTS.count.load(Ordering::Relaxed)).unwrap_or(0),
            ARGUMENTS.values.load(Ordering::Relaxed),
            ARGUMENTS.environment.load(Ordering::Relaxed),
        );
        let call = |address: usize| {
            let function = std::ptr::with_exposed_provenance::<c_void>(address);
            // SAFETY: DT_INIT and DT_INIT_ARRAY hold functions of this type, says the ABI (System V gABI,
            // "Initialization and Termination Functions").
            let function = unsafe { std::mem::transmute::<*const c_void, Constructor>(function) };
            // SAFETY: as above.
            unsafe { function(arguments.0, arguments.1, arguments.2) };
        };
        if let Some(init) = self.elf.init {
            call(self.base + usize::try_from(init).unwrap_or(0));
        }
        if let Some((address, size)) = self.elf.init_array {
            let table = self.base + usize::try_from(address).unwrap_or(0);
            for index in 0..usize::try_from(size).unwrap_or(0) / size_of::<usize>() {
                // SAFETY: the table is a part of the mapped image.
                let function = unsafe { read::<usize>(table + index * size_of::<usize>()) };
                // Zero and minus one stand for none.
                if function != 0 && function != usize::MAX {
                    call(function);
                }
            }
        }
    }
}
