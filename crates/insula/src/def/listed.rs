//! Items that are declared elsewhere than in their module, and what the module says about them.

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;

use super::class::{ClassAttribute, New};
use super::module::{EntryDef, ModuleDef};
use crate::ffi;

/// What a module says about an item that it lists and that is declared elsewhere: `#[class] use shapes::Circle;`. There
/// is one implementation for each item, so it is in one module, once.
///
/// # Safety
///
/// For the macro to implement: from `FURTHER` on, the module's table of objects has what the item asks for, in its
/// order; of a class or exception, `INDEX` is its own place there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is in no module: none lists it",
    label = "declared here, and listed nowhere",
    note = "a module marked #[insula::module] lists it: `#[class] use path::Name;`, and with #[function], #[exception] \
            or #[module] what is that"
)]
pub unsafe trait Listed {
    /// The module.
    type Module: ModuleDef;
    /// The place in the module's table of objects.
    const INDEX: usize;
    /// Where in that table the further entries begin.
    const FURTHER: usize;
}

/// A class that is declared elsewhere than in its module.
///
/// # Safety
///
/// For the macro to implement: `ENTRY` makes the class, and `FURTHER` what it asks for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no #[class] of another place",
    label = "not marked #[insula::class]"
)]
pub unsafe trait ClassItem {
    /// Its name in Python.
    const NAME: &'static CStr;
    /// The class.
    const ENTRY: EntryDef;
    /// What a module object keeps for it beside the class itself.
    const FURTHER: &'static [EntryDef];
}

/// A function that is declared elsewhere than in its module; implemented for a type of its name.
///
/// # Safety
///
/// For the macro to implement: the function is one for module objects of `Listed::Module`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no #[function] of another place",
    label = "not marked #[insula::function]"
)]
pub unsafe trait FunctionItem {
    /// The entry of the table of functions.
    const DEF: ffi::PyMethodDef;
    /// What a module object keeps for it.
    const FURTHER: &'static [EntryDef];
}

/// What an item that is declared elsewhere has in a stub file.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a module can list",
    note = "it is marked where it is declared: #[insula::class], #[insula::function], #[insula::exception], or for a \
            module #[insula::module(submodule)]"
)]
pub trait Described {
    /// Its lines; see `stub.rs` of the macros.
    const STUB: &'static [&'static str];
}

/// What the `#[methods]` block of a class adds up to, where class and methods are declared elsewhere than in the
/// module.
pub struct Methods<C> {
    methods: &'static [ffi::PyMethodDef],
    getset: &'static [ffi::PyGetSetDef],
    slots: &'static [ffi::PyType_Slot],
    attributes: &'static [ClassAttribute],
    new: Option<New>,
    signature: Option<&'static str>,
    pickles: bool,
    names: &'static [EntryDef],
    stub: &'static str,
    of: PhantomData<fn() -> C>,
}

impl<C> Methods<C> {
    /// Those of a class without a `#[methods]` block.
    pub const fn none() -> Self {
        Methods {
            methods: &[],
            getset: &[],
            slots: &[],
            attributes: &[],
            new: None,
            signature: None,
            pickles: false,
            names: &[],
            stub: "",
            of: PhantomData,
        }
    }

    /// All that a block says.
    ///
    /// # Safety
    ///
    /// The functions are for instances of `C`.
    #[allow(clippy::too_many_arguments, reason = "the macro writes the call")]
    pub const unsafe fn new(
        methods: &'static [ffi::PyMethodDef],
        getset: &'static [ffi::PyGetSetDef],
        slots: &'static [ffi::PyType_Slot],
        attributes: &'static [ClassAttribute],
        new: Option<New>,
        signature: Option<&'static str>,
        pickles: bool,
        names: &'static [EntryDef],
        stub: &'static str,
    ) -> Self {
        Methods { methods, getset, slots, attributes, new, signature, pickles, names, stub, of: PhantomData }
    }

