//! Python objects in another process: types, modules, definitions and slots.

use serde::Serialize;

use crate::layout::{Layout, OB_TYPE, module_def, type_flags, type_object};
use crate::memory::ProcessMemory;

/// An address that does not hold what it was said to hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} at {addr:#x} in the worker; it ended, or this interpreter lays its objects out differently")]
pub struct ObjectError {
    /// Where.
    pub addr: u64,
    /// What was expected there.
    pub what: &'static str,
}

/// A type object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeObject {
    /// Its address.
    pub addr: u64,
    /// `tp_name`: for static types usually with the module's name.
    pub name: String,
    /// `tp_flags`.
    pub flags: u64,
    /// A heap type.
    pub is_heap: bool,
    /// Its instances are exceptions.
    pub is_exception: bool,
    /// `tp_basicsize`.
    pub basicsize: i64,
    /// Address of `tp_dealloc`.
    pub dealloc: u64,
    /// Address of `tp_traverse`, 0 if none.
    pub traverse: u64,
    /// Address of `tp_base`, 0 if none.
    pub base: u64,
}

impl TypeObject {
    /// Reads the type object at an address.
    pub fn read(mem: &ProcessMemory, layout: &Layout, addr: u64) -> Result<Self, ObjectError> {
        const WORDS: usize = type_object::BASE as usize / 8 + 1;
        let nothing = ObjectError { addr, what: "type object" };
        let words = mem.words(addr, WORDS).ok_or_else(|| nothing.clone())?;
        let field = |offset: u64| words[offset as usize / 8];
        layout.refcount(field(0)).ok_or_else(|| nothing.clone())?;
        let meta_flags = mem.word_at(field(OB_TYPE), type_object::FLAGS);
        if meta_flags.is_none_or(|f| f & type_flags::TYPE_SUBCLASS == 0) {
            return Err(nothing);
        }
        let flags = field(type_object::FLAGS);
        Ok(TypeObject {
            addr,
            name: mem.cstr(field(type_object::NAME), 200).ok_or_else(|| nothing.clone())?,
            flags,
            is_heap: flags & type_flags::HEAPTYPE != 0,
            is_exception: flags & type_flags::BASE_EXC_SUBCLASS != 0,
            basicsize: field(type_object::BASICSIZE) as i64,
            dealloc: field(type_object::DEALLOC),
            traverse: field(type_object::TRAVERSE),
            base: field(type_object::BASE),
        })
    }

    /// `PyType_Ready` was run on it.
    pub fn is_ready(&self) -> bool {
        self.flags & type_flags::READY != 0
    }

    /// Its instances are types.
    pub fn is_metatype(&self) -> bool {
        self.flags & type_flags::TYPE_SUBCLASS != 0
    }

    /// Its instances carry a collector's header.
    pub fn has_gc(&self) -> bool {
        self.flags & type_flags::HAVE_GC != 0
    }
}

/// What a slot of a module says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotKind {
    /// `Py_mod_create`.
    Create,
    /// `Py_mod_exec`.
    Exec,
    /// `Py_mod_multiple_interpreters`.
    MultipleInterpreters,
    /// `Py_mod_gil`.
    Gil,
    /// `Py_mod_name`.
    Name,
    /// `Py_mod_doc`.
    Doc,
    /// `Py_mod_state_size`.
    StateSize,
    /// `Py_mod_methods`.
    Methods,
    /// `Py_mod_state_traverse`.
    StateTraverse,
    /// `Py_mod_state_clear`.
    StateClear,
    /// `Py_mod_state_free`.
    StateFree,
    /// `Py_mod_abi`.
    Abi,
    /// `Py_mod_token`.
    Token,
    /// One this crate does not know.
    Other(u16),
}

/// `Py_slot_subslots` and `Py_mod_slots`: the value is another array.
const SUBSLOTS: u16 = 92;
const MOD_SLOTS: u16 = 94;

impl SlotKind {
    /// The meaning of a slot number. 3.15 renumbered four; code compiled for older versions, or to run on them, keeps
    /// the old numbers.
    fn of(number: u16) -> Self {
        match number {
            1 | 84 => SlotKind::Create,
            2 | 85 => SlotKind::Exec,
            3 | 86 => SlotKind::MultipleInterpreters,
            4 | 87 => SlotKind::Gil,
            100 => SlotKind::Name,
            101 => SlotKind::Doc,
            102 => SlotKind::StateSize,
            103 => SlotKind::Methods,
            104 => SlotKind::StateTraverse,
            105 => SlotKind::StateClear,
            106 => SlotKind::StateFree,
            109 => SlotKind::Abi,
            110 => SlotKind::Token,
            other => SlotKind::Other(other),
        }
    }
}

/// `Py_mod_multiple_interpreters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MultiInterp {
    /// Only in the main interpreter.
    NotSupported,
    /// In all interpreters that share the main interpreter's GIL.
    Supported,
    /// In every interpreter.
    PerInterpreterGil,
}

/// `Py_mod_gil`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GilSlot {
    /// Needs the GIL.
    Used,
    /// Safe without it.
    NotUsed,
}

/// What a module's definition declares: a `PyModuleDef`, or the slots that a `PyModExport_` function returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefFacts {
    /// Address of the definition or the slots.
    pub addr: u64,
    /// `m_size`.
    pub m_size: i64,
    /// The slots with their values, in order.
    pub slots: Vec<(SlotKind, u64)>,
    /// What it declares about interpreters; `None` if it does not.
    pub multiple_interpreters: Option<MultiInterp>,
    /// What it declares about the GIL; `None` if it does not.
    pub gil: Option<GilSlot>,
}

