//! Enums as classes, classes by value, and the methods that options ask for: `tests/python/test_derived.py` calls
//! these.

#![forbid(unsafe_code)]

/// Enums as classes, classes by value, and the methods that options ask for.
#[insula::module]
mod classes {
    use std::collections::HashMap;
    use std::fmt;

    use insula::prelude::*;

    #[state]
    struct State;

    /// A colour.
    #[class]
    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Color {
        Red,
        Green = 5,
        Blue,
    }

    #[methods]
    impl Color {
        fn inverted(&self) -> Color {
            match self {
                Color::Red => Color::Blue,
                Color::Green => Color::Green,
                Color::Blue => Color::Red,
            }
        }
        #[classmethod]
        fn first<'py>(_class: &Obj<'py, Type>) -> Color {
            Color::Red
        }
    }

    /// What the user writes stands before what an enum brings along; raw names are Python's without the mark.
    #[class(name = "Keyword", module = "elsewhere")]
    #[derive(Clone)]
    #[allow(non_camel_case_types)]
    enum Word {
        r#type = -1,
        r#if = 900,
    }

    #[methods]
    impl Word {
        fn __repr__(&self) -> &'static str {
            "a word"
        }
    }

    #[function]
    fn echo_color(value: Color) -> Color {
        value
    }
    #[function]
    fn echo_word(value: Word) -> Result<Word, std::num::ParseIntError> {
        Ok(value)
    }
    #[function]
    fn new_color<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Color>> {
        cx.new(Color::Green)
    }
    #[function]
    fn color_names(values: Vec<Color>) -> Vec<String> {
        values.iter().map(|color| format!("{color:?}")).collect()
    }

    /// A shape.
    #[class(eq)]
    #[derive(Clone, PartialEq)]
    enum Shape {
        /// Round.
        Circle {
            radius: f64,
        },
        Rectangle(f64, f64),
        Empty,
    }

    #[methods]
    impl Shape {
        fn area(&self) -> f64 {
            match self {
                Shape::Circle { radius } => radius * radius * 3.0,
                Shape::Rectangle(width, height) => width * height,
                Shape::Empty => 0.0,
            }
        }
        /// A method of the enum's class gives another variant.
        fn doubled(&self) -> Shape {
            match self {
                Shape::Circle { radius } => Shape::Circle { radius: radius * 2.0 },
                Shape::Rectangle(width, height) => Shape::Rectangle(width * 2.0, *height),
                Shape::Empty => Shape::Empty,
            }
        }
    }

    #[function]
    fn echo_shape(value: Shape) -> Shape {
        value
    }
    #[function]
    fn new_shape<'py>(cx: Cx<'py, State>, radius: f64) -> PyResult<'py, Obj<'py, Shape>> {
        cx.new(Shape::Circle { radius })
    }
    #[function]
    fn is_circle<'py>(shape: &Obj<'py, Shape>) -> bool {
        matches!(**shape, Shape::Circle { .. })
    }

    /// A tree of objects: the collector sees into each variant.
    #[class]
    enum Tree<'py> {
        Leaf { value: Obj<'py> },
        Node { left: Obj<'py, Tree<'py>>, right: Obj<'py, Tree<'py>> },
        Changing { slot: Slot<'py> },
    }

    #[methods]
    impl<'py> Tree<'py> {
        fn set(&self, value: Option<Obj<'py>>) {
            if let Tree::Changing { slot } = self {
                slot.set(value);
            }
        }
    }

    #[function]
    fn leaf<'py>(value: &Obj<'py>) -> Tree<'py> {
        Tree::Leaf { value: value.clone() }
    }

    /// A dataclass.
    #[class(new, get_all, eq, ord, hash, repr, str)]
    #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    struct Version {
        major: u32,
        #[field(default = 0)]
        minor: u32,
        #[field(default = "final".to_owned(), kw_only)]
        stage: String,
    }

    impl fmt::Display for Version {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}.{} {}", self.major, self.minor, self.stage)
        }
    }

    #[function]
    fn next_version(mut value: Version) -> Version {
        value.minor += 1;
        value
    }
    #[function]
    fn fallible(value: Version) -> Result<Version, std::fmt::Error> {
        Ok(value)
    }
    #[function]
    fn newest(values: HashMap<String, Version>) -> u32 {
        values.into_values().max().map_or(0, |version| version.major)
    }

    /// Fields that change.
    #[class(new, eq, repr)]
    #[derive(Debug)]
    struct Account<'py> {
        #[member(set)]
        owner: Slot<'py, Str>,
        #[member(set)]
        #[field(default = PyCell::new(0))]
        balance: PyCell<'py, i64>,
        #[member(set)]
        #[field(default = Guarded::new(Vec::new()))]
        notes: Guarded<'py, Vec<String>>,
        #[field(skip, default = 7)]
        number: u32,
    }

    impl PartialEq for Account<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.number == other.number && self.balance.get() == other.balance.get()
        }
    }

    /// A class with objects, by value.
    #[class(new)]
    #[derive(Clone)]
    struct Pair<'py> {
        #[member]
        first: Obj<'py>,
        #[member]
        second: Obj<'py>,
    }

    #[function]
    fn swapped<'py>(pair: Pair<'py>) -> Pair<'py> {
        Pair { first: pair.second, second: pair.first }
    }

    /// Generic, with a hook for abstract classes.
    #[class(generic, subclassable)]
    struct Container;

    #[methods]
    impl Container {
        #[new]
        fn new() -> Self {
            Container
        }
        fn __subclasshook__<'py>(class: &Obj<'py, Type>, other: &Obj<'py, Type>) -> PyResult<'py, bool> {
            let _ = class;
            other.as_any().getattr("is_a_container").and_then(|flag| flag.is_truthy()).or(Ok(false))
        }
    }
}
