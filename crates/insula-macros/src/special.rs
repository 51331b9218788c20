//! The special methods that a class can have, and the slots that they fill.

/// A slot that a `__dunder__` method fills.
pub(crate) struct SlotKind {
    pub(crate) method: &'static str,
    /// The kind of its result, in `insula::rt`.
    pub(crate) kind: &'static str,
    pub(crate) arity: usize,
    pub(crate) place: Place,
}

#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// A slot of its own, made by this function of `insula::rt`.
    Own(&'static str),
    /// A slot of its own with this number, which takes only the object (`unary_slot`).
    Unary(&'static str),
    /// A slot of its own with this number, which takes one argument (`binary_slot`).
    Binary(&'static str),
    /// The same, where an argument of an unknown type gives `NotImplemented`.
    Augmented(&'static str),
    /// A part of a slot that several methods share: see `SHARED`, `OPERATORS` and `COMPARISONS`.
    Part,
    /// The same, where an argument of an unknown type gives `NotImplemented`.
    Operand,
}

const fn object(method: &'static str, arity: usize, place: Place) -> SlotKind {
    SlotKind { method, kind: "Object", arity, place }
}

const fn special(method: &'static str, kind: &'static str, arity: usize, place: Place) -> SlotKind {
    SlotKind { method, kind, arity, place }
}

const SLOTS: &[SlotKind] = &[
    object("__repr__", 0, Place::Unary("Py_tp_repr")),
    object("__str__", 0, Place::Unary("Py_tp_str")),
    object("__iter__", 0, Place::Unary("Py_tp_iter")),
    special("__next__", "Next", 0, Place::Own("next_slot")),
    object("__await__", 0, Place::Unary("Py_am_await")),
    object("__aiter__", 0, Place::Unary("Py_am_aiter")),
    object("__anext__", 0, Place::Unary("Py_am_anext")),
    special("__len__", "Length", 0, Place::Own("len_slot")),
    special("__bool__", "Truth", 0, Place::Own("bool_slot")),
    special("__hash__", "Hash", 0, Place::Own("hash_slot")),
    special("__contains__", "Truth", 1, Place::Own("contains_slot")),
    special("__del__", "Nothing", 0, Place::Own("finalize_slot")),
    object("__getitem__", 1, Place::Binary("Py_mp_subscript")),
    object("__getattribute__", 1, Place::Binary("Py_tp_getattro")),
    object("__getattr__", 1, Place::Own("getattr_slot")),
    object("__get__", 2, Place::Own("get_slot")),
    object("__neg__", 0, Place::Unary("Py_nb_negative")),
    object("__pos__", 0, Place::Unary("Py_nb_positive")),
    object("__abs__", 0, Place::Unary("Py_nb_absolute")),
    object("__invert__", 0, Place::Unary("Py_nb_invert")),
    object("__int__", 0, Place::Unary("Py_nb_int")),
    object("__float__", 0, Place::Unary("Py_nb_float")),
    object("__index__", 0, Place::Unary("Py_nb_index")),
    object("__iadd__", 1, Place::Augmented("Py_nb_inplace_add")),
    object("__isub__", 1, Place::Augmented("Py_nb_inplace_subtract")),
    object("__imul__", 1, Place::Augmented("Py_nb_inplace_multiply")),
    object("__imatmul__", 1, Place::Augmented("Py_nb_inplace_matrix_multiply")),
    object("__itruediv__", 1, Place::Augmented("Py_nb_inplace_true_divide")),
    object("__ifloordiv__", 1, Place::Augmented("Py_nb_inplace_floor_divide")),
    object("__imod__", 1, Place::Augmented("Py_nb_inplace_remainder")),
    object("__ilshift__", 1, Place::Augmented("Py_nb_inplace_lshift")),
    object("__irshift__", 1, Place::Augmented("Py_nb_inplace_rshift")),
    object("__iand__", 1, Place::Augmented("Py_nb_inplace_and")),
    object("__ior__", 1, Place::Augmented("Py_nb_inplace_or")),
    object("__ixor__", 1, Place::Augmented("Py_nb_inplace_xor")),
    object("__ipow__", 2, Place::Own("inplace_power_slot")),
    special("__setattr__", "Nothing", 2, Place::Part),
    special("__delattr__", "Nothing", 1, Place::Part),
    special("__setitem__", "Nothing", 2, Place::Part),
    special("__delitem__", "Nothing", 1, Place::Part),
    special("__set__", "Nothing", 2, Place::Part),
    special("__delete__", "Nothing", 1, Place::Part),
];

/// The slots with two halves: the methods, what stands in for a missing one, and the function that makes the slot.
pub(crate) const SHARED: &[([&str; 2], [&str; 2], &str)] = &[
    (["__setattr__", "__delattr__"], ["SetAttr", "DelAttr"], "setattr_slot"),
    (["__setitem__", "__delitem__"], ["SetItem", "DelItem"], "setitem_slot"),
    (["__set__", "__delete__"], ["SetDescriptor", "DelDescriptor"], "descriptor_set_slot"),
];

/// The binary operators: the name of the operator, and the slot of it and its reflected form.
pub(crate) const OPERATORS: &[(&str, &str)] = &[
    ("add", "Py_nb_add"),
    ("sub", "Py_nb_subtract"),
    ("mul", "Py_nb_multiply"),
    ("matmul", "Py_nb_matrix_multiply"),
    ("truediv", "Py_nb_true_divide"),
    ("floordiv", "Py_nb_floor_divide"),
    ("mod", "Py_nb_remainder"),
    ("divmod", "Py_nb_divmod"),
    ("lshift", "Py_nb_lshift"),
    ("rshift", "Py_nb_rshift"),
    ("and", "Py_nb_and"),
    ("or", "Py_nb_or"),
    ("xor", "Py_nb_xor"),
    ("pow", "Py_nb_power"),
];

/// The comparisons, in the order of CPython's numbers for them.
pub(crate) const COMPARISONS: [&str; 6] = ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"];

/// Special methods without a slot that Python itself knows: plain methods to CPython, as is any other `__name__` that a
/// library asks for (`__array__`, `__html__`). Those here are known not to be a slot's name with a letter wrong.
const PLAIN: &[&str] = &[
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__copy__",
    "__deepcopy__",
    "__replace__",
    "__format__",
    "__dir__",
    "__sizeof__",
    "__bytes__",
    "__complex__",
    "__round__",
    "__trunc__",
    "__floor__",
    "__ceil__",
    "__reversed__",
    "__length_hint__",
    "__missing__",
    "__fspath__",
    "__instancecheck__",
    "__subclasscheck__",
    "__mro_entries__",
    "__set_name__",
];

/// Special methods that are class methods without being marked, as in Python.
pub(crate) const OF_THE_CLASS: &[&str] = &["__init_subclass__", "__class_getitem__", "__subclasshook__"];

/// The methods that say how instances are pickled.
pub(crate) const PICKLING: &[&str] =
    &["__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__"];

/// The slot that a method of this name fills, if it fills one.
pub(crate) fn slot_of(method: &str) -> Option<SlotKind> {
    if let Some(slot) = SLOTS.iter().find(|slot| slot.method == method) {
        return Some(SlotKind { method: slot.method, kind: slot.kind, arity: slot.arity, place: slot.place });
    }
    if let Some(&comparison) = COMPARISONS.iter().find(|&&name| name == method) {
        return Some(object(comparison, 1, Place::Operand));
    }
    let operator = method.strip_prefix("__")?.strip_suffix("__")?;
    let known = |name: &str| OPERATORS.iter().any(|(operator, _)| *operator == name);
    if known(operator) || operator.strip_prefix('r').is_some_and(known) {
        let arity = if operator.ends_with("pow") { 2 } else { 1 };
        return Some(object("", arity, Place::Operand));
    }
    None
}

/// Why a class cannot have a method of this name, and what it can have: names of Python 2, of PyO3, and of attributes
/// that the options of the class make.
const INSTEAD: &[(&str, &str)] = &[
    ("__new__", "the constructor is a function marked #[new]"),
    ("__init__", "the constructor is a function marked #[new]: no object exists before its value does"),
    ("__richcmp__", "write the comparisons you need: `__eq__`, `__ne__`, `__lt__`, `__le__`, `__gt__`, `__ge__`"),
    ("__cmp__", "write the comparisons you need: `__eq__`, `__lt__`, `__le__`, `__gt__`, `__ge__`"),
    ("__length__", "Python asks `__len__`"),
    ("__lenght__", "Python asks `__len__`"),
    ("__nonzero__", "Python 3 asks `__bool__`"),
    ("__unicode__", "Python 3 asks `__str__`"),
    ("__long__", "Python 3 asks `__int__`"),
    ("__oct__", "Python 3 asks `__index__`"),
    ("__hex__", "Python 3 asks `__index__`"),
    ("__div__", "Python 3 asks `__truediv__`"),
    ("__rdiv__", "Python 3 asks `__rtruediv__`"),
    ("__idiv__", "Python 3 asks `__itruediv__`"),
    ("__getslice__", "Python 3 hands a slice object to `__getitem__`"),
    ("__setslice__", "Python 3 hands a slice object to `__setitem__`"),
    ("__delslice__", "Python 3 hands a slice object to `__delitem__`"),
    ("__coerce__", "Python 3 asks the operators, `__add__` and `__radd__`"),
    ("__concat__", "write `__add__`"),
    ("__repeat__", "write `__mul__`"),
    ("__inplace_concat__", "write `__iadd__`"),
    ("__inplace_repeat__", "write `__imul__`"),
    ("__traverse__", "it is derived from the fields, for every class"),
    ("__clear__", "it is derived from the fields, for every class"),
    ("__getbuffer__", "write `fn __buffer__(&self) -> &ByteBuffer<'py>`"),
    ("__releasebuffer__", "`__buffer__` is enough: the buffer counts its views"),
    ("__release_buffer__", "`__buffer__` is enough: the buffer counts its views"),
    ("__dict__", "the option is #[class(dict)]"),
    ("__weakref__", "the option is #[class(weakref)]"),
    ("__slots__", "the fields of the struct are the slots"),
    ("__class__", "every object has it: its type"),
    ("__doc__", "the documentation comment of the class is its docstring"),
    ("__name__", "the option is #[class(name = \"...\")]"),
    ("__qualname__", "the option is #[class(qualname = \"...\")]"),
    ("__module__", "the option is #[class(module = \"...\")]"),
];

/// Why a method cannot have this name, if it cannot. `marked` says that the author wrote `#[method]`: what looks like a
/// misspelt slot is then meant.
pub(crate) fn objection(method: &str, marked: bool) -> Option<String> {
    if let Some((_, instead)) = INSTEAD.iter().find(|(name, _)| *name == method) {
        return Some(format!("`{method}` is not a special method that a class can have: {instead}"));
    }
    let is_dunder = method.len() > 4 && method.starts_with("__") && method.ends_with("__");
    let of_slots = || SLOTS.iter().map(|slot| slot.method).chain(COMPARISONS).chain(["__call__", "__buffer__"]);
    let is_known = slot_of(method).is_some() || of_slots().any(|slot| slot == method);
    if marked || !is_dunder || is_known || PLAIN.contains(&method) || OF_THE_CLASS.contains(&method) {
        return None;
    }
    let meant = of_slots().chain(PLAIN.iter().copied()).find(|slot| is_misspelt(method, slot))?;
    Some(format!(
        "`{method}` is not a special method of Python's; `{meant}` is. If a library asks for it, mark it #[method]"
    ))
}

/// Whether a name is another with one letter left out, put in, replaced, or changed places with its neighbour.
fn is_misspelt(name: &str, meant: &str) -> bool {
    let (name, meant) = (name.as_bytes(), meant.as_bytes());
    let begin = name.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (name, meant) = (&name[begin..], &meant[begin..]);
    let end = name.iter().rev().zip(meant.iter().rev()).take_while(|(a, b)| a == b).count();
    let (name, meant) = (&name[..name.len() - end], &meant[..meant.len() - end]);
    match (name, meant) {
        ([], []) => false,
        ([a, b], [c, d]) => a == d && b == c,
        _ => name.len() <= 1 && meant.len() <= 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{objection, slot_of};

    #[test]
    fn a_dunder_that_libraries_ask_for_is_a_plain_method() {
        let asked = "__array__ __array_interface__ __array_ufunc__ __dlpack__ __dlpack_device__ __arrow_c_stream__ \
                     __arrow_c_array__ __html__ __rich_repr__ __get_pydantic_core_schema__ __copy__ __deepcopy__ \
                     __fspath__ __json__ __cuda_array_interface__ __jax_array__ __torch_function__ __dataframe__ \
                     __post_init__ __pretty__ __clause_element__ __sklearn_tags__ __match_args__";
        for name in asked.split_whitespace() {
            assert!(slot_of(name).is_none(), "{name} is a slot");
            assert_eq!(objection(name, false), None, "{name}");
        }
    }

    #[test]
    fn the_guide_lists_every_special_method() {
        let page = include_str!("../../../docs/guide/src/names.md");
        for slot in super::SLOTS
            .iter()
            .map(|slot| slot.method)
            .chain(super::COMPARISONS)
            .chain(super::OF_THE_CLASS.iter().copied())
        {
            let in_place = |name: &str| slot.strip_prefix("__i").is_some_and(|rest| rest == format!("{name}__"));
            let listed = page.contains(&format!("`{slot}`")) || super::OPERATORS.iter().any(|(name, _)| in_place(name));
            assert!(listed, "{slot} is not on the page");
        }
        for (operator, _) in super::OPERATORS {
            assert!(
                page.contains(&format!("`{operator}`")) || page.contains(&format!("`__{operator}__`")),
                "{operator}"
            );
        }
    }

    #[test]
    fn an_old_or_misspelt_dunder_is_told_the_right_one() {
        let told = [
            ("__richcmp__", "`__eq__`"),
            ("__nonzero__", "`__bool__`"),
            ("__getslice__", "`__getitem__`"),
            ("__div__", "`__truediv__`"),
            ("__init__", "#[new]"),
            ("__traverse__", "derived"),
            ("__lenght__", "`__len__`"),
            ("__getitm__", "`__getitem__`"),
            ("__rerp__", "`__repr__`"),
            ("__boool__", "`__bool__`"),
        ];
        for (name, right) in told {
            let said = objection(name, false);
            assert!(said.as_ref().is_some_and(|said| said.contains(right)), "{name}: {said:?}");
        }
        for known in ["__getattr__", "__setattr__", "__eq__", "__radd__", "__rpow__", "__call__", "__buffer__"] {
            assert_eq!(objection(known, false), None, "{known}");
        }
        assert_eq!(objection("__rerp__", true), None, "marked, it is meant");
        assert!(objection("__cmp__", true).is_some());
    }
}
