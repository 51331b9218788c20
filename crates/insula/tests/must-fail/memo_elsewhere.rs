//! What a `Memo` finds comes from the value it is asked with, and from nowhere else.

use insula::prelude::*;
use insula::{Memo, Stamped};

fn captured<'py>(memo: &Memo<'py>, of: &Stamped<Vec<Obj<'py>>>, key: &Obj<'py>, other: &Obj<'py>) -> Option<Obj<'py>> {
    memo.find(of, key, |_, _| Some(other)) //~ ERROR mismatched types
}

fn the_key<'py>(memo: &Memo<'py>, of: &Stamped<Vec<Obj<'py>>>, key: &Obj<'py>) -> Option<Obj<'py>> {
    memo.find(of, key, |_, key| Some(key)) //~ ERROR lifetime may not live long enough
}

fn a_temporary<'py>(memo: &Memo<'py>, of: &Stamped<Vec<Obj<'py>>>, key: &Obj<'py>) -> Option<Obj<'py>> {
    memo.find(of, key, |items, _| items.iter().map(Obj::clone).next().as_ref()) //~ ERROR cannot return value referencing temporary value
}

fn a_slot<'py>(memo: &Memo<'py>, of: &Stamped<Slot<'py>>, key: &Obj<'py>) -> Option<Obj<'py>> {
    memo.find(of, key, |slot, _| slot.get().as_ref()) //~ ERROR cannot return value referencing temporary value
}

fn of_borrows<'py>(memo: &Memo<'py>, of: &Stamped<&'py Obj<'py>>, key: &Obj<'py>) -> Option<Obj<'py>> {
    memo.find(of, key, |of, _| Some(*of)) //~ ERROR cannot be stored in a Python object
}
