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

/// Special methods without a slot: plain methods to CPython.
pub(crate) const PLAIN: &[&str] = &[
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
pub(crate) const OF_THE_CLASS: &[&str] = &["__init_subclass__", "__class_getitem__"];

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