    /// Entries of the method table.
    pub const fn methods(&self) -> &'static [ffi::PyMethodDef] {
        self.methods
    }

    /// Entries of the table of getters and setters.
    pub const fn getset(&self) -> &'static [ffi::PyGetSetDef] {
        self.getset
    }

    /// The `__dunder__` methods.
    pub const fn slots(&self) -> &'static [ffi::PyType_Slot] {
        self.slots
    }

    /// The class attributes.
    pub const fn attributes(&self) -> &'static [ClassAttribute] {
        self.attributes
    }

    /// The constructor, or what a class without one has.
    pub const fn new_or(&self, absent: New) -> New {
        match self.new {
            Some(new) => new,
            None => absent,
        }
    }

    /// Whether a method says how instances are pickled.
    pub const fn pickles(&self) -> bool {
        self.pickles
    }

    /// Checks that these, which the class has without its block, are not in the block as well: CPython says nothing
    /// about a slot that a type has twice.
    ///
    /// # Panics
    ///
    /// Then, and so the class does not compile.
    pub const fn check_beside(
        &self,
        methods: &[ffi::PyMethodDef],
        getset: &[ffi::PyGetSetDef],
        slots: &[ffi::PyType_Slot],
        new: bool,
    ) {
        assert!(
            !new || self.new.is_none(),
            "the class has a constructor by its options, and another in its #[methods]"
        );
        let mut own = 0;
        while own < slots.len() {
            let mut other = 0;
            while other < self.slots.len() {
                assert!(slots[own].slot != self.slots[other].slot, "{}", TWICE);
                other += 1;
            }
            own += 1;
        }
        own = 0;
        while own < methods.len() {
            let mut other = 0;
            while other < self.methods.len() {
                assert!(!same(methods[own].ml_name, self.methods[other].ml_name), "{}", TWICE);
                other += 1;
            }
            own += 1;
        }
        own = 0;
        while own < getset.len() {
            let mut other = 0;
            while other < self.getset.len() {
                assert!(!same(getset[own].name, self.getset[other].name), "{}", TWICE);
                other += 1;
            }
            own += 1;
        }
    }

    /// The lines of a stub file.
    pub const fn stub(&self) -> &'static str {
        self.stub
    }

    /// The names of parameters.
    pub const fn names(&self) -> &'static [EntryDef] {
        self.names
    }
}

/// What is wrong with a class that has something in two places.
const TWICE: &str = "the class has a method or attribute by its options, or as an enum, and another of that name in \
                     its #[methods]: outside the module, there can be one of them (comparisons are one together)";

/// Whether two names in tables of CPython's are the same.
const fn same(one: *const c_char, other: *const c_char) -> bool {
    // SAFETY: the tables are made of `&'static CStr`s.
    let (one, other) = unsafe { (CStr::from_ptr(one).to_bytes(), CStr::from_ptr(other).to_bytes()) };
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// A class without a `#[methods]` block: what the block writes is an associated constant of the class itself, which
/// comes before this one.
pub trait NoMethods: Sized {
    /// None.
    const INSULA_METHODS: Methods<Self> = Methods::none();
}
impl<C> NoMethods for C {}

/// One list of several, `N` long with what `fill` fills.
pub const fn join<T: Copy, const N: usize>(parts: &[&[T]], fill: T) -> [T; N] {
    let (mut all, mut count, mut part) = ([fill; N], 0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[count] = parts[part][index];
            (count, index) = (count + 1, index + 1);
        }
        part += 1;
    }
    all
}

/// The place of each type among those of its kind in the table of a module that lists some: first those that derive
/// from no other, so that a base is made before what derives from it, in whichever order they are listed; rustfmt sorts
/// a `use`.
pub const fn places<const N: usize>(depths: [usize; N]) -> [usize; N] {
    let (mut places, mut index) = ([0; N], 0);
    while index < N {
        let mut other = 0;
        while other < N {
            if depths[other] < depths[index] || (depths[other] == depths[index] && other < index) {
                places[index] += 1;
            }
            other += 1;
        }
        index += 1;
    }
    places
}

