//! There are no borrows into memory that Python code can change.

use common::prelude::*;

fn bytes<'a, 'py>(data: &'a Obj<'py, ByteArray>) -> &'a [u8] {
    data.as_bytes() //~ ERROR no method named `as_bytes`
}

fn item<'a, 'py>(list: &'a Obj<'py, List>) -> Option<&'a Obj<'py>> {
    list.get(0) //~ ERROR mismatched types
}

fn buffer<'a, 'py>(buffer: &'a ByteBuffer<'py>) -> &'a [u8] {
    buffer.as_bytes() //~ ERROR no method named `as_bytes`
}

#[insula::module]
mod arguments {
    use insula::prelude::*;

    #[class]
    struct C<'py> {
        buffer: ByteBuffer<'py>,
    }

    #[methods]
    impl<'py> C<'py> {
        fn take(&self, _: &mut [u8]) {} //~ ERROR cannot be made from a Python argument
    }
}
