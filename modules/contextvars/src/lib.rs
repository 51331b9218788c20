//! Context variables: the standard library's `contextvars`, as an isolated module without its crashes and leaks.
//!
//! All variables of a module object live in one persistent map, and that map is the value of one *native* context
//! variable, which nobody else knows. So whatever copies and enters CPython's own contexts (tasks, threads, greenlets,
//! callbacks of event loops) carries these variables along, and CPython decides what the current context is.

#![forbid(unsafe_code)]

mod maps;

/// Context variables.
#[insula::module(
    all = ["Context", "ContextVar", "Token", "copy_context"],
    // Variables and tokens are generic, which a stub says and Rust does not.
    stub = "import contextvars
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar, final, overload

_T = TypeVar('_T')
_D = TypeVar('_D')
_P = ParamSpec('_P')"
)]
mod insula_contextvars {
    use insula::prelude::*;
    use insula::{Memo, Stamped, Stamps};
    use insula_hamt::{Iter, Map, Node};

    use crate::maps::{Here, changed, joined, text, value_of};

    #[state]
    pub(crate) struct State<'py> {
        /// The native variable whose value is the [`Vars`] of a context.
        pub(crate) native: Obj<'py, NativeContextVar>,
        /// `Token.MISSING`.
        missing: Obj<'py, Missing>,
        /// How many variables were made.
        pub(crate) variables: PyCell<'py, u64>,
        /// For the maps.
        pub(crate) stamps: Stamps<'py>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>, context: ExecContext<'py, State>) -> PyResult<'py, State<'py>> {
        let py = module.py();
        let missing = context.new(Missing)?;
        context.set_attribute::<Token>(c"MISSING", &missing)?;
        py.import("_collections_abc")?.getattr("Mapping")?.call_method("register", (context.class::<Context>(),))?;
        let native = NativeContextVar::new(py, c"insula_contextvars")?;
        Ok(State { native, missing, variables: PyCell::new(0), stamps: Stamps::new() })
    }

    // The map of a context.

    /// A part of the maps that several contexts may share.
    #[class(hidden, freelist = 64)]
    pub(crate) struct Shared<'py> {
        pub(crate) node: Node<'py, Shared<'py>>,
    }

    impl<'py> AsRef<Node<'py, Shared<'py>>> for Shared<'py> {
        fn as_ref(&self) -> &Node<'py, Shared<'py>> {
            &self.node
        }
    }

    /// All variables of a context with their values: never changed, only replaced.
    #[class(hidden, freelist = 16)]
    pub(crate) struct Vars<'py> {
        pub(crate) map: Stamped<Map<'py, Shared<'py>>>,
    }

    impl<'py> AsRef<Map<'py, Shared<'py>>> for Vars<'py> {
        fn as_ref(&self) -> &Map<'py, Shared<'py>> {
            &self.map
        }
    }

    /// An argument that may be left out, where `None` is a value like any other.
    enum Given<'a, 'py> {
        No,
        Yes(&'a Obj<'py>),
    }

    impl<'a, 'py, S> FromPy<'a, 'py, S> for Given<'a, 'py> {
        fn from_py(argument: &Argument<'a, 'py, '_, S>) -> PyResult<'py, Self> {
            Ok(Given::Yes(argument.object()))
        }
    }

    // What Python sees.

    /// A context variable.
    #[class(generic, stub = "@final\nclass ContextVar(Generic[_T]):")]
    pub(crate) struct ContextVar<'py> {
        name: Obj<'py, Str>,
        default: Option<Obj<'py>>,
        /// No other variable of this module object has it; counted up, so it spreads well over the map.
        pub(crate) number: u64,
        /// The native variable of the module state, and the class of what it holds: `get` needs nothing else of the
        /// module.
        pub(crate) native: Obj<'py, NativeContextVar>,
        vars: ClassOf<'py, Vars<'py>>,
        /// Where its value is in the map that was asked last.
        memo: Memo<'py>,
    }

    #[methods]
    impl<'py> ContextVar<'py> {
        #[new(
            signature = (name, /, *, default = Given::No),
            stub = "@overload
def __new__(cls, name: str, /) -> ContextVar[_T]: ...
@overload
def __new__(cls, name: str, /, *, default: _T) -> ContextVar[_T]: ..."
        )]
        fn new(cx: Cx<'py, State<'py>>, name: &Obj<'py>, default: Given<'_, 'py>) -> PyResult<'py, Self> {
            let Some(name) = name.downcast::<Str>() else {
                return Err(TypeError::new_err(cx.py(), "context variable name must be a str"));
            };
            // A name is hashable, as CPython demands.
            name.as_any().hash()?;
            let default = match default {
                Given::No => None,
                Given::Yes(default) => Some(default.clone()),
            };
            let native = cx.state().native.clone();
            Ok(ContextVar {
                name: name.clone(),
                default,
                number: Here(cx).number(),
                native,
                vars: cx.class_of(),
                memo: Memo::new(),
            })
        }

        /// Return a value for the context variable for the current context.
        ///
        /// If there is no value for the variable in the current context, the method will:
        ///  * return the value of the default argument of the method, if provided; or
        ///  * return the default value for the context variable, if it was created with one; or
        ///  * raise a LookupError.
        #[method(
            signature = (default = Given::No, /),
            stub = "@overload
def get(self) -> _T: ...
@overload
def get(self, default: _T, /) -> _T: ...
@overload
def get(self, default: _D, /) -> _D | _T: ..."
        )]
        fn get(slf: &Obj<'py, Self>, default: Given<'_, 'py>) -> PyResult<'py, Obj<'py>> {
            if let Some(held) = slf.native.get()? {
                let Some(vars) = slf.vars.downcast(&held) else { return Err(changed(slf.py())) };
                if let Some(value) = slf.memo.find(&vars.map, slf, value_of) {
                    return Ok(value);
                }
            }
            match (default, &slf.default) {
                (Given::Yes(default), _) | (Given::No, Some(default)) => Ok(default.clone()),
                (Given::No, None) => Err(LookupError::new_err(slf.py(), slf)),
            }
        }

        /// Call to set a new value for the context variable in the current context.
        ///
        /// Returns a Token object that can be used to restore the variable to its previous value via the reset()
        /// method.
        #[method(stub = "def set(self, value: _T, /) -> Token[_T]: ...")]
        fn set(slf: &Obj<'py, Self>, cx: Cx<'py, State<'py>>, value: &Obj<'py>) -> PyResult<'py, Obj<'py, Token<'py>>> {
            Here(cx).set(slf, value)
        }

        /// Reset the context variable.
        ///
        /// The variable is reset to the value it had before the set() that created the token was used.
        #[method(stub = "def reset(self, token: Token[_T], /) -> None: ...")]
        fn reset(slf: &Obj<'py, Self>, cx: Cx<'py, State<'py>>, token: &Obj<'py>) -> PyResult<'py, ()> {
            match cx.downcast::<Token>(token) {
                Some(token) => Here(cx).reset(slf, token),
                None => {
                    let message = format!("expected an instance of Token, got {}", text(&token.repr()?));
                    Err(TypeError::new_err(token.py(), message))
                }
            }
        }

        /// The name, as it was given.
        #[getter]
        fn name(&self) -> Obj<'py, Str> {
            self.name.clone()
        }

        fn __repr__(slf: &Obj<'py, Self>) -> PyResult<'py, Obj<'py, Str>> {
            let mut parts = vec![Str::new(slf.py(), "<ContextVar name=")?, slf.name.repr()?];
            if let Some(default) = &slf.default {
                parts.push(Str::new(slf.py(), " default=")?);
                parts.push(default.repr()?);
            }
            parts.push(Str::new(slf.py(), &format!(" at {:#x}>", slf.address()))?);
            joined(slf.py(), parts)
        }
    }

    /// What there was before a variable was set for the first time.
    #[class(hidden, name = "Token.MISSING")]
    struct Missing;

    #[methods]
    impl Missing {
        fn __repr__(&self) -> &'static str {
            "<Token.MISSING>"
        }
    }

    /// The way back from one `set`.
    #[class(
        generic,
        freelist = 16,
        stub = "@final
