//! Names in Python that are not those in Rust: `name = "..."`, raw identifiers, prefixes, and special methods that no
//! slot of CPython's has.

#![forbid(unsafe_code)]

/// What things are called.
#[insula::module]
mod names {
    use insula::prelude::*;

    /// Renamed.
    #[function(name = "print")]
    fn print_it(text: &str) -> String {
        text.to_owned()
    }

    /// A word of Rust's that is none of Python's.
    #[function]
    fn r#type(r#match: i64) -> i64 {
        r#match
    }

    /// Parameters with other names, in and out of the signature.
    #[function(signature = (r#type, /, krate = 2, *, r#in = 3, **rest))]
    fn parameters<'py>(
        r#type: i64,
        #[py(name = "crate")] krate: i64,
        r#in: i64,
        #[py(name = "super")] rest: Obj<'py, Dict>,
    ) -> (i64, i64, i64, Obj<'py, Dict>) {
        (r#type, krate, r#in, rest)
    }

    /// A name that is a word of Rust's, too.
    #[class]
    #[allow(non_camel_case_types, reason = "it is a raw identifier that this is about")]
    struct r#final<'py> {
        /// A field.
        #[member]
        r#type: i64,
        #[member(set, name = "async")]
        later: PyCell<'py, i64>,
        value: Slot<'py>,
    }

    #[methods]
    impl<'py> r#final<'py> {
        #[new(signature = (r#type = 7))]
        fn new(r#type: i64) -> Self {
            r#final { r#type, later: PyCell::new(0), value: Slot::empty() }
        }
        fn r#yield(&self) -> i64 {
            self.r#type
        }
        #[method(name = "import_", signature = (r#where = 1))]
        fn import(&self, r#where: i64) -> i64 {
            r#where
        }
        #[classmethod(name = "of")]
        fn make(class: &Obj<'py, Type>) -> Obj<'py, Type> {
            class.clone()
        }
        #[staticmethod(name = "none")]
        fn nothing() {}
        #[classattr(name = "LIMIT")]
        fn limit() -> i64 {
            5
        }
        #[classattr(name = "OTHER")]
        const ANOTHER: i64 = 6;

        /// Its prefix is no part of the attribute's name.
        #[getter]
        fn get_value(&self) -> Option<Obj<'py>> {
            self.value.get()
        }
        #[setter]
        fn set_value(&self, value: &Obj<'py>) {
            self.value.set(Some(value.clone()));
        }
        #[deleter]
        fn del_value(slf: &Obj<'py, Self>) -> PyResult<'py, ()> {
            match slf.value.get() {
                Some(_) => {
                    slf.value.set(None);
                    Ok(())
                }
                None => Err(AttributeError::new_err(slf.py(), "value")),
            }
        }
        #[getter(name = "cleared")]
        fn is_cleared(&self) -> bool {
            self.value.get().is_none()
        }
        #[deleter(cleared)]
        fn clear(&self) {
            self.value.set(None);
        }
        #[getter]
        fn r#struct(&self) -> &'static str {
            "struct"
        }

        /// A slot, by its name in Python.
        #[method(name = "__repr__")]
        fn repr(&self) -> String {
            format!("final({})", self.r#type)
        }

        // Not slots: numpy, DLPack, Arrow, IPython, rich, pydantic and `copy` find these by name.
        #[method(signature = (dtype = None, copy = None))]
        fn __array__(&self, dtype: Option<Obj<'py>>, copy: Option<bool>) -> (Option<Obj<'py>>, Option<bool>) {
            (dtype, copy)
        }
        #[getter]
        fn __array_interface__(&self) -> i64 {
            3
        }
        #[method(signature = (*, stream = None))]
        fn __dlpack__(&self, stream: Option<i64>) -> Option<i64> {
            stream
        }
        #[method(signature = (requested_schema = None))]
        fn __arrow_c_stream__(&self, requested_schema: Option<Obj<'py>>) -> Option<Obj<'py>> {
            requested_schema
        }
        fn __html__(&self) -> String {
            format!("<b>{}</b>", self.r#type)
        }
        fn __rich_repr__(&self) -> Vec<(String, i64)> {
            vec![("type".to_owned(), self.r#type)]
        }
        #[classmethod]
        fn __get_pydantic_core_schema__(
            class: &Obj<'py, Type>,
            source: &Obj<'py>,
            handler: &Obj<'py>,
        ) -> (Obj<'py, Type>, Obj<'py>, Obj<'py>) {
            (class.clone(), source.clone(), handler.clone())
        }
        fn __copy__(&self) -> i64 {
            self.r#type
        }
        /// What looks like a misspelt slot is meant if it is marked.
        #[method]
        fn __rerp__(&self) -> &'static str {
            "meant"
        }
    }

    /// PEP 562: called for a name that the module does not have.
    #[function]
    fn __getattr__<'py>(py: Py<'py>, name: &str) -> PyResult<'py, String> {
        match name {
            "lazy" => Ok(format!("made when it is asked for: {name}")),
            _ => Err(AttributeError::new_err(py, name)),
        }
    }

    #[function]
    fn __dir__() -> Vec<&'static str> {
        vec!["lazy", "print"]
    }
}