/// The entries, each in its place.
pub const fn arranged<const N: usize>(entries: [EntryDef; N], places: [usize; N]) -> [EntryDef; N] {
    let (mut arranged, mut index) = (entries, 0);
    while index < N {
        arranged[places[index]] = entries[index];
        index += 1;
    }
    arranged
}

/// What fills a list of entries that has no gap.
pub const NO_ENTRY: EntryDef = EntryDef::Name(c"");

/// Texts that only the compiler can put together: their bytes with the NUL that ends them.
pub const fn text_len(parts: &[&str]) -> usize {
    let (mut count, mut part) = (1, 0);
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// See [`text_len`].
pub const fn text_bytes<const N: usize>(parts: &[&str]) -> [u8; N] {
    let (mut bytes, mut count, mut part) = ([0; N], 0, 0);
    while part < parts.len() {
        let text = parts[part].as_bytes();
        let mut index = 0;
        while index < text.len() {
            assert!(text[index] != 0, "the text has a NUL in it");
            bytes[count] = text[index];
            (count, index) = (count + 1, index + 1);
        }
        part += 1;
    }
    bytes
}

/// The same of several lists of texts.
pub const fn all_len(lists: &[&[&str]]) -> usize {
    let (mut count, mut list) = (1, 0);
    while list < lists.len() {
        count += text_len(lists[list]) - 1;
        list += 1;
    }
    count
}

/// See [`all_len`].
pub const fn all_bytes<const N: usize>(lists: &[&[&str]]) -> [u8; N] {
    let (mut bytes, mut count, mut list) = ([0; N], 0, 0);
    while list < lists.len() {
        let mut part = 0;
        while part < lists[list].len() {
            let text = lists[list][part].as_bytes();
            let mut index = 0;
            while index < text.len() {
                bytes[count] = text[index];
                (count, index) = (count + 1, index + 1);
            }
            part += 1;
        }
        list += 1;
    }
    bytes
}

/// The text in bytes that a NUL ends.
pub const fn utf8(bytes: &'static [u8]) -> &'static str {
    match text(bytes).to_str() {
        Ok(text) => text,
        Err(_) => panic!("it was made of texts"),
    }
}

/// The name of a module.
pub const fn name_of<M: ModuleDef>() -> &'static str {
    match M::NAME.to_str() {
        Ok(name) => name,
        Err(_) => panic!("the name of a module is ASCII"),
    }
}

/// See [`text_len`].
pub const fn text(bytes: &'static [u8]) -> &'static CStr {
    match CStr::from_bytes_with_nul(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the text ends with its only NUL"),
    }
}

/// The parts of `module.Name`.
pub const fn qualified<M: ModuleDef>(name: &'static str) -> [&'static str; 3] {
    [name_of::<M>(), ".", name]
}

/// The parts of the docstring of a class, with the signature in front if it has a constructor.
pub const fn class_doc<C>(name: &'static str, methods: &Methods<C>, text: &'static str) -> [&'static str; 5] {
    match methods.signature {
        Some(signature) => [name, "(", signature, ")\n--\n\n", text],
        None => ["", "", "", "", text],
    }
}

#[cfg(test)]
mod tests {
    use super::{places, text, text_bytes, text_len};

    #[test]
    fn a_base_has_its_place_before_what_derives_from_it() {
        assert_eq!(places([1, 0, 2, 0]), [2, 0, 3, 1]);
        assert_eq!(places([0, 0, 0]), [0, 1, 2]);
        assert_eq!(places::<0>([]), []);
    }

    #[test]
    fn texts_are_put_together() {
        const PARTS: [&str; 3] = ["a", "", "bc"];
        const BYTES: &[u8] = &text_bytes::<{ text_len(&PARTS) }>(&PARTS);
        assert_eq!(text(BYTES), c"abc");
    }
}
