//! Where CPython keeps what, version by version (64-bit builds with a GIL).
//!
//! The first 400 bytes of a type object, the head of an object and `PyModuleDef` have not moved since 3.8; strings,
//! integers, module objects, reference counts and slot numbers have. Checked against the headers of 3.8 to 3.15.

use crate::memory::ProcessMemory;

/// An interpreter whose objects this crate cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A version outside the table.
    #[error(
        "CPython {major}.{minor}: its object layout is not known to this auditor; use an interpreter of 3.8 to 3.15"
    )]
    Version {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// Another object header.
    #[error(
        "CPython {major}.{minor} without a GIL: its object header differs and cannot be read yet; use a build with a \
         GIL"
    )]
    FreeThreaded {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// The process contradicts the table.
    #[error(
        "the interpreter's objects are not laid out as in a usual CPython {major}.{minor} (built with \
         --with-trace-refs?); use another build"
    )]
    Unexpected {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
}

/// Offsets and rules of one CPython minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Major version.
    pub major: u8,
    /// Minor version.
    pub minor: u8,
}

/// What the first word of an object says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefCount {
    /// The count; meaningless when immortal.
    pub count: u64,
    /// Never freed, never counted (3.12+).
    pub immortal: bool,
}

/// `PyObject`: the type follows the reference count.
pub const OB_TYPE: u64 = 8;
/// `PyVarObject`: the number of items.
pub const OB_SIZE: u64 = 16;

/// Offsets in `PyTypeObject`.
pub mod type_object {
    /// `const char *`, for heap types the plain name, for static types usually with the module.
    pub const NAME: u64 = 24;
    /// Bytes of an instance.
    pub const BASICSIZE: u64 = 32;
    /// `tp_dealloc`.
    pub const DEALLOC: u64 = 48;
    /// `unsigned long tp_flags`.
    pub const FLAGS: u64 = 168;
    /// `tp_traverse`.
    pub const TRAVERSE: u64 = 184;
    /// `tp_base`.
    pub const BASE: u64 = 256;
}

/// Bits of `tp_flags`.
pub mod type_flags {
    /// Allocated on the heap, not a static structure.
    pub const HEAPTYPE: u64 = 1 << 9;
    /// `PyType_Ready` is done.
    pub const READY: u64 = 1 << 12;
    /// Instances carry a collector's header.
    pub const HAVE_GC: u64 = 1 << 14;
    /// Instances are exceptions.
    pub const BASE_EXC_SUBCLASS: u64 = 1 << 30;
    /// Instances are types.
    pub const TYPE_SUBCLASS: u64 = 1 << 31;
}

/// Offsets in `PyModuleDef`.
pub mod module_def {
    /// `m_size`.
    pub const SIZE: u64 = 56;
    /// `m_slots`.
    pub const SLOTS: u64 = 72;
    /// `sizeof(PyModuleDef)`.
    pub const BYTES: u64 = 104;
}

/// Offsets in `PyModuleObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleObject {
    /// `md_def`; on 3.15 `md_token`.
    pub def_or_token: u64,
    /// 3.15: the byte that tells whether the token is a definition.
    pub token_is_def: Option<u64>,
    /// `md_state`.
    pub state: u64,
    /// `md_name`.
    pub name: u64,
    /// 3.15: where size, traverse, clear and free of the state stand, which the module keeps itself.
    pub own_state_facts: Option<u64>,
}

impl Layout {
    /// The layout of a version, or why it cannot be read.
    pub fn for_version(major: u8, minor: u8, free_threaded: bool) -> Result<Layout, Unsupported> {
        if free_threaded {
            return Err(Unsupported::FreeThreaded { major, minor });
        }
        match (major, minor) {
            (3, 8..=15) => Ok(Layout { major, minor }),
            _ => Err(Unsupported::Version { major, minor }),
        }
    }

    /// Compares the table with the process: `type` (at `type_address`) must be its own type and say so by name.
    pub fn check(&self, mem: &ProcessMemory, type_address: u64) -> Result<(), Unsupported> {
        let itself = mem.word_at(type_address, OB_TYPE) == Some(type_address);
        let name = mem.word_at(type_address, type_object::NAME).and_then(|p| mem.cstr(p, 16));
        let counted = mem.word(type_address).is_some_and(|w| self.refcount(w).is_some());
        if itself && counted && name.as_deref() == Some("type") {
            Ok(())
        } else {
            Err(Unsupported::Unexpected { major: self.major, minor: self.minor })
        }
    }

    /// Reads the first word of an object; `None` if it cannot be a reference count.
    pub fn refcount(&self, word: u64) -> Option<RefCount> {
        // No process holds this many references to one object; pointers are far above.
        const MOST: u64 = 1 << 31;
        let low = word as u32;
        let immortal = match self.minor {
            ..=11 => false,
            // Bit 31 of the lower half. Older extensions may still count, so the value drifts.
            12 | 13 => word >> 32 == 0 && (low as i32) < 0,
            // 32 bits of count, 16 of overflow, 16 of flags (four are in use).
            _ => (word >> 32) & 0xffff == 0 && (low as i32) < 0 && word >> 48 < 16,
        };
        if immortal {
            return Some(RefCount { count: u64::from(low), immortal });
        }
        // From 3.14 the upper half carries flags beside the count.
        let count = if self.minor >= 14 {
            if (word >> 32) & 0xffff != 0 || word >> 48 >= 16 {
                return None;
            }
            u64::from(low)
        } else {
            word
        };
        (1..MOST).contains(&count).then_some(RefCount { count, immortal })
    }

    /// Offsets in a module object.
    pub fn module_object(&self) -> ModuleObject {
        if self.minor >= 15 {
            ModuleObject { def_or_token: 88, token_is_def: Some(48), state: 24, name: 40, own_state_facts: Some(56) }
        } else {
            ModuleObject { def_or_token: 24, token_is_def: None, state: 32, name: 48, own_state_facts: None }
        }
    }

    /// `sizeof(PyTypeObject)`.
    pub fn type_object_bytes(&self) -> u64 {
        match self.minor {
            8 | 12..=14 => 416,
            ..=11 => 408,
            _ => 424,
        }
    }

    /// Offset of the text in a compact ASCII string, and in a compact string of another kind.
    pub fn str_data(&self) -> (u64, u64) {
        // 3.12 dropped the `wchar_t` copies.
        if self.minor >= 12 { (40, 56) } else { (48, 72) }
    }

    /// Integers keep the number of digits in the upper bits of a tag (3.12+) or, signed, in `ob_size`.
    pub fn int_has_tag(&self) -> bool {
        self.minor >= 12
    }
}
