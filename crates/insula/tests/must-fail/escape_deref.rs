//! A borrow of an instance's fields ends with the reference to the instance.

use common::prelude::*;

fn f<'py>(cx: Ctx<'py>, value: C<'py>) -> &'py i64 {
    let object = cx.new(value).ok().unwrap();
    &object.v //~ ERROR cannot return value referencing local variable
}
