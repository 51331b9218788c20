//! An extension module in thirty-six interpreters of one process: prints the addresses of what each import made, which
//! are all different if the module is isolated. `cargo xtask demo` builds it for an interpreter, and
//! `modules/xxlimited` with it.
//!
//! Its arguments: the folder in which CPython is installed, and the folder in which `xxlimited` lies.

use std::collections::HashSet;
use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Barrier};

use insula::embed::{Config, InterpreterConfig, Runtime, eval, exec};
use insula::{Py, PyResult};

/// Cycles of Py_Initialize and Py_Finalize.
const CYCLES: usize = 4;
/// Interpreters with their own GIL, beside the main one.
const ISLANDS: usize = 8;
/// What every import must make anew.
const COLUMNS: [&str; 4] = ["module", "Xxo", "Str", "Error"];

const USE: &str = "
import xxlimited as module
for number in range(1000):
    xxo = module.new()
    xxo.itself = xxo
    try:
        raise module.Error(number)
    except module.Error:
        pass
";

/// Imports and uses the module in the interpreter that it is called in. Objects cannot leave it; their addresses can.
fn import(
    folder: &str,
    all: &Arc<Barrier>,
) -> impl for<'py> FnOnce(Py<'py>) -> PyResult<'py, Vec<usize>> + Send + use<> {
    let (code, all) = (format!("import sys; sys.path.insert(0, {folder:?})\n{USE}"), Arc::clone(all));
    move |py| {
        // Nobody goes on before all are here: so each job of the pool is in another interpreter.
        py.detach_owned(move || all.wait());
        exec(py, &code)?;
        eval(py, "[id(each) for each in (module, module.Xxo, module.Str, module.Error)]")?.extract()
    }
}

/// One life of the runtime: a row of addresses for each interpreter.
fn cycle(home: &str, folder: &str) -> Result<Vec<Vec<usize>>, insula::embed::Error> {
    let mut runtime = Runtime::start(&Config::isolated().home(home).site_import(false).write_bytecode(false))?;
    let pool = runtime.pool(ISLANDS, &InterpreterConfig::own_gil())?;
    let all = Arc::new(Barrier::new(ISLANDS + 1));
    let jobs: Vec<_> = (0..ISLANDS).map(|_| pool.run(import(folder, &all))).collect();
    let mut rows = vec![runtime.main().run(import(folder, &all))?];
    for job in jobs {
        rows.push(job.wait()?);
    }
    pool.finish()?;
    runtime.finish()?;
    Ok(rows)
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, folder] = arguments.as_slice() else { return Err("usage: demo PYTHONHOME FOLDER".into()) };
    println!(
        "The addresses of what every import makes anew: {CYCLES} cycles of Py_Initialize and Py_Finalize in one \
         process,"
    );
    println!("each with the main interpreter and {ISLANDS} that have a GIL of their own, in parallel threads.\n");
    println!("cycle{}", COLUMNS.map(|column| format!("  {column:<16}")).concat());
    let (mut count, mut isolated) = (0, true);
    for number in 0..CYCLES {
        let rows = cycle(home, folder)?;
        for row in &rows {
            println!("{number:<5}{}", row.iter().map(|address| format!("  {address:<#16x}")).collect::<String>());
        }
        // All imports of a cycle were alive at the same time; the next cycle may be given the same memory.
        let all: Vec<usize> = rows.concat();
        isolated &= all.iter().collect::<HashSet<_>>().len() == all.len();
        count += all.len();
    }
    let verdict =
        if isolated { "all different within each cycle" } else { "SHARED: an address occurs twice in one cycle" };
    println!("\n{count} addresses, {verdict}.");
    Ok(if isolated { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