class Token(Generic[_T]):
    MISSING: ClassVar[object]"
    )]
    pub(crate) struct Token<'py> {
        pub(crate) var: Obj<'py, ContextVar<'py>>,
        pub(crate) old: Option<Obj<'py>>,
        /// The native token of the same change, until it is used.
        pub(crate) native: Slot<'py, NativeToken>,
        pub(crate) used: PyCell<'py, bool>,
        /// The number of the map that the change made.
        pub(crate) after: u64,
    }

    #[methods]
    impl<'py> Token<'py> {
        /// The variable.
        #[getter(stub = "@property\ndef var(self) -> ContextVar[_T]: ...")]
        fn var(&self) -> Obj<'py, ContextVar<'py>> {
            self.var.clone()
        }

        /// The value that the variable had before, or Token.MISSING.
        #[getter]
        fn old_value(&self, cx: Cx<'py, State<'py>>) -> Obj<'py> {
            self.old.clone().unwrap_or_else(|| cx.state().missing.as_any().clone())
        }

        /// Enter into Token context manager.
        #[method(stub = "def __enter__(self) -> Token[_T]: ...")]
        fn __enter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }

        /// Exit from Token context manager, restore the linked ContextVar.
        #[method(stub = "def __exit__(
    self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
) -> None: ...")]
        fn __exit__(
            slf: &Obj<'py, Self>,
            cx: Cx<'py, State<'py>>,
            _type: &Obj<'py>,
            _value: &Obj<'py>,
            _traceback: &Obj<'py>,
        ) -> PyResult<'py, ()> {
            Here(cx).reset(&slf.var, slf)
        }

        /// By identity, as of any object; but a token is not hashable.
        fn __eq__(slf: &Obj<'py, Self>, other: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
            if slf.is(other) { true.into_py(slf.py()) } else { Ok(slf.py().not_implemented()) }
        }

        fn __repr__(slf: &Obj<'py, Self>) -> PyResult<'py, Obj<'py, Str>> {
            let used = if slf.used.get() { " used" } else { "" };
            let begin = Str::new(slf.py(), &format!("<Token{used} var="))?;
            let end = Str::new(slf.py(), &format!(" at {:#x}>", slf.address()))?;
            joined(slf.py(), [begin, slf.var.repr()?, end])
        }
    }

    /// A mapping of context variables to their values.
    #[class(weakref, freelist = 16, stub = "@final\nclass Context(Mapping[ContextVar[Any], Any]):")]
    pub(crate) struct Context<'py> {
        pub(crate) native: Obj<'py, NativeContext>,
    }

    #[methods]
    impl<'py> Context<'py> {
        #[new(stub = "def __init__(self) -> None: ...")]
        fn new(py: Py<'py>, arguments: Arguments<'_, 'py>) -> PyResult<'py, Self> {
            if arguments.count() > 0 || arguments.has_keywords() {
                return Err(TypeError::new_err(py, "Context() does not accept any arguments"));
            }
            Ok(Context { native: NativeContext::new(py)? })
        }

        /// The standard library's Context that this one stands for, for callers that insist on one.
        #[getter(stub = "@property\ndef native(self) -> contextvars.Context: ...")]
        fn native(&self) -> Obj<'py, NativeContext> {
            self.native.clone()
        }

        /// Call a function in this context: run(callable, /, *args, **kwargs).
        #[method(stub = "def run(self, callable: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T: ...")]
        fn run(slf: &Obj<'py, Self>, arguments: Arguments<'_, 'py>) -> PyResult<'py, Obj<'py>> {
            let Some((callable, arguments)) = arguments.split_first() else {
                return Err(TypeError::new_err(slf.py(), "run() missing 1 required positional argument"));
            };
            let mut entered = false;
            let result = slf.native.run(|| {
                entered = true;
                callable.call_with(arguments)
            });
            match result {
                Err(error) if !entered && error.is::<RuntimeError>(slf.py()) => {
                    let message = format!("cannot enter context: {} is already entered", text(&slf.repr()?));
                    Err(RuntimeError::new_err(slf.py(), message))
                }
                result => result,
            }
        }

        /// Return a shallow copy of the context object.
        fn copy(&self, cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Context<'py>>> {
            cx.new(Context { native: self.native.copy()? })
        }

        /// Return the value for `key` if `key` has the value in the context object, otherwise `default`.
        #[method(
            signature = (key, default = None, /),
            stub = "@overload
def get(self, key: ContextVar[_T], default: None = None, /) -> _T | None: ...
@overload
def get(self, key: ContextVar[_T], default: _D, /) -> _T | _D: ..."
        )]
        fn get(
            &self,
            cx: Cx<'py, State<'py>>,
            key: &Obj<'py>,
            default: Option<&Obj<'py>>,
        ) -> PyResult<'py, Option<Obj<'py>>> {
            Ok(Here(cx).lookup(self, key)?.or_else(|| default.cloned()))
        }

        /// Return all variables in the context object.
        fn keys(&self, cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Here(cx).iterate(self, What::Keys)
        }

        /// Return all variables' values in the context object.
        fn values(&self, cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Here(cx).iterate(self, What::Values)
        }

        /// Return all variables and their values in the context object, as pairs.
        fn items(&self, cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Here(cx).iterate(self, What::Items)
        }

        #[method(stub = "def __iter__(self) -> Iterator[ContextVar[Any]]: ...")]
        fn __iter__(&self, cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Here(cx).iterate(self, What::Keys)
        }

        fn __len__(&self, cx: Cx<'py, State<'py>>) -> PyResult<'py, usize> {
            Ok(Here(cx).of(self)?.map_or(0, |vars| vars.map.len()))
        }

        fn __contains__(&self, cx: Cx<'py, State<'py>>, key: &Obj<'py>) -> PyResult<'py, bool> {
            Ok(Here(cx).lookup(self, key)?.is_some())
        }

        #[method(stub = "def __getitem__(self, key: ContextVar[_T], /) -> _T: ...")]
        fn __getitem__(&self, cx: Cx<'py, State<'py>>, key: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
            Here(cx).lookup(self, key)?.ok_or_else(|| KeyError::new_err(key.py(), key))
        }

        fn __eq__(&self, cx: Cx<'py, State<'py>>, other: &Obj<'py, Context<'py>>) -> PyResult<'py, bool> {
            match (Here(cx).of(self)?, Here(cx).of(other)?) {
                (Some(one), Some(two)) => one.map.equals(Here(cx), &two.map),
                (one, two) => Ok(one.or(two).is_none_or(|vars| vars.map.is_empty())),
            }
        }
    }

    #[derive(Clone, Copy)]
    pub(crate) enum What {
        Keys,
        Values,
        Items,
    }

    /// An iterator over a context as it was.
    #[class(hidden)]
    pub(crate) struct Items<'py> {
        pub(crate) entries: Iter<'py, Shared<'py>, Vars<'py>>,
        pub(crate) len: usize,
        pub(crate) what: What,
    }

    #[methods]
    impl<'py> Items<'py> {
        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }

        fn __len__(&self) -> usize {
            self.len
        }

        fn __next__(&self, py: Py<'py>) -> PyResult<'py, Option<Obj<'py>>> {
            let next = self.entries.next(|var, value| match self.what {
                What::Keys => Ok(var.clone()),
                What::Values => Ok(value.clone()),
                What::Items => (var, value).into_py(py),
            });
            next.transpose()
        }
    }

    /// Return a copy of the current context.
    #[function]
    fn copy_context<'py>(cx: Cx<'py, State<'py>>) -> PyResult<'py, Obj<'py, Context<'py>>> {
        cx.new(Context { native: NativeContext::copy_current(cx.py())? })
    }
}
