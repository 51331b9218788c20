//! The map of a context: how it is read, and how a change of one variable makes a new one of it.

use insula::prelude::*;
use insula_hamt::{Host, Iter, Map, Node};

use crate::insula_contextvars::{Context, ContextVar, Items, Shared, State, Token, Vars, What};

/// What the operations on maps need of the module. Variables are compared by identity, so no Python code runs.
#[derive(Clone, Copy)]
pub(crate) struct Here<'py>(pub(crate) Cx<'py, State<'py>>);

impl<'py> Host<'py> for Here<'py> {
    type Shared = Shared<'py>;
    fn share(self, node: Node<'py, Shared<'py>>) -> PyResult<'py, Obj<'py, Shared<'py>>> {
        self.0.new(Shared { node })
    }
    fn hash(self, key: &Obj<'py>) -> PyResult<'py, isize> {
        Ok(self.0.downcast::<ContextVar>(key).map_or(0, |var| var.number.cast_signed() as isize))
    }
    fn same(self, key: &Obj<'py>, other: &Obj<'py>) -> PyResult<'py, bool> {
        Ok(key.is(other))
    }
}

impl<'py> Here<'py> {
    pub(crate) fn number(self) -> u64 {
        let number = self.0.state().variables.get() + 1;
        self.0.state().variables.set(number);
        number
    }

