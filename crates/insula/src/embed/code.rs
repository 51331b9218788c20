//! Running Python code and calling Python functions, inside an entry.

use std::ffi::CString;

use super::value::Value;
use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::exceptions::{BuiltinException, ValueError};
use crate::object::obj::Obj;
use crate::object::types::{Str, Tuple};

/// `import name`: the module itself, also where it lies in a package.
///
/// # Errors
///
/// What the import raises.
///
/// ```no_run
/// # use insula::embed::{Interpreter, Error, import};
/// # fn pi(interpreter: &Interpreter) -> Result<f64, Error> {
/// interpreter.run(|py| import(py, "math")?.getattr("pi")?.extract::<f64>())
/// # }
/// ```
pub fn import<'py>(py: Py<'py>, name: &str) -> PyResult<'py, Obj<'py>> {
    let Ok(name) = CString::new(name) else {
        return Err(ValueError::new_err(py, "a module's name contains no NUL"));
    };
    // SAFETY: attached; a NUL-terminated string; the call returns a new reference or NULL with an exception.
    unsafe { Obj::from_owned(py, ffi::PyImport_ImportModule(name.as_ptr())) }
}

/// Runs statements in the namespace of `__main__`.
///
/// # Errors
///
/// What the code raises.
///
/// ```no_run
/// # use insula::embed::{Interpreter, Error, exec};
/// # fn set(interpreter: &Interpreter) -> Result<(), Error> {
/// interpreter.run(|py| exec(py, "x = 1\ny = x + 1"))
/// # }
/// ```
pub fn exec<'py>(py: Py<'py>, code: &str) -> PyResult<'py, ()> {
    run(py, code, "exec").map(drop)
}

/// The value of an expression in the namespace of `__main__`.
///
/// # Errors
///
/// What the expression raises.
///
/// ```no_run
/// # use insula::embed::{Interpreter, Error, eval};
/// # fn get(interpreter: &Interpreter) -> Result<i64, Error> {
/// interpreter.run(|py| eval(py, "6 * 7")?.extract())
/// # }
/// ```
pub fn eval<'py>(py: Py<'py>, expression: &str) -> PyResult<'py, Obj<'py>> {
    run(py, expression, "eval")
}

/// Calls a function of a module by its name, which may have dots: `Class.method`.
///
/// # Errors
///
/// What the import, the look-up, the conversion of an argument or the call raises.
///
/// ```no_run
/// # use insula::embed::{Interpreter, Error, Value, call};
/// # fn root(interpreter: &Interpreter) -> Result<f64, Error> {
/// interpreter.run(|py| call(py, "math", "sqrt", vec![Value::from(2.0)])?.extract())
/// # }
/// ```
pub fn call<'py>(py: Py<'py>, module: &str, function: &str, args: Vec<Value>) -> PyResult<'py, Obj<'py>> {
    let mut callee = import(py, module)?;
    for name in function.split('.') {
        callee = callee.getattr(name)?;
    }
    let args = args.into_iter().map(|arg| arg.into_py(py)).collect::<Result<_, _>>()?;
    call_object(&callee, args)
}

/// `callee(*args)`.
pub(super) fn call_object<'py>(callee: &Obj<'py>, args: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py>> {
    let args = Tuple::new(callee.py(), args)?;
    // SAFETY: a live object and a live tuple; the call returns a new reference or NULL with an exception.
    unsafe { Obj::from_owned(callee.py(), ffi::PyObject_CallObject(callee.as_ptr(), args.as_ptr())) }
}

/// Through `compile` and the built-in of the same name, so that any text raises what it raises in Python.
fn run<'py>(py: Py<'py>, code: &str, mode: &str) -> PyResult<'py, Obj<'py>> {
    let builtins = import(py, "builtins")?;
    let text = |text: &str| Str::new(py, text).map(Obj::into_any);
    let code = call_object(&builtins.getattr("compile")?, vec![text(code)?, text("<embedded>")?, text(mode)?])?;
    let names = import(py, "__main__")?.getattr("__dict__")?;
    call_object(&builtins.getattr(mode)?, vec![code, names])
}
