//! A global that looks like state and is none: the tuple of keyword names in a `_PyArg_Parser`.
//!
//! CPython's own argument parsing keeps that tuple in a static structure of the extension, makes it once for the whole
//! process and shares it among interpreters by design. Most modules of the standard library have such structures, and
//! they are filled by the first call.

use insula_xray::{Hit, Layout, ProcessMemory};

/// Whether a hit is the `kwtuple` of a `_PyArg_Parser`: the structure's other fields, in front of it, must look the
/// part.
pub(crate) fn is_keyword_tuple(memory: &ProcessMemory, layout: &Layout, bias: u64, hit: &Hit) -> bool {
    if hit.type_name != "tuple" {
        return false;
    }
    // Where the fields are, from the structure's start. 3.12 has a word in front, which later versions moved.
    let (format_at, keywords_at, tuple_at) = match layout.minor {
        ..12 => (0, 8, 48),
        12 => (8, 16, 56),
        _ => (0, 8, 56),
    };
    let Some(start) = bias.wrapping_add(hit.vaddr).checked_sub(tuple_at) else { return false };
    let (Some(format), Some(keywords)) = (memory.word(start + format_at), memory.word(start + keywords_at)) else {
        return false;
    };
    if format != 0 && memory.cstr(format, 256).is_none() {
        return false;
    }
    let Some(size) = memory.word(hit.target + 16).filter(|size| *size <= 64) else {
        return false;
    };
    // The array holds one C string for each parameter; positional-only ones are empty and not in the tuple.
    let mut named = 0;
    for index in 0..128 {
        match memory.word(keywords.wrapping_add(index * 8)) {
            Some(0) => return named == size,
            Some(name) => match memory.cstr(name, 256) {
                Some(name) if name.is_empty() => {}
                Some(name) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => named += 1,
                _ => return false,
            },
            None => return false,
        }
    }
    false
}