    /// What the native variable holds, as a map.
    fn vars<'a>(self, held: Option<&'a Obj<'py>>) -> PyResult<'py, Option<&'a Obj<'py, Vars<'py>>>> {
        let Some(held) = held else { return Ok(None) };
        self.0.downcast(held).map(Some).ok_or_else(|| changed(self.0.py()))
    }

    /// The map of the current context, if it has any.
    fn current(self) -> PyResult<'py, Option<Obj<'py, Vars<'py>>>> {
        Ok(self.vars(self.0.state().native.get()?.as_ref())?.cloned())
    }

    /// The map of a context, if it has any.
    pub(crate) fn of(self, context: &Context<'py>) -> PyResult<'py, Option<Obj<'py, Vars<'py>>>> {
        Ok(self.vars(context.native.value(&self.0.state().native)?.as_ref())?.cloned())
    }

    /// The map that a change makes; `before` is the one that it was made from.
    fn after(
        self,
        before: Option<&Obj<'py, Vars<'py>>>,
        changed: Option<Map<'py, Shared<'py>>>,
    ) -> PyResult<'py, Obj<'py, Vars<'py>>> {
        match (changed, before) {
            (None, Some(before)) => Ok(before.clone()),
            (map, _) => self.0.new(Vars { map: self.0.state().stamps.stamp(map.unwrap_or_default()) }),
        }
    }

    pub(crate) fn set(self, var: &Obj<'py, ContextVar<'py>>, value: &Obj<'py>) -> PyResult<'py, Obj<'py, Token<'py>>> {
        let cx = self.0;
        let (native, before, token) = cx.state().native.update(|before| {
            let before = self.vars(before)?;
            let change = match before {
                Some(vars) => vars.map.insert(self, var.as_any(), value)?,
                None => Map::new().insert(self, var.as_any(), value)?,
            };
            let after = self.after(before, change.map)?;
            let token = cx.new(Token {
                var: var.clone(),
                old: change.before,
                native: Slot::empty(),
                used: PyCell::new(false),
                after: after.map.number(),
            })?;
            Ok((after.into_any(), token))
        })?;
        token.native.set(Some(native));
        // What is released may run any code, which finds everything in place.
        drop(before);
        Ok(token)
    }

    pub(crate) fn reset(self, var: &Obj<'py, ContextVar<'py>>, token: &Obj<'py, Token<'py>>) -> PyResult<'py, ()> {
        let py = self.0.py();
        let native = match token.native.get().filter(|_| !token.used.get()) {
            Some(native) => native,
            None => return Err(token_error::<RuntimeError>(token, "has already been used once")),
        };
        if !token.var.is(var) {
            return Err(token_error::<ValueError>(token, "was created by a different ContextVar"));
        }
        let before = py.without_collection(|| self.put_back(var, token, &native))?;
        token.used.set(true);
        token.native.set(None);
        drop((before, native));
        Ok(())
    }

    /// The part of `reset` that is one step. Returns the map that it replaced, to be released when all is done.
    fn put_back(
        self,
        var: &Obj<'py, ContextVar<'py>>,
        token: &Obj<'py, Token<'py>>,
        native: &Obj<'py, NativeToken>,
    ) -> PyResult<'py, Option<Obj<'py, Vars<'py>>>> {
        let (cx, py) = (self.0, self.0.py());
        let before = self.current()?;
        // Other variables may have been set since: the native token alone would set them back, too.
        let target = match &before {
            Some(vars) if vars.map.number() != token.after => {
                let change = match &token.old {
                    Some(old) => vars.map.insert(self, var.as_any(), old)?,
                    None => vars.map.remove(self, var.as_any())?,
                };
                Some(self.after(Some(vars), change.map)?)
            }
            _ => None,
        };
        // CPython checks that this is the context of the token.
        cx.state().native.reset(native).map_err(|error| {
            if error.is::<ValueError>(py) {
                token_error::<ValueError>(token, "was created in a different Context")
            } else {
                error
            }
        })?;
        if let (Some(target), Some(vars)) = (&target, &before)
            && let Err(error) = cx.state().native.set(target.as_any())
        {
            // Out of memory: as it was, if there is still enough for that.
            drop(cx.state().native.set(vars.as_any()));
            return Err(error);
        }
        Ok(before)
    }

    /// A key of a context as a variable.
    fn key<'a>(self, key: &'a Obj<'py>) -> PyResult<'py, &'a Obj<'py, ContextVar<'py>>> {
        match self.0.downcast::<ContextVar>(key) {
            Some(var) => Ok(var),
            None => {
                let message = format!("a ContextVar key was expected, got {}", text(&key.repr()?));
                Err(TypeError::new_err(key.py(), message))
            }
        }
    }

    pub(crate) fn lookup(self, context: &Context<'py>, key: &Obj<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        let var = self.key(key)?;
        match self.of(context)? {
            Some(vars) => Ok(vars.map.get(self, var.as_any())?.cloned()),
            None => Ok(None),
        }
    }

    pub(crate) fn iterate(self, context: &Context<'py>, what: What) -> PyResult<'py, Obj<'py, Items<'py>>> {
        let of = self.of(context)?;
        let len = of.as_ref().map_or(0, |vars| vars.map.len());
        self.0.new(Items { entries: Iter::new(of), len, what })
    }
}

pub(crate) fn changed<'py>(py: Py<'py>) -> PyErr<'py> {
    RuntimeError::new_err(py, "the native context variable of this module was changed")
}

/// Text for a message: what it cannot show is left out.
pub(crate) fn text(object: &Obj<'_, Str>) -> String {
    object.to_str_lossy().into_owned()
}

pub(crate) fn joined<'py>(py: Py<'py>, parts: impl IntoIterator<Item = Obj<'py, Str>>) -> PyResult<'py, Obj<'py, Str>> {
    Str::new(py, "")?.join(&List::new(py, parts)?)
}

fn token_error<'py, E: BuiltinException>(token: &Obj<'py, Token<'py>>, what: &str) -> PyErr<'py> {
    match token.repr() {
        Ok(repr) => E::new_err(token.py(), format!("{} {what}", text(&repr))),
        Err(error) => error,
    }
}

/// The value of a variable in a map.
pub(crate) fn value_of<'a, 'py>(
    map: &'a Map<'py, Shared<'py>>,
    var: &Obj<'py, ContextVar<'py>>,
) -> Option<&'a Obj<'py>> {
    map.find(var.number.cast_signed() as isize, |key| key.is(var))
}
