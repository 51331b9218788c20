//! What the derives of conversions refuse.

use insula::{FromPy, IntoPy};

#[derive(FromPy)]
struct Nothing; //~ ERROR a struct without fields corresponds to no Python object

#[derive(FromPy)]
union Either { //~ ERROR a union corresponds to no Python object
    a: u32,
    b: f32,
}

#[derive(IntoPy)]
#[py(transparent)]
struct Two { //~ ERROR `transparent` demands just one field
    a: u32,
    b: u32,
}

#[derive(FromPy)]
enum Never {} //~ ERROR an enum needs variants

#[derive(FromPy)]
struct Misspelt {
    #[py(defualt)] //~ ERROR expected item, default, name
    a: u32,
}

#[derive(IntoPy)]
struct TwoBrands<'a, 'py> { //~ ERROR a converted type has at most one lifetime
    a: &'a str,
    b: insula::Obj<'py>,
}
