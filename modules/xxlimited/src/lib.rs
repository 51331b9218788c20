//! The example module of CPython's HOWTO "Isolating Extension Modules", written with insula.
//!
//! It does what CPython's own `xxlimited` does, and can stand in its place.

#![forbid(unsafe_code)]

/// This is a template module just for instruction.
#[insula::module]
mod xxlimited {
    use insula::prelude::*;
    use insula::types;

    #[state]
    struct State;

    /// A class that explicitly stores attributes in an internal dict.
    #[class(subclassable)]
    struct Xxo<'py> {
        /// Made when the first attribute is set.
        attributes: Slot<'py, Dict>,
        buffer: ByteBuffer<'py>,
    }

    impl Xxo<'_> {
        const BUFFER_SIZE: usize = 10;

        fn empty() -> Self {
            Xxo { attributes: Slot::empty(), buffer: ByteBuffer::zeroed(Self::BUFFER_SIZE) }
        }
    }

    #[methods]
    impl<'py> Xxo<'py> {
        #[new]
        fn new() -> Self {
            Self::empty()
        }

        /// The object if it is a string or an Xxo, None otherwise.
        fn demo(&self, cx: Cx<'py, State>, o: &Obj<'py>) -> Option<Obj<'py>> {
            let known = o.downcast::<types::Str>().is_some() || cx.downcast::<Xxo<'py>>(o).is_some();
            known.then(|| o.clone())
        }

        /// How many views of the buffer are held.
        #[getter]
        fn x_exports(&self) -> usize {
            self.buffer.exports()
        }

        fn __getattr__(slf: &Obj<'py, Self>, name: &Obj<'py, types::Str>) -> PyResult<'py, Obj<'py>> {
            let found = match slf.attributes.get() {
                Some(attributes) => attributes.get(name)?,
                None => None,
            };
            found.ok_or_else(|| slf.no_attribute(name))
        }

        fn __setattr__(&self, name: &Obj<'py, types::Str>, value: &Obj<'py>) -> PyResult<'py, ()> {
            if name.to_str()? == "reserved" {
                return Err(AttributeError::new_err(name.py(), "cannot set 'reserved'"));
            }
            let attributes = match self.attributes.get() {
                Some(attributes) => attributes,
                None => {
                    let attributes = Dict::new(name.py())?;
                    self.attributes.set(Some(attributes.clone()));
                    attributes
                }
            };
            attributes.set(name, value)
        }

        fn __delattr__(slf: &Obj<'py, Self>, name: &Obj<'py, types::Str>) -> PyResult<'py, ()> {
            let Some(attributes) = slf.attributes.get() else {
                return Err(slf.no_attribute(name));
            };
            attributes
                .del(name)
                .map_err(|error| if error.is::<KeyError>(name.py()) { slf.no_attribute(name) } else { error })
        }

        fn __buffer__(&self) -> &ByteBuffer<'py> {
            &self.buffer
        }
    }

    /// A subclass of str.
    #[class(base = types::Str, subclassable)]
    struct Str;

    #[exception]
    struct Error;

    /// Return the sum of i and j.
    #[function]
    fn foo<'py>(py: Py<'py>, i: i64, j: i64) -> PyResult<'py, i64> {
        i.checked_add(j).ok_or_else(|| OverflowError::new_err(py, "the sum is out of range"))
    }

    /// Return a new Xxo object.
    #[function]
    fn new<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Xxo<'py>>> {
        cx.new(Xxo::empty())
    }
}
