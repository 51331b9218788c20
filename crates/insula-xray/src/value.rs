//! A few words about a Python object's value, read without running Python.

use crate::layout::{Layout, OB_SIZE};
use crate::memory::ProcessMemory;
use crate::python::TypeObject;

/// Longest text quoted in a report.
const QUOTE: usize = 60;

/// Offset of the state bits of a string.
const STR_STATE: u64 = 32;
const STR_LENGTH: u64 = 16;

struct StrState {
    interned: u32,
    kind: usize,
    compact: bool,
    ascii: bool,
}

fn str_state(mem: &ProcessMemory, addr: u64) -> Option<StrState> {
    let bits = u32::from_ne_bytes(mem.read_at(addr, STR_STATE, 4)?.try_into().ok()?);
    Some(StrState {
        interned: bits & 3,
        kind: (bits >> 2 & 7) as usize,
        compact: bits >> 5 & 1 != 0,
        ascii: bits >> 6 & 1 != 0,
    })
}

/// Whether a string is in the table of interned strings.
pub(crate) fn is_interned(mem: &ProcessMemory, addr: u64) -> bool {
    str_state(mem, addr).is_some_and(|s| s.interned != 0)
}

/// The first `max` characters of a `str`; `None` if there is no well-formed compact string at the address.
pub(crate) fn text(mem: &ProcessMemory, layout: &Layout, addr: u64, max: usize) -> Option<String> {
    if addr == 0 {
        return None;
    }
    let state = str_state(mem, addr)?;
    let length = mem.word_at(addr, STR_LENGTH)?;
    if !state.compact || !matches!(state.kind, 1 | 2 | 4) || length > 1 << 40 {
        return None;
    }
    let (ascii, wide) = layout.str_data();
    let data = if state.ascii { ascii } else { wide };
    let count = (length as usize).min(max);
    let bytes = mem.read_at(addr, data, count.checked_mul(state.kind)?)?;
    let text = bytes
        .chunks_exact(state.kind)
        .map(|c| {
            let code = c.iter().rev().fold(0u32, |acc, b| acc << 8 | u32::from(*b));
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect();
    Some(text)
}

/// Whether the fields of what seems to be an object of the built-in type `type_name` fit together, and the memory that
/// it would need is there. A native record whose second word is a type by chance is hardly that.
pub(crate) fn is_plausible(mem: &ProcessMemory, layout: &Layout, addr: u64, type_name: &str) -> bool {
    let word = |offset: u64| mem.word_at(addr, offset);
    let mapped = |start: Option<u64>, count: u64, size: u64| {
        let last = count.checked_mul(size).and_then(|bytes| start?.checked_add(bytes.saturating_sub(1)));
        [start, last].into_iter().all(|end| end.is_some_and(|end| mem.mapping_at(end).is_some()))
    };
    match type_name {
        "str" => text(mem, layout, addr, 1).is_some(),
        "bytes" => word(OB_SIZE).is_some_and(|size| mapped(addr.checked_add(32), size, 1)),
        "tuple" => word(OB_SIZE).is_some_and(|count| mapped(addr.checked_add(24), count, 8)),
        "list" => match (word(OB_SIZE), word(24), word(32)) {
            (Some(0), Some(0), Some(0)) => true,
            (Some(count), Some(items), Some(room)) => count <= room && mapped(Some(items), room, 8),
            _ => false,
        },
        "set" | "frozenset" => match (word(16), word(24), word(32), word(40)) {
            (Some(filled), Some(used), Some(mask), Some(table)) => {
                used <= filled
                    && filled <= mask
                    && mask.checked_add(1).is_some_and(|slots| mapped(Some(table), slots, 16))
            }
            _ => false,
        },
        "dict" => match (word(16), word(32)) {
            (Some(used), Some(keys)) => used < 1 << 40 && mapped(Some(keys), 1, 8),
            _ => false,
        },
        _ => true,
    }
}

/// A few words about the value of an object of the built-in type `type_name`; empty if there is nothing to say.
pub(crate) fn describe(mem: &ProcessMemory, layout: &Layout, addr: u64, type_name: &str) -> String {
    let known = match type_name {
        "str" => text(mem, layout, addr, QUOTE + 1).map(|t| quote(&t)),
        "bytes" => mem.word_at(addr, OB_SIZE).map(|n| format!("{n} bytes")),
        "int" | "bool" => int(mem, layout, addr),
        "float" => mem.word_at(addr, 16).map(|bits| format!("{:?}", f64::from_bits(bits))),
        "tuple" | "list" => mem.word_at(addr, OB_SIZE).map(|n| count(n, "item")),
        "dict" => mem.word_at(addr, 16).map(|n| count(n, "entry")),
        "set" | "frozenset" => mem.word_at(addr, 24).map(|n| count(n, "item")),
        "module" => {
            let name = mem.word_at(addr, layout.module_object().name);
            name.and_then(|n| text(mem, layout, n, 200))
        }
        // m_ml is the first field, ml_name its first.
        "builtin_function_or_method" => mem.word_at(addr, 16).and_then(|m| mem.word(m)).and_then(|n| mem.cstr(n, 100)),
        "PyCapsule" => mem.word_at(addr, 24).filter(|n| *n != 0).and_then(|n| mem.cstr(n, 100)).map(|n| quote(&n)),
        _ => None,
    };
    known.unwrap_or_default()
}

/// What to say of a type object.
pub(crate) fn describe_type(t: &TypeObject) -> String {
    t.name.clone()
}

fn int(mem: &ProcessMemory, layout: &Layout, addr: u64) -> Option<String> {
    const DIGIT_BITS: u64 = 30;
    let head = mem.word_at(addr, OB_SIZE)?;
    let (digits, negative) = if layout.int_has_tag() {
        (head >> 3, head & 3 == 2)
    } else {
        ((head as i64).unsigned_abs(), (head as i64) < 0)
    };
    let sign = if negative { "-" } else { "" };
    if digits > 2 {
        return Some(format!("{sign}about {} bits", digits.saturating_mul(DIGIT_BITS)));
    }
    let mut magnitude = 0u64;
    for place in [24, 28].into_iter().take(digits as usize).rev() {
        let digit = u32::from_ne_bytes(mem.read_at(addr, place, 4)?.try_into().ok()?);
        magnitude = magnitude << DIGIT_BITS | u64::from(digit);
    }
    // Differs from run to run, and says nothing to a reader.
    if !negative && mem.mapping_at(magnitude).is_some() {
        return Some("that is an address".to_owned());
    }
    Some(format!("{sign}{magnitude}"))
}

fn count(n: u64, what: &str) -> String {
    match (n, what) {
        (1, _) => format!("1 {what}"),
        (_, "entry") => format!("{n} entries"),
        _ => format!("{n} {what}s"),
    }
}

fn quote(text: &str) -> String {
    let mut chars = text.chars();
    let short: String = chars.by_ref().take(QUOTE).collect();
    let more = if chars.next().is_some() { "..." } else { "" };
    format!("'{}'{more}", short.escape_debug())
}
