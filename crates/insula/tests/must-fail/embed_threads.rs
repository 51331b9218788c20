//! What stays with its thread, stays: the runtime, a session, and a job's captures that cannot move.

use insula::embed::{Pool, Runtime, Session};
use std::rc::Rc;

fn runtime(mut runtime: Runtime) {
    std::thread::spawn(move || runtime.finish()); //~ ERROR cannot be sent between threads
}

fn shared_runtime(runtime: &Runtime) {
    std::thread::scope(|scope| {
        scope.spawn(|| runtime.main()); //~ ERROR cannot be shared between threads
    });
}

fn session(session: Session) {
    std::thread::spawn(move || session.exec("pass")); //~ ERROR cannot be sent between threads
}

fn job(pool: &Pool, number: Rc<i64>) {
    let _ = pool.run(move |_| Ok(*number)); //~ ERROR cannot be sent between threads
}

fn result(pool: &Pool) {
    let _ = pool.run(|_| Ok(Rc::new(1))); //~ ERROR cannot be sent between threads
}
