//! An item of a list or dictionary is a reference of its own: text in it ends with that, not with the list.

use common::prelude::*;
use insula::types::{List, Str};

fn first<'a, 'py>(list: &'a Obj<'py, List>) -> Option<&'a str> {
    let item = list.get(0)?;
    let text = item.downcast::<Str>()?;
    text.to_str().ok() //~ ERROR cannot return value referencing local variable
}
