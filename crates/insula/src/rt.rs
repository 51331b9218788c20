//! All that the macros may name, and nothing else. Not for use by hand: nothing here is stable.

pub use pyo3_ffi as ffi;

pub use crate::arguments::scope::{ClassScope, FunctionScope, Scope, StaticScope};
pub use crate::arguments::signature::{Parameter, Signature};
pub use crate::arguments::vectorcall::Arguments;
pub use crate::brand::Py;
pub use crate::call::absent::{
    Absent, DelAttr, DelDescriptor, DelItem, Operation, Operator, SetAttr, SetDescriptor, SetItem,
};
pub use crate::call::deleter::{getdel_def, getsetdel_def};
pub use crate::call::methods::{
    CLASS_GETITEM, ClassMethod, DICT_GETSET, Function, Kind, Method, Nothing, Object, Return, Shape, StaticMethod,
    class_method_def, function_def, getset_def, method_def, readonly_getset_def, result, static_method_def,
};
pub use crate::call::new::{Collects, Constructor, constructed, new_slot};
pub use crate::call::slots::*;
pub use crate::class::base::Object as NoBase;
pub use crate::class::buffer::ByteBuffer;
pub use crate::class::buffer::{BufferSource, getbuffer_slot, releasebuffer_slot};
pub use crate::class::exception::{check_exception, new_exception};
pub use crate::class::instance::downcast_class;
pub use crate::class::layout::{inherited_new, payload_offset};
pub use crate::class::member::{Member, SetMember};
pub use crate::class::runtime_base::RuntimeBase;
pub use crate::class::variants::{
    Cloned, Enumeration, debug_text, enum_member, finish_enum, finish_variant, hash_of, match_args, member_name,
    new_instance, other_variant, reduce_member, reduce_variant, variant_repr,
};
pub use crate::coroutine::{async_cx, coroutine, rooted};
pub use crate::cx::cx;
pub use crate::def::{
    All, Base, Class, ClassAttribute, ClassDef, ClassItem, ClassStateDef, Described, EntryDef, ExceptionDef, ExecScope,
    FreeList, FunctionItem, GetSetTable, Initializer, Listed, MethodTable, Methods, ModuleDef, NO_ENTRY, New,
    NoMethods, StateDef, all_bytes, all_len, arranged, class_doc, join, name_of, places, qualified, text, text_bytes,
    text_len, utf8,
};
pub use crate::module::exec::exec_result;
pub use crate::module::exec_context::exec_context;
pub use crate::module::export::ModuleTable;
pub use crate::module::submodule::SubmoduleDef;
pub use crate::object::convert::{Argument, Downcast, derive};
pub use crate::object::err::{PyErr, PyResult};
pub use crate::object::exceptions::ExceptionBase;
pub use crate::object::obj::Obj;
pub use crate::object::raise::{Anywhere, ExceptionClass, IntoPyErr, Raised, check_class};
pub use crate::object::trace::{MustNotImplDrop, Trace, Visitor, plain_field};
pub use crate::object::types::Module;
pub use insula_macros::{__Configured, __gone};