impl DefFacts {
    fn new(addr: u64) -> Self {
        DefFacts { addr, m_size: 0, slots: Vec::new(), multiple_interpreters: None, gil: None }
    }

    fn take_slots(&mut self, slots: Vec<(SlotKind, u64)>) {
        for (kind, value) in &slots {
            match kind {
                SlotKind::MultipleInterpreters => {
                    self.multiple_interpreters = Some(match value {
                        0 => MultiInterp::NotSupported,
                        1 => MultiInterp::Supported,
                        _ => MultiInterp::PerInterpreterGil,
                    });
                }
                SlotKind::Gil => {
                    self.gil = Some(if *value == 0 { GilSlot::Used } else { GilSlot::NotUsed });
                }
                SlotKind::StateSize => self.m_size = *value as i64,
                _ => {}
            }
        }
        self.slots = slots;
    }
}

/// A module object's inner side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleFacts {
    /// Its definition; `None` for a module made without one.
    pub def: Option<DefFacts>,
    /// Address of its state block; `None` if there is none, or it is empty.
    pub state: Option<u64>,
    /// Bytes of the state block.
    pub state_size: u64,
}

/// Reads a `PyModuleDef`.
pub fn def_facts(mem: &ProcessMemory, layout: &Layout, addr: u64) -> Result<DefFacts, ObjectError> {
    let nothing = ObjectError { addr, what: "PyModuleDef" };
    let words = mem.words(addr, module_def::BYTES as usize / 8).ok_or_else(|| nothing.clone())?;
    let field = |offset: u64| words[offset as usize / 8];
    let mut def = DefFacts::new(addr);
    def.m_size = field(module_def::SIZE) as i64;
    let slots = field(module_def::SLOTS);
    if slots != 0 {
        let slots = slot_array(mem, layout, slots, 0).ok_or(nothing)?;
        def.take_slots(slots);
    }
    Ok(def)
}

/// Reads the slots that a `PyModExport_` function returned (3.15).
pub fn export_slots(mem: &ProcessMemory, layout: &Layout, slots_addr: u64) -> Result<DefFacts, ObjectError> {
    let slots = slot_array(mem, layout, slots_addr, 0)
        .ok_or(ObjectError { addr: slots_addr, what: "array of module slots" })?;
    let mut def = DefFacts::new(slots_addr);
    def.take_slots(slots);
    Ok(def)
}

/// Both kinds of slot are 16 bytes, number first, value second; in `PySlot` flags share the first word.
fn slot_array(mem: &ProcessMemory, layout: &Layout, addr: u64, depth: usize) -> Option<Vec<(SlotKind, u64)>> {
    const MOST: u64 = 256 * 16;
    const DEEPEST: usize = 5;
    if depth > DEEPEST {
        return None;
    }
    let mut slots = Vec::new();
    for offset in (0..MOST).step_by(16) {
        let words = mem.words(addr.checked_add(offset)?, 2)?;
        let number = words[0] as u16;
        match number {
            0 => return Some(slots),
            SUBSLOTS | MOD_SLOTS if layout.minor >= 15 => {
                if words[1] != 0 {
                    slots.extend(slot_array(mem, layout, words[1], depth.saturating_add(1))?);
                }
            }
            _ => slots.push((SlotKind::of(number), words[1])),
        }
    }
    None
}

/// Reads a module object.
pub fn module_facts(mem: &ProcessMemory, layout: &Layout, module_object_addr: u64) -> Result<ModuleFacts, ObjectError> {
    let nothing = ObjectError { addr: module_object_addr, what: "module object" };
    let word = |offset: u64| mem.word_at(module_object_addr, offset).ok_or_else(|| nothing.clone());
    if !is_module(mem, layout, word(OB_TYPE)?) {
        return Err(nothing);
    }
    let at = layout.module_object();
    let token = word(at.def_or_token)?;
    let is_def = match at.token_is_def {
        Some(flag) => word(flag)? & 0xff != 0,
        None => true,
    };
    let def = match (token, is_def) {
        (0, _) => None,
        (def, true) => Some(def_facts(mem, layout, def)?),
        // Without a token of its own, a module is known by the address of its slots; any other token is a mere number.
        (token, false) => export_slots(mem, layout, token)
            .ok()
            .filter(|d| !d.slots.is_empty())
            .filter(|d| !d.slots.iter().any(|s| matches!(s.0, SlotKind::Other(_)))),
    };
    // For a size of zero CPython allocates a block all the same.
    let size = match (at.own_state_facts, &def) {
        (Some(offset), _) => word(offset)? as i64,
        (None, Some(def)) => def.m_size,
        (None, None) => 0,
    };
    let state = word(at.state)?;
    Ok(ModuleFacts {
        def,
        state: (state != 0 && size > 0).then_some(state),
        state_size: u64::try_from(size).unwrap_or(0),
    })
}

/// Whether a type is `module` or a subclass of it.
fn is_module(mem: &ProcessMemory, layout: &Layout, mut addr: u64) -> bool {
    const DEEPEST: usize = 32;
    for _ in 0..DEEPEST {
        let Ok(t) = TypeObject::read(mem, layout, addr) else {
            return false;
        };
        if !t.is_heap && t.name == "module" {
            return true;
        }
        addr = t.base;
    }
    false
}
