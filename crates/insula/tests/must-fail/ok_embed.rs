//! What an embedding program does compiles.

use insula::embed::{Error, Interpreter, Pool, eval, import};
use insula::prelude::*;

fn nested(one: &Interpreter, two: &Interpreter) -> Result<i64, Error> {
    let two = two.clone();
    let text = String::from("6 * 7");
    one.run(move |py| {
        let kept = import(py, "sys")?;
        let answer = two.run(move |py| eval(py, &text)?.extract::<i64>());
        drop(kept.repr()?);
        Ok(answer)
    })?
}

fn by_value(interpreter: &Interpreter, numbers: Vec<i64>) -> Result<Vec<i64>, Error> {
    interpreter.run(move |py| import(py, "builtins")?.getattr("sorted")?.call_one(&numbers.into_py(py)?)?.extract())
}

fn job(pool: &Pool, word: String) -> Result<usize, Error> {
    pool.run(move |_| Ok(word.len())).wait()
}
