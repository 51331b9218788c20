/// This is a template module just for instruction.
mod xxlimited {
    #[allow(unused_imports)]
    use insula::prelude::*;
    #[allow(unused_imports)]
    use insula::types;
    impl Xxo<'_> {
        const BUFFER_SIZE: usize = 10;
        fn empty() -> Self {
            Xxo {
                attributes: Slot::empty(),
                buffer: ByteBuffer::zeroed(Self::BUFFER_SIZE),
            }
        }
    }
    struct State;
    /// Return the sum of i and j.
    fn foo<'py>(py: Py<'py>, i: i64, j: i64) -> PyResult<'py, i64> {
        i.checked_add(j)
            .ok_or_else(|| OverflowError::new_err(py, "the sum is out of range"))
    }
    /// Return a new Xxo object.
    fn new<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Xxo<'py>>> {
        cx.new(Xxo::empty())
    }
    /// A class that explicitly stores attributes in an internal dict.
    struct Xxo<'py> {
        /// Made when the first attribute is set.
        attributes: Slot<'py, Dict>,
        buffer: ByteBuffer<'py>,
    }
    /// A subclass of str.
    struct Str;
    impl<'py> Xxo<'py> {
        fn new() -> Self {
            Self::empty()
        }
        /// The object if it is a string or an Xxo, None otherwise.
        fn demo(&self, cx: Cx<'py, State>, o: &Obj<'py>) -> Option<Obj<'py>> {
            let known = o.downcast::<types::Str>().is_some()
                || cx.downcast::<Xxo<'py>>(o).is_some();
            known.then(|| o.clone())
        }
        /// How many views of the buffer are held.
        fn x_exports(&self) -> usize {
            self.buffer.exports()
        }
        fn __getattr__(
            slf: &Obj<'py, Self>,
            name: &Obj<'py, types::Str>,
        ) -> PyResult<'py, Obj<'py>> {
            let found = match slf.attributes.get() {
                Some(attributes) => attributes.get(name)?,
                None => None,
            };
            found.ok_or_else(|| slf.no_attribute(name))
        }
        fn __setattr__(
            &self,
            name: &Obj<'py, types::Str>,
            value: &Obj<'py>,
        ) -> PyResult<'py, ()> {
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
        fn __delattr__(
            slf: &Obj<'py, Self>,
            name: &Obj<'py, types::Str>,
        ) -> PyResult<'py, ()> {
            let Some(attributes) = slf.attributes.get() else {
                return Err(slf.no_attribute(name));
            };
            attributes
                .del(name)
                .map_err(|error| {
                    if error.is::<KeyError>(name.py()) {
                        slf.no_attribute(name)
                    } else {
                        error
                    }
                })
        }
        fn __buffer__(&self) -> &ByteBuffer<'py> {
            &self.buffer
        }
    }
    struct Error;
    #[doc(hidden)]
    pub enum __Module {}
    #[automatically_derived]
    #[allow(unused_variables)]
    unsafe impl<'py> ::insula::rt::Trace<'py> for State {
        const HOLDS_OBJECTS: bool = false;
        #[inline]
        fn trace_objects(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
            match self {
                Self {} => {}
            }
        }
        fn clear_objects(&self) {
            match self {
                Self {} => {}
            }
        }
    }
    #[automatically_derived]
    impl ::insula::rt::MustNotImplDrop for State {}
    #[doc(hidden)]
    #[repr(transparent)]
    pub struct __State(State);
    unsafe impl<'py> ::insula::rt::Trace<'py> for __State {
        fn trace_objects(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
            ::insula::rt::Trace::trace_objects(&self.0, visitor);
        }
        fn clear_objects(&self) {
            ::insula::rt::Trace::clear_objects(&self.0);
        }
    }
    unsafe impl ::insula::rt::StateDef for __State {
        type Of<'b> = __State;
        type Module = __Module;
    }
    unsafe impl ::insula::rt::StateDef for State {
        type Of<'b> = State;
        type Module = __Module;
    }
    unsafe impl ::insula::rt::ModuleDef for __Module {
        type State = __State;
        type Objects = [*mut ::insula::rt::ffi::PyObject; 3usize];
        type FreeLists = [::insula::rt::FreeList; 3usize];
        const NAME: &'static ::std::ffi::CStr = c"xxlimited";
        const ONCE: ::std::option::Option<&'static ::std::sync::atomic::AtomicBool> = ::std::option::Option::None;
        const ENTRIES: &'static [::insula::rt::EntryDef] = &[
            ::insula::rt::EntryDef::class::<Xxo<'static>>(),
            ::insula::rt::EntryDef::class::<Str>(),
            ::insula::rt::EntryDef::exception::<Error>(),
        ];
        #[allow(unused_variables)]
        fn exec<'py>(
            module: &::insula::rt::Obj<'py, ::insula::rt::Module>,
            scope: &::insula::rt::ExecScope<'py, __Module>,
        ) -> ::insula::rt::PyResult<'py, __State> {
            ::std::result::Result::Ok(__State(State {}))
        }
    }
    #[allow(non_camel_case_types, unused_variables, clippy::all)]
    const _: () = {
        #[automatically_derived]
        #[allow(unused_variables)]
        unsafe impl<'py> ::insula::rt::Trace<'py> for Xxo<'py> {
            const HOLDS_OBJECTS: bool = false
                || <Slot<'py, Dict> as ::insula::rt::Trace<'py>>::HOLDS_OBJECTS
                || <ByteBuffer<'py> as ::insula::rt::Trace<'py>>::HOLDS_OBJECTS;
            #[inline]
            fn trace_objects(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
                match self {
                    Self { attributes: __field0, buffer: __field1 } => {
                        ::insula::rt::Trace::<'py>::trace_objects(__field0, visitor);
                        ::insula::rt::Trace::<'py>::trace_objects(__field1, visitor);
                    }
                }
            }
            fn clear_objects(&self) {
                match self {
                    Self { attributes: __field0, buffer: __field1 } => {
                        ::insula::rt::Trace::<'py>::clear_objects(__field0);
                        ::insula::rt::Trace::<'py>::clear_objects(__field1);
                    }
                }
            }
        }
        #[automatically_derived]
        impl<'py> ::insula::rt::MustNotImplDrop for Xxo<'py> {}
        #[allow(non_camel_case_types)]
        enum __new {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::Constructor for __new {
            type Class = Xxo<'static>;
            type Init<'py> = <::insula::rt::NoBase as ::insula::rt::Base>::Init<
                'py,
                Xxo<'py>,
            >;
            const NAME: &'static ::std::ffi::CStr = c"Xxo";
            const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(0usize);
            #[inline]
            fn construct<'a, 'py>(
                scope: &'a ::insula::rt::ClassScope<'py, Xxo<'static>>,
                args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<
                'py,
                <::insula::rt::NoBase as ::insula::rt::Base>::Init<'py, Xxo<'py>>,
            > {
                ::insula::rt::constructed(
                    ::insula::rt::Scope::py(scope),
                    scope,
                    Xxo::new(),
                )
            }
        }
        #[allow(non_camel_case_types)]
        enum __method_demo {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::Method<::insula::rt::Object> for __method_demo {
            type Class = Xxo<'static>;
            const NAME: &'static ::std::ffi::CStr = c"demo";
            const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(1usize);
            #[inline]
            fn call<'a, 'py>(
                scope: &'a ::insula::rt::ClassScope<'py, Xxo<'static>>,
                slf: &'a ::insula::rt::Obj<'py, Xxo<'py>>,
                args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<
                'py,
                <::insula::rt::Object as ::insula::rt::Kind>::Out<'py>,
            > {
                ::insula::rt::result::<
                    ::insula::rt::Object,
                    _,
                    _,
                >(
                    scope,
                    Xxo::demo(
                        &**slf,
                        ::insula::rt::cx(scope)?,
                        args.get(c"demo", 0usize, scope)?,
                    ),
                )
            }
        }
        #[allow(non_camel_case_types)]
        enum __get_x_exports {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::Method<::insula::rt::Object> for __get_x_exports {
            type Class = Xxo<'static>;
            const NAME: &'static ::std::ffi::CStr = c"x_exports";
            const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(0usize);
            #[inline]
            fn call<'a, 'py>(
                scope: &'a ::insula::rt::ClassScope<'py, Xxo<'static>>,
                slf: &'a ::insula::rt::Obj<'py, Xxo<'py>>,
                args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<
                'py,
                <::insula::rt::Object as ::insula::rt::Kind>::Out<'py>,
            > {
                ::insula::rt::result::<
                    ::insula::rt::Object,
                    _,
                    _,
                >(scope, Xxo::x_exports(&**slf))
            }
        }
        #[allow(non_camel_case_types)]
        enum __slot___getattr__ {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::Method<::insula::rt::Object> for __slot___getattr__ {
            type Class = Xxo<'static>;
            const NAME: &'static ::std::ffi::CStr = c"__getattr__";
            const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(1usize);
            #[inline]
            fn call<'a, 'py>(
                scope: &'a ::insula::rt::ClassScope<'py, Xxo<'static>>,
                slf: &'a ::insula::rt::Obj<'py, Xxo<'py>>,
                args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<
                'py,
                <::insula::rt::Object as ::insula::rt::Kind>::Out<'py>,
            > {
                ::insula::rt::result::<
                    ::insula::rt::Object,
                    _,
                    _,
                >(scope, Xxo::__getattr__(slf, args.get(c"__getattr__", 0usize, scope)?))
            }
        }
        #[allow(non_camel_case_types)]
        enum __slot___setattr__ {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::Method<::insula::rt::Nothing> for __slot___setattr__ {
            type Class = Xxo<'static>;
            const NAME: &'static ::std::ffi::CStr = c"__setattr__";
            const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(2usize);
            #[inline]
            fn call<'a, 'py>(
                scope: &'a ::insula::rt::ClassScope<'py, Xxo<'static>>,
                slf: &'a ::insula::rt::Obj<'py, Xxo<'py>>,
                args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<
                'py,
                <::insula::rt::Nothing as ::insula::rt::Kind>::Out<'py>,
            > {
                ::insula::rt::result::<
                    ::insula::rt::Nothing,
                    _,
                    _,
                >(
                    scope,
                    Xxo::__setattr__(
                        &**slf,
                        args.get(c"__setattr__", 0usize, scope)?,
                        args.get(c"__setattr__", 1usize, scope)?,
                    ),
                )
            }
        }
        #[allow(non_camel_case_types)]
        enum __slot___delattr__ {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::Method<::insula::rt::Nothing> for __slot___delattr__ {
            type Class = Xxo<'static>;
            const NAME: &'static ::std::ffi::CStr = c"__delattr__";
            const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(1usize);
            #[inline]
            fn call<'a, 'py>(
                scope: &'a ::insula::rt::ClassScope<'py, Xxo<'static>>,
                slf: &'a ::insula::rt::Obj<'py, Xxo<'py>>,
                args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<
                'py,
                <::insula::rt::Nothing as ::insula::rt::Kind>::Out<'py>,
            > {
                ::insula::rt::result::<
                    ::insula::rt::Nothing,
                    _,
                    _,
                >(scope, Xxo::__delattr__(slf, args.get(c"__delattr__", 0usize, scope)?))
            }
        }
        enum __buffer {}
        impl ::insula::rt::BufferSource for __buffer {
            type Class = Xxo<'static>;
            fn buffer<'a, 'py>(
                slf: &'a ::insula::rt::Obj<'py, Xxo<'py>>,
            ) -> &'a ::insula::rt::ByteBuffer<'py> {
                Xxo::__buffer__(&**slf)
            }
        }
        static __METHODS: ::insula::rt::MethodTable<2usize> = ::insula::rt::MethodTable::new([
            ::insula::rt::method_def::<
                __method_demo,
            >(
                c"demo($self, o, /)\n--\n\nThe object if it is a string or an Xxo, None otherwise.",
            ),
            ::insula::rt::MethodTable::END,
        ]);
        static __GETSET: ::insula::rt::GetSetTable<2usize> = ::insula::rt::GetSetTable::new([
            ::insula::rt::readonly_getset_def::<
                __get_x_exports,
            >(c"How many views of the buffer are held."),
            ::insula::rt::GetSetTable::END,
        ]);
        unsafe impl ::insula::rt::ClassDef for Xxo<'static> {
            type Of<'b> = Xxo<'b>;
            type Module = __Module;
            type Base = ::insula::rt::NoBase;
            const INDEX: usize = 0usize;
            const NAME: &'static ::std::ffi::CStr = c"xxlimited.Xxo";
            const DOC: &'static ::std::ffi::CStr = c"Xxo()\n--\n\nA class that explicitly stores attributes in an internal dict.";
            const SUBCLASSABLE: bool = true;
            const MUTABLE: bool = false;
            const PICKLES: bool = false;
            const QUALNAME: ::std::option::Option<&'static ::std::ffi::CStr> = ::std::option::Option::None;
            const WEAKREF: bool = false;
            const DICT: bool = false;
            const FREELIST: usize = 0;
            const ATTRIBUTES: &'static [::insula::rt::ClassAttribute] = &[];
            const NEW: ::insula::rt::New = ::insula::rt::new_slot::<__new>();
            const SLOTS: &'static [::insula::rt::ffi::PyType_Slot] = &[
                ::insula::rt::getattr_slot::<__slot___getattr__>(),
                ::insula::rt::getbuffer_slot::<__buffer>(),
                ::insula::rt::releasebuffer_slot::<__buffer>(),
                ::insula::rt::setattr_slot::<__slot___setattr__, __slot___delattr__>(),
            ];
            fn methods() -> *mut ::insula::rt::ffi::PyMethodDef {
                __METHODS.as_ptr()
            }
            fn getset() -> *mut ::insula::rt::ffi::PyGetSetDef {
                __GETSET.as_ptr()
            }
        }
        const _: usize = ::insula::rt::payload_offset::<Xxo<'static>>();
        unsafe impl<'py> ::insula::rt::Class<'py> for Xxo<'py> {
            type Def = Xxo<'static>;
        }
        impl<
            'py,
            __S: ::insula::rt::Scope<'py, Module = __Module>,
        > ::insula::FromPy<'_, 'py, __S> for Xxo<'py>
        where
            Xxo<'py>: ::insula::rt::Cloned<'py>,
        {
            fn from_py(
                argument: &::insula::rt::Argument<'_, 'py, '_, __S>,
            ) -> ::insula::rt::PyResult<'py, Self> {
                ::insula::rt::downcast_class::<Self, __S>(argument)
                    .map(|object| ::insula::rt::Cloned::cloned(&**object))
            }
        }
        impl<
            'py,
            __S: ::insula::rt::Scope<'py, Module = __Module>,
        > ::insula::rt::Return<'py, ::insula::rt::Object, __S> for Xxo<'py>
        where
            Xxo<'py>: ::insula::rt::Initializer<'py, Class = Xxo<'py>>,
        {
            fn into_out(
                self,
                _: ::insula::rt::Py<'py>,
                scope: &__S,
            ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                ::insula::rt::new_instance(scope, self)
            }
        }
        impl<
            'py,
            __S: ::insula::rt::Scope<'py, Module = __Module>,
        > ::insula::rt::Downcast<'py, __S> for Xxo<'py> {
            #[inline]
            fn downcast<'a>(
                argument: &::insula::rt::Argument<'a, 'py, '_, __S>,
            ) -> ::insula::rt::PyResult<'py, &'a ::insula::rt::Obj<'py, Self>> {
                ::insula::rt::downcast_class(argument)
            }
        }
    };
    #[allow(non_camel_case_types, unused_variables, clippy::all)]
    const _: () = {
        #[automatically_derived]
        #[allow(unused_variables)]
        unsafe impl<'py> ::insula::rt::Trace<'py> for Str {
            const HOLDS_OBJECTS: bool = false;
            #[inline]
            fn trace_objects(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
                match self {
                    Self {} => {}
                }
            }
            fn clear_objects(&self) {
                match self {
                    Self {} => {}
                }
            }
        }
        #[automatically_derived]
        impl ::insula::rt::MustNotImplDrop for Str {}
        static __METHODS: ::insula::rt::MethodTable<1usize> = ::insula::rt::MethodTable::new([
            ::insula::rt::MethodTable::END,
        ]);
        static __GETSET: ::insula::rt::GetSetTable<1usize> = ::insula::rt::GetSetTable::new([
            ::insula::rt::GetSetTable::END,
        ]);
        unsafe impl ::insula::rt::ClassDef for Str {
            type Of<'b> = Str;
            type Module = __Module;
            type Base = types::Str;
            const INDEX: usize = 1usize;
            const NAME: &'static ::std::ffi::CStr = c"xxlimited.Str";
            const DOC: &'static ::std::ffi::CStr = c"A subclass of str.";
            const SUBCLASSABLE: bool = true;
            const MUTABLE: bool = false;
            const PICKLES: bool = false;
            const QUALNAME: ::std::option::Option<&'static ::std::ffi::CStr> = ::std::option::Option::None;
            const WEAKREF: bool = false;
            const DICT: bool = false;
            const FREELIST: usize = 0;
            const ATTRIBUTES: &'static [::insula::rt::ClassAttribute] = &[];
            const NEW: ::insula::rt::New = ::insula::rt::inherited_new::<types::Str>();
            const SLOTS: &'static [::insula::rt::ffi::PyType_Slot] = &[];
            fn methods() -> *mut ::insula::rt::ffi::PyMethodDef {
                __METHODS.as_ptr()
            }
            fn getset() -> *mut ::insula::rt::ffi::PyGetSetDef {
                __GETSET.as_ptr()
            }
        }
        const _: usize = ::insula::rt::payload_offset::<Str>();
        unsafe impl<'py> ::insula::rt::Class<'py> for Str {
            type Def = Str;
        }
        impl<
            'py,
            __S: ::insula::rt::Scope<'py, Module = __Module>,
        > ::insula::FromPy<'_, 'py, __S> for Str
        where
            Str: ::insula::rt::Cloned<'py>,
        {
            fn from_py(
                argument: &::insula::rt::Argument<'_, 'py, '_, __S>,
            ) -> ::insula::rt::PyResult<'py, Self> {
                ::insula::rt::downcast_class::<Self, __S>(argument)
                    .map(|object| ::insula::rt::Cloned::cloned(&**object))
            }
        }
        impl<
            'py,
            __S: ::insula::rt::Scope<'py, Module = __Module>,
        > ::insula::rt::Return<'py, ::insula::rt::Object, __S> for Str
        where
            Str: ::insula::rt::Initializer<'py, Class = Str>,
        {
            fn into_out(
                self,
                _: ::insula::rt::Py<'py>,
                scope: &__S,
            ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                ::insula::rt::new_instance(scope, self)
            }
        }
        impl<
            'py,
            __S: ::insula::rt::Scope<'py, Module = __Module>,
        > ::insula::rt::Downcast<'py, __S> for Str {
            #[inline]
            fn downcast<'a>(
                argument: &::insula::rt::Argument<'a, 'py, '_, __S>,
            ) -> ::insula::rt::PyResult<'py, &'a ::insula::rt::Obj<'py, Self>> {
                ::insula::rt::downcast_class(argument)
            }
        }
    };
    unsafe impl ::insula::rt::ExceptionDef for Error {
        type Module = __Module;
        type Base = ::insula::exceptions::Exception;
        const INDEX: usize = 2usize;
        const NAME: &'static ::std::ffi::CStr = c"xxlimited.Error";
        const DOC: ::std::option::Option<&'static ::std::ffi::CStr> = ::std::option::Option::None;
    }
    unsafe impl ::insula::rt::ExceptionBase<__Module> for Error {
        const PLACE: ::std::option::Option<usize> = ::std::option::Option::Some(2usize);
        const DEPTH: usize = <::insula::exceptions::Exception as ::insula::rt::ExceptionBase<
            __Module,
        >>::DEPTH + 1;
        unsafe fn base_ptr(
            made: &[*mut ::insula::rt::ffi::PyObject],
        ) -> *mut ::insula::rt::ffi::PyObject {
            made[2usize]
        }
    }
    const _: () = ::insula::rt::check_exception::<Error>();
    impl ::insula::rt::ExceptionClass for Error {}
    impl<
        'py,
        __S: ::insula::rt::Scope<'py, Module = __Module>,
    > ::insula::rt::Raised<'py, __S> for Error {
        fn raised(
            _: ::insula::rt::Py<'py>,
            scope: &__S,
            message: &str,
        ) -> ::insula::rt::PyErr<'py> {
            ::insula::rt::new_exception::<Self, __S>(scope, message)
        }
    }
    #[allow(non_camel_case_types)]
    enum __function_foo {}
    #[allow(unused_variables, clippy::all)]
    impl ::insula::rt::Function for __function_foo {
        type Module = __Module;
        const NAME: &'static ::std::ffi::CStr = c"foo";
        const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(2usize);
        #[inline]
        fn call<'a, 'py>(
            scope: &'a ::insula::rt::FunctionScope<'py, __Module>,
            args: ::insula::rt::Arguments<'a, 'py>,
        ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
            ::insula::rt::result::<
                ::insula::rt::Object,
                _,
                _,
            >(
                scope,
                foo(
                    ::insula::rt::Scope::py(scope),
                    args.get(c"foo", 0usize, scope)?,
                    args.get(c"foo", 1usize, scope)?,
                ),
            )
        }
    }
    #[allow(non_camel_case_types)]
    enum __function_new {}
    #[allow(unused_variables, clippy::all)]
    impl ::insula::rt::Function for __function_new {
        type Module = __Module;
        const NAME: &'static ::std::ffi::CStr = c"new";
        const SHAPE: ::insula::rt::Shape = ::insula::rt::Shape::Exactly(0usize);
        #[inline]
        fn call<'a, 'py>(
            scope: &'a ::insula::rt::FunctionScope<'py, __Module>,
            args: ::insula::rt::Arguments<'a, 'py>,
        ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
            ::insula::rt::result::<
                ::insula::rt::Object,
                _,
                _,
            >(scope, new(::insula::rt::cx(scope)?))
        }
    }
    static __FUNCTIONS: ::insula::rt::MethodTable<3usize> = ::insula::rt::MethodTable::new([
        ::insula::rt::function_def::<
            __function_foo,
        >(c"foo($module, i, j, /)\n--\n\nReturn the sum of i and j."),
        ::insula::rt::function_def::<
            __function_new,
        >(c"new($module)\n--\n\nReturn a new Xxo object."),
        ::insula::rt::MethodTable::END,
    ]);
    static __TABLE: ::insula::rt::ModuleTable = unsafe {
        ::insula::rt::ModuleTable::new::<
            __Module,
        >(__FUNCTIONS.as_ptr(), c"This is a template module just for instruction.")
    };
    ::insula::__export_module!(
        __TABLE, init = "PyInit_xxlimited", export = "PyModExport_xxlimited"
    );
    const __LINES: &[&[&str]] = &[
        &[
            "#:module xxlimited\n#\"This is a template module just for instruction.\ndef foo(i: $int, j: $int, /) -> $int:\n    #\"Return the sum of i and j.\ndef new() -> @Xxo@:\n    #\"Return a new Xxo object.\n#:class Xxo Xxo\n@$disjoint_base\nclass Xxo:\n    #\"A class that explicitly stores attributes in an internal dict.\n    def __new__(cls) -> $Self: ...\n    def demo(self, o: $object, /) -> $Any:\n        #\"The object if it is a string or an Xxo, None otherwise.\n    @property\n    def x_exports(self) -> $int:\n        #\"How many views of the buffer are held.\n    def __getattribute__(self, name: $str, /) -> $Any: ...\n    def __setattr__(self, name: $str, value: $object, /) -> None: ...\n    def __delattr__(self, name: $str, /) -> None: ...\n    def __buffer__(self, flags: $int, /) -> $memoryview: ...\n#:class Str Str\n@$disjoint_base\nclass Str($str):\n    #\"A subclass of str.\n#:class Error Error\nclass Error(@Exception@):\n",
        ],
    ];
    #[unsafe(export_name = "INSULA_STUBS_xxlimited")]
    static __STUBS: [u8; ::insula::rt::all_len(__LINES)] = ::insula::rt::all_bytes(
        __LINES,
    );
}
