//! Arithmetic between objects: the operators, as `operator` has them.

use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::Int;

macro_rules! binary {
    ($($name:ident $symbol:literal $function:ident)*) => { $(
        #[doc = concat!("`self ", $symbol, " other`.")]
        ///
        /// # Errors
        ///
        /// `TypeError` if neither object supports it; what their methods raise.
        pub fn $name(&self, other: impl IntoPy<'py>) -> PyResult<'py, Obj<'py>> {
            let other = other.into_py(self.py())?;
            // SAFETY: both objects are alive; the call returns a new reference or NULL with an exception.
            unsafe { Obj::from_owned(self.py(), ffi::$function(self.as_ptr(), other.as_ptr())) }
        }
    )* };
}

macro_rules! unary {
    ($($name:ident $symbol:literal $function:ident)*) => { $(
        #[doc = concat!("`", $symbol, "`.")]
        ///
        /// # Errors
        ///
        /// `TypeError` if the object does not support it; what its method raises.
        pub fn $name(&self) -> PyResult<'py, Obj<'py>> {
            // SAFETY: a live object; the call returns a new reference or NULL with an exception.
            unsafe { Obj::from_owned(self.py(), ffi::$function(self.as_ptr())) }
        }
    )* };
}

impl<'py> Obj<'py> {
    binary! {
        add "+" PyNumber_Add
        sub "-" PyNumber_Subtract
        mul "*" PyNumber_Multiply
        matmul "@" PyNumber_MatrixMultiply
        truediv "/" PyNumber_TrueDivide
        floordiv "//" PyNumber_FloorDivide
        rem "%" PyNumber_Remainder
        lshift "<<" PyNumber_Lshift
        rshift ">>" PyNumber_Rshift
        bitand "&" PyNumber_And
        bitor "|" PyNumber_Or
        bitxor "^" PyNumber_Xor
    }
    unary! {
        neg "-self" PyNumber_Negative
        pos "+self" PyNumber_Positive
        abs "abs(self)" PyNumber_Absolute
        invert "~self" PyNumber_Invert
    }

    /// `self ** other`.
    ///
    /// # Errors
    ///
    /// `TypeError` if neither object supports it; what their methods raise.
    pub fn pow(&self, other: impl IntoPy<'py>) -> PyResult<'py, Obj<'py>> {
        let other = other.into_py(self.py())?;
        // SAFETY: all objects are alive, `None` stands for no modulus; a new reference or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyNumber_Power(self.as_ptr(), other.as_ptr(), ffi::Py_None())) }
    }

    /// `operator.index(self)`: the object as an `int`, without loss.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object is no integer; what its `__index__` raises.
    pub fn index(&self) -> PyResult<'py, Obj<'py, Int>> {
        // SAFETY: a live object; PyNumber_Index returns a new `int` or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyNumber_Index(self.as_ptr())) }
    }
}
