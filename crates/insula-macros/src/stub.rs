//! What a module says about itself for stub files: lines of them, in which types are marked (see `python_type.rs`) and
//! lines that begin with `#:` or `#"` are for whoever writes the file.
//!
//! * `#:module NAME`: what follows is in that module;
//! * `#:class RUST PYTHON`: the name in Rust of the class whose line follows;
//! * `#:all`, `#:all NAME...`: the module has an `__all__`;
//! * `#"TEXT`: a line of the docstring of what stands before.

use proc_macro2::Ident;
use syn::{FnArg, Pat, ReturnType, Type};

use crate::names::CallOptions;
use crate::python_type::{Direction, python_type};
use crate::signature::Signature;

/// Lines of a stub file.
#[derive(Default)]
pub(crate) struct Stub {
    text: String,
    indent: &'static str,
    /// What `Self` means.
    own: Option<Ident>,
}

/// What stands before the parameters of a function.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    Function,
    Method,
    ClassMethod,
    StaticMethod,
    Getter,
    Setter,
    Deleter,
    New,
}

impl Stub {
    /// The lines of a class.
    pub(crate) fn of_class(own: &Ident) -> Self {
        Stub { text: String::new(), indent: "    ", own: Some(own.clone()) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, line: &str) {
        for line in line.lines() {
            self.text.push_str(self.indent);
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// Lines that are indented already.
    pub(crate) fn raw(&mut self, lines: &str) {
        self.text.push_str(lines);
    }

    fn docstring(&mut self, doc: &str, indent: &str) {
        for line in doc.lines() {
            self.text.push_str(&format!("{}{indent}#\"{line}\n", self.indent));
        }
    }

    /// A function, or what its author wrote in its place.
    pub(crate) fn function(
        &mut self,
        bound: Bound,
        name: &str,
        function: &syn::Signature,
        options: &CallOptions,
        doc: &str,
    ) {
        if let Some(given) = &options.stub {
            self.line(given);
            return;
        }
        let (decorator, receiver) = match bound {
            Bound::Function => (None, None),
            Bound::Method => (None, Some("self")),
            Bound::ClassMethod if name == "__init_subclass__" => (None, Some("cls")),
            Bound::ClassMethod => (Some("@classmethod".to_owned()), Some("cls")),
            Bound::StaticMethod => (Some("@staticmethod".to_owned()), None),
            Bound::Getter => (Some("@property".to_owned()), Some("self")),
            Bound::Setter => (Some(format!("@{name}.setter")), Some("self")),
            Bound::Deleter => (Some(format!("@{name}.deleter")), Some("self")),
            Bound::New => (None, Some("cls")),
        };
        if let Some(decorator) = decorator {
            self.line(&decorator);
        }
        let parameters = self.parameters(bound, name, function, options);
        let parameters: Vec<String> = receiver.map(str::to_owned).into_iter().chain(parameters).collect();
        let returns = match (bound, &function.output) {
            (Bound::New, _) => "$Self".to_owned(),
            (_, ReturnType::Default) => "None".to_owned(),
            (_, ReturnType::Type(_, ty)) => returned(name, &python_type(ty, Direction::Result, self.own.as_ref())),
        };
        let body = if doc.is_empty() { " ..." } else { "" };
        // The slot of `__getattr__` is that of `__getattribute__`, which the type has then.
        let name = if name == "__getattr__" && bound == Bound::Method { "__getattribute__" } else { name };
        let asynchronous = if function.asyncness.is_some() { "async " } else { "" };
        self.line(&format!("{asynchronous}def {name}({}) -> {returns}:{body}", parameters.join(", ")));
        self.docstring(doc, "    ");
    }

    /// The parameters with their types.
    fn parameters(&self, bound: Bound, name: &str, function: &syn::Signature, options: &CallOptions) -> Vec<String> {
        let has_receiver = !matches!(bound, Bound::Function | Bound::StaticMethod | Bound::New);
        let visible = visible(function, has_receiver);
        if visible.iter().any(|(_, ty)| type_name(ty).as_deref() == Some("Arguments")) {
            return vec!["*args: $Any".to_owned(), "**kwargs: $Any".to_owned()];
        }
        let annotation = |ty: &Type| match name {
            "__eq__" | "__ne__" => "$object".to_owned(),
            "__getattr__" | "__getattribute__" | "__setattr__" | "__delattr__" if std::ptr::eq(ty, visible[0].1) => {
                "$str".to_owned()
            }
            _ => python_type(ty, Direction::Argument, self.own.as_ref()),
        };
        let of = |ident: &Ident| {
            let found = visible.iter().find(|(name, _)| name.is_some_and(|name| same(name, ident)));
            found.map_or_else(|| "$Any".to_owned(), |(_, ty)| annotation(ty))
        };
        if let Some(signature) = &options.signature
            && let Ok(signature) = syn::parse2::<Signature>(signature.clone())
        {
            return signature.annotated(options, of);
        }
        let parameters = visible.iter().enumerate().map(|(place, (ident, ty))| {
            let name = ident.map_or_else(|| format!("arg{place}"), |ident| options.parameter(ident));
            format!("{name}: {}", annotation(ty))
        });
        let mut parameters: Vec<String> = parameters.collect();
        if !parameters.is_empty() && bound != Bound::Setter {
            parameters.push("/".to_owned());
        }
        parameters
    }

    /// The half of an operator that the class does not have: CPython shows both, and this one takes nothing.
    pub(crate) fn other_half(&mut self, operator: &str, [left, right]: &[bool; 2]) {
        let modulo = if operator == "pow" { ", mod: None = None" } else { "" };
        let missing = match (left, right) {
            (true, false) => format!("__r{operator}__"),
            (false, true) => format!("__{operator}__"),
            _ => return,
        };
        self.line(&format!("def {missing}(self, value: $Never{modulo}, /) -> $Any: ..."));
    }

    /// The comparisons by order that the class does not have, where it has one: CPython shows all of them, and these
    /// take nothing.
    pub(crate) fn other_comparisons(&mut self, comparisons: &[(&str, bool)]) {
        let by_order = || comparisons.iter().filter(|(name, _)| !["__eq__", "__ne__"].contains(name));
        if by_order().any(|(_, is_there)| *is_there) {
            for (missing, _) in by_order().filter(|(_, is_there)| !is_there) {
                self.line(&format!("def {missing}(self, value: $Never, /) -> $Any: ..."));
            }
        }
    }

    /// An attribute of a class that is a field.
    pub(crate) fn member(&mut self, name: &str, ty: &Type, settable: bool, doc: &str) {
        let of = python_type(ty, Direction::Result, self.own.as_ref());
        self.line("@property");
        self.line(&format!("def {name}(self) -> {of}:{}", if doc.is_empty() { " ..." } else { "" }));
        self.docstring(doc, "    ");
        if settable {
            let of = python_type(ty, Direction::Argument, self.own.as_ref());
            let of = of.strip_suffix(" | None").unwrap_or(&of);
            self.line(&format!("@{name}.setter"));
            self.line(&format!("def {name}(self, value: {of}) -> None: ..."));
        }
    }

    /// A constant, of a class or a module.
    pub(crate) fn constant(&mut self, name: &str, ty: Option<&Type>) {
        let of = ty.map_or_else(|| "$Any".to_owned(), |ty| python_type(ty, Direction::Result, self.own.as_ref()));
        let kind = if self.own.is_some() { "$ClassVar" } else { "$Final" };
        self.line(&format!("{name}: {kind}[{of}]"));
    }

    /// The line of a class, which the rest of its lines follow.
    pub(crate) fn class(&mut self, head: &ClassHead<'_>, doc: &str) {
        let ClassHead { rust, python, base, kind, given } = head;
        self.text.push_str(&format!("#:class {rust} {python}\n"));
        let mut rest: Vec<&str> = Vec::new();
        if let Some(given) = given {
            let lines: Vec<&str> = given.lines().collect();
            // The docstring comes behind the line of the class itself.
            let head = lines.iter().position(|line| line.starts_with("class ")).map_or(lines.len(), |place| place + 1);
            lines[..head].iter().for_each(|line| self.text.push_str(&format!("{line}\n")));
            rest.extend(&lines[head..]);
        } else {
            self.text.push_str(match kind {
                Kind::Final => "@$final\n",
                Kind::Disjoint => "@$disjoint_base\n",
                Kind::Plain => "",
            });
            let base = base.as_ref().map(|base| format!("({base})")).unwrap_or_default();
            self.text.push_str(&format!("class {python}{base}:\n"));
        }
        self.indent = "";
        self.docstring(doc, "    ");
        self.indent = "    ";
        rest.iter().for_each(|line| self.text.push_str(&format!("{line}\n")));
    }
}

/// What can derive from a class.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Nothing.
    Final,
    /// Classes whose other bases do not add to the instance, as this one does (PEP 800).
    Disjoint,
    /// Any.
    Plain,
}

/// What the line of a class says.
pub(crate) struct ClassHead<'a> {
    pub(crate) rust: String,
    pub(crate) python: &'a str,
    pub(crate) base: Option<String>,
    pub(crate) kind: Kind,
    /// What its author wrote in its place.
    pub(crate) given: Option<&'a str>,
}

/// The base of a class in a stub file.
pub(crate) fn base(path: &syn::Path) -> String {
    let ty = Type::Path(syn::TypePath { qself: None, path: path.clone() });
    match python_type(&ty, Direction::Result, None).as_str() {
        "$Any" => "$object".to_owned(),
        named => named.to_owned(),
    }
}

fn same(one: &Ident, other: &Ident) -> bool {
    use syn::ext::IdentExt;
    one.unraw() == other.unraw()
}

/// The parameters that come from Python.
fn visible(function: &syn::Signature, has_receiver: bool) -> Vec<(Option<&Ident>, &Type)> {
    let inputs = function.inputs.iter().skip(usize::from(has_receiver));
    let visible = inputs.filter_map(|input| {
        let FnArg::Typed(typed) = input else { return None };
        let is_option_of_cx = crate::handler::is_option_of_cx(&typed.ty);
        if matches!(type_name(&typed.ty).as_deref(), Some("Cx" | "AsyncCx" | "Py")) || is_option_of_cx {
            return None;
        }
        let name = match &*typed.pat {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        };
        Some((name, &*typed.ty))
    });
    visible.collect()
}

fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// What CPython makes of the result of a special method.
fn returned(name: &str, of: &str) -> String {
    match name {
        "__repr__" | "__str__" => "$str".to_owned(),
        "__eq__" | "__ne__" | "__bool__" | "__contains__" => "$bool".to_owned(),
        "__len__" | "__hash__" => "$int".to_owned(),
        "__next__" => of.strip_suffix(" | None").unwrap_or(of).to_owned(),
        _ => of.to_owned(),
    }
}
