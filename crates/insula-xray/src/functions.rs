//! The functions that are behind callables, types and modules.
//!
//! Where their addresses stand has not changed from 3.8 to 3.15: `PyCFunctionObject.m_ml`, the part behind
//! `PyDescrObject`, `PyMethodDef` and `PyGetSetDef` are laid out the same in all headers of `Include/`.

use crate::layout::{module_def, type_object};
use crate::memory::ProcessMemory;

/// A slot of a type whose function matters to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TypeSlot {
    /// `tp_new`.
    New,
    /// `tp_init`.
    Init,
    /// `tp_dealloc`.
    Dealloc,
    /// `tp_traverse`.
    Traverse,
    /// `tp_clear`.
    Clear,
}

impl TypeSlot {
    /// All of them, those first that say most about a type.
    pub const ALL: [Self; 5] = [Self::New, Self::Init, Self::Dealloc, Self::Traverse, Self::Clear];

    fn offset(self) -> u64 {
        match self {
            Self::Dealloc => type_object::DEALLOC,
            Self::Traverse => type_object::TRAVERSE,
            Self::Clear => 192,
            Self::Init => 296,
            Self::New => 312,
        }
    }
}

/// The function that a callable object of C code calls, by the name of the object's type; 0 and what is not there are
/// nothing.
pub fn function_of(mem: &ProcessMemory, object: u64, type_name: &str) -> Option<u64> {
    const M_ML: u64 = 16;
    const BEHIND_DESCR: u64 = 40;
    const ML_METH: u64 = 8;
    let method = |at: u64| mem.word(mem.word_at(object, at)?.checked_add(ML_METH)?);
    let function = match type_name {
        // Cython's function begins as the interpreter's own one does.
        "builtin_function_or_method" | "cython_function_or_method" | "fused_cython_function" => method(M_ML),
        "method_descriptor" | "classmethod_descriptor" => method(BEHIND_DESCR),
        "wrapper_descriptor" => mem.word_at(object, BEHIND_DESCR + 8),
        // The getter, else the setter.
        "getset_descriptor" => method(BEHIND_DESCR)
            .filter(|getter| *getter != 0)
            .or_else(|| mem.word(mem.word_at(object, BEHIND_DESCR)?.checked_add(16)?)),
        _ => None,
    };
    function.filter(|function| *function != 0)
}

/// The functions in the slots of a type.
pub fn type_slots(mem: &ProcessMemory, addr: u64) -> Vec<(TypeSlot, u64)> {
    TypeSlot::ALL.into_iter().filter_map(|slot| Some((slot, mem.word_at(addr, slot.offset())?))).collect()
}

/// Every word of a type and of its suites (`tp_as_number` and so on) that may be a function.
pub fn type_functions(mem: &ProcessMemory, addr: u64) -> Vec<u64> {
    /// Behind `tp_itemsize` come functions and suites, up to `tp_vectorcall`.
    const FIRST: u64 = 48;
    const LAST: u64 = 400;
    const WORDS: usize = ((LAST - FIRST) / 8 + 1) as usize;
    /// `tp_as_async`, `tp_as_number`, `tp_as_sequence`, `tp_as_mapping`, `tp_as_buffer`.
    const SUITES: [u64; 5] = [80, 96, 104, 112, 160];
    /// `PyNumberMethods` is the longest.
    const LONGEST: usize = 36;
    let mut all = addr.checked_add(FIRST).and_then(|first| mem.words(first, WORDS)).unwrap_or_default();
    for suite in SUITES.into_iter().filter_map(|offset| mem.word_at(addr, offset)).filter(|suite| *suite != 0) {
        // A short suite may end with its page.
        let found = (1..=LONGEST).rev().find_map(|count| mem.words(suite, count));
        all.extend(found.unwrap_or_default());
    }
    all
}

/// `m_traverse`, `m_clear` and `m_free` of a `PyModuleDef`.
pub fn state_functions(mem: &ProcessMemory, def: u64) -> Vec<u64> {
    const TRAVERSE: u64 = module_def::SLOTS + 8;
    const WORDS: usize = ((module_def::BYTES - TRAVERSE) / 8) as usize;
    def.checked_add(TRAVERSE).and_then(|first| mem.words(first, WORDS)).unwrap_or_default()
}
