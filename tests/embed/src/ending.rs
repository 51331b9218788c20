//! Ending interpreters: in any order, from any thread, whoever is inside.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use insula::embed::{Error, Handle, Interpreter, InterpreterConfig, Value, exec};

use crate::Scenario;
use crate::support::{Numbers, addresses, all_different, minor, most_isolated, point_at, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("sixteen_interpreters_end_in_random_order_from_several_threads", sixteen),
    ("who_ends_waits_for_who_is_inside", waits),
    ("entering_and_ending_race", race),
    ("entering_takes_no_other_thread_s_place", places),
    ("finishing_waits_for_threads_inside", finish_waits),
    ("an_interpreter_is_not_ended_from_inside", from_inside),
    ("two_that_end_each_other_do_not_hang", each_other),
    ("threads_of_an_interpreter_end_with_it", threads_end),
    ("daemon_threads_are_an_error", daemons),
    ("interpreters_that_python_made_are_an_error", foreign),
    ("code_that_runs_at_the_end_gets_errors", at_the_end),
    ("interpreters_made_while_the_runtime_finishes_end_too", made_while_finishing),
];

/// How often, each with new interpreters: `$INSULA_TEST_ROUNDS`, or so many that all versions are done in minutes.
pub(crate) fn rounds() -> usize {
    std::env::var("INSULA_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(25)
}

const INTERPRETERS: usize = 16;
const THREADS: usize = 4;

fn sixteen() {
    let mut runtime = start();
    let mut numbers = Numbers::from(16);
    for round in 0..rounds() {
        let made: Mutex<Vec<Interpreter>> = Mutex::new(Vec::new());
        let seen = Mutex::new(Vec::new());
        let handle = runtime.handle();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..INTERPRETERS / THREADS {
                        let interpreter = handle.interpreter(&most_isolated()).unwrap();
                        interpreter
                            .exec("import archipelago\nring = []\nring.append(archipelago.Island(ring))")
                            .unwrap();
                        let types = "[archipelago, archipelago.Island, archipelago.Flood, ring]";
                        seen.lock().unwrap().push(addresses(&interpreter, types));
                        made.lock().unwrap().push(interpreter);
                    }
                });
            }
        });
        assert!(all_different(&seen.into_inner().unwrap()), "round {round}");
        let mut made = made.into_inner().unwrap();
        numbers.shuffle(&mut made);
        // Half of the rounds by dropping the last handle, half by asking; on threads that did not make them.
        let asks = numbers.below(2) == 0;
        let share = made.len() / THREADS;
        thread::scope(|scope| {
            for _ in 0..THREADS {
                let mine: Vec<_> = made.drain(..share).collect();
                scope.spawn(move || {
                    for interpreter in mine {
                        assert_eq!(interpreter.call("archipelago", "visit", vec![]), Ok(Value::Int(1)));
                        if asks {
                            interpreter.end().unwrap();
                        }
                    }
                });
            }
        });
    }
    runtime.finish().unwrap();
}

fn waits() {
    let mut runtime = start();
    let there = runtime.interpreter(&most_isolated()).unwrap();
    let (entered, has_entered) = channel();
    let left = Arc::new(AtomicBool::new(false));
    let worker = {
        let (there, left) = (there.clone(), Arc::clone(&left));
        thread::spawn(move || {
            there.run(move |py| {
                entered.send(()).unwrap();
                py.detach((), |()| thread::sleep(Duration::from_millis(300)));
                exec(py, "x = [object() for _ in range(1000)]")?;
                left.store(true, Ordering::SeqCst);
                Ok(())
            })
        })
    };
    has_entered.recv().unwrap();
    let (a, b) = (there.clone(), there.clone());
    let enders = [thread::spawn(move || a.end()), thread::spawn(move || b.end())];
    let results = enders.map(|ender| ender.join().unwrap());
    assert!(left.load(Ordering::SeqCst), "it ended under a thread that was inside");
    assert_eq!(worker.join().unwrap(), Ok(()));
    // One of them did it; the other learnt that it was under way.
    assert!(results == [Ok(()), Err(Error::Ended)] || results == [Err(Error::Ended), Ok(())], "{results:?}");
    assert_eq!(there.eval("1"), Err(Error::Ended));
    runtime.finish().unwrap();
}

fn race() {
    let mut runtime = start();
    for round in 0..60 {
        let there = runtime.interpreter(&most_isolated()).unwrap();
        let begin = Barrier::new(4);
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    begin.wait();
                    loop {
                        match there.eval("len([object() for _ in range(100)])") {
                            Ok(value) => assert_eq!(value, Value::Int(100)),
                            Err(error) => break assert_eq!(error, Error::Ended),
                        }
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            scope.spawn(|| {
                begin.wait();
                thread::sleep(Duration::from_micros(round * 50));
                there.end().unwrap();
            });
        });
        assert!(!there.is_open());
    }
    runtime.finish().unwrap();
}

/// CPython before 3.12 has one current thread state for all threads. A session knows by it whether its thread is
/// attached, so other threads that enter, and need thread states for that, must not make the session's current.
fn places() {
    let mut runtime = start();
    let there = runtime.interpreter(&InterpreterConfig::legacy()).unwrap();
    let main = runtime.main();
    let begun = Instant::now();
    let is_time = || begun.elapsed() < Duration::from_secs(1);
    let ready = Barrier::new(4);
    thread::scope(|scope| {
        // The youngest in the main interpreter, which is the first in CPython's list.
        scope.spawn(|| {
            let session = main.session().unwrap();
            ready.wait();
            let mut numbers = Numbers::from(11);
            while is_time() {
                // So that it looks while another thread has the GIL, not only when it has just given it up.
                (0..numbers.below(3000)).for_each(|_| std::hint::spin_loop());
                assert_eq!(session.eval("len([object() for _ in range(10)])"), Ok(Value::Int(10)));
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                ready.wait();
                while is_time() {
                    assert_eq!(there.eval("len([object() for _ in range(10)])"), Ok(Value::Int(10)));
                }
            });
        }
        ready.wait();
    });
    runtime.finish().unwrap();
}

fn finish_waits() {
    let mut runtime = start();
    let others = [most_isolated(), InterpreterConfig::legacy()].map(|config| runtime.interpreter(&config).unwrap());
    let all = [runtime.main(), others[0].clone(), others[1].clone()];
    let (entered, has_entered) = channel();
    let threads = all.map(|interpreter| {
        let entered = entered.clone();
        thread::spawn(move || {
            let session = interpreter.session().unwrap();
            session
                .run(move |py| {
                    entered.send(()).unwrap();
                    py.detach((), |()| thread::sleep(Duration::from_millis(200)));
                    exec(py, "done = True")
                })
                .unwrap();
            // While the runtime waits, a session goes on working.
            assert_eq!(session.eval("done"), Ok(Value::Bool(true)));
            drop(session);
            while interpreter.is_open() {
                thread::yield_now();
            }
            assert_eq!(interpreter.eval("done"), Err(Error::Ended));
        })
    });
    (0..3).for_each(|_| has_entered.recv().unwrap());
    runtime.finish().unwrap();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn from_inside() {
    let runtime = start();
    let (main, there) = (runtime.main(), runtime.interpreter(&most_isolated()).unwrap());
    let own = there.clone();
    assert_eq!(there.run(move |_| Ok(own.end())), Ok(Err(Error::Inside)));
    let own = there.clone();
    assert_eq!(there.run(move |py| Ok(py.detach_owned(move || own.end()))), Ok(Err(Error::Inside)));
    // Also where another interpreter is in between, and the other thread's code is Python's.
    let (own, between) = (there.clone(), main.clone());
    assert_eq!(there.run(move |_| Ok(between.run(move |_| Ok(own.end())))), Ok(Ok(Err(Error::Inside))));
    point_at(Some(there.clone()));
    let inside = Value::from(Error::Inside.to_string());
    assert_eq!(there.call("archipelago", "sink", vec![]), Ok(inside.clone()));
    assert_eq!(there.call("archipelago", "sink_detached", vec![]), Ok(inside.clone()));
    there.exec("import _thread, archipelago\nsaid = []\nready = _thread.allocate_lock()\nready.acquire()").unwrap();
    let in_thread = "def work():\n  said.append(archipelago.sink())\n  said.append(archipelago.sink_detached())\n  \
                     said.append(archipelago.ferry('x = 1'))\n  said.append(archipelago.ferry_detached('x += 1'))\n  \
                     ready.release()\n_thread.start_new_thread(work, ())\nready.acquire()";
    there.exec(in_thread).unwrap();
    let done = Value::from("done");
    assert_eq!(there.eval("said"), Ok(Value::List(vec![inside.clone(), inside, done.clone(), done])));
    assert_eq!(there.eval("x"), Ok(Value::Int(2)));
    // From inside another it can be ended, if nobody is there.
    assert_eq!(main.call("archipelago", "sink", vec![]), Ok(Value::from("done")));
    point_at(None);
    assert!(!there.is_open());
    // The runtime cannot be finished from inside, and goes on.
    let cell = std::rc::Rc::new(std::cell::RefCell::new(runtime));
    let inner = std::rc::Rc::clone(&cell);
    assert_eq!(main.run(move |_| Ok(inner.borrow_mut().finish())), Ok(Err(Error::Inside)));
    let inner = std::rc::Rc::clone(&cell);
    let left = main.run(move |py| Ok(py.detach_owned(move || inner.borrow_mut().finish())));
    assert_eq!(left, Ok(Err(Error::Inside)));
    assert_eq!(main.eval("1"), Ok(Value::Int(1)));
    cell.borrow_mut().finish().unwrap();
}

fn each_other() {
    let mut runtime = start();
    let pair = [0, 1].map(|_| runtime.interpreter(&most_isolated()).unwrap());
    let begin = Arc::new(Barrier::new(2));
    let threads = [(0, 1), (1, 0)].map(|(mine, other)| {
        let (mine, other, begin) = (pair[mine].clone(), pair[other].clone(), Arc::clone(&begin));
        thread::spawn(move || {
            mine.run(move |py| {
                Ok(py.detach_owned(move || {
                    begin.wait();
                    let result = other.end();
                    begin.wait();
                    result
                }))
            })
        })
    });
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Ok(Err(Error::Busy)));
    }
    for interpreter in pair {
        interpreter.end().unwrap();
    }
    runtime.finish().unwrap();
}

fn threads_end() {
    let mut runtime = start();
    let work = "import threading, time\ndef work():\n  time.sleep(0.2)\n  import archipelago\n  archipelago.visit()\n\
                threads = [threading.Thread(target=work) for _ in range(3)]\nfor thread in threads: thread.start()";
    for config in [InterpreterConfig::legacy(), most_isolated()] {
        let there = runtime.interpreter(&config).unwrap();
        there.exec(work).unwrap();
        thread::spawn(move || there.end()).join().unwrap().unwrap();
    }
    runtime.main().exec(work).unwrap();
    runtime.finish().unwrap();
}

fn daemons() {
    let mut runtime = start();
    // A thread that is no `threading.Thread` is one that nobody waits for.
    let work = "import _thread, time\nstop = False\ngone = _thread.allocate_lock()\ngone.acquire()\n\
                def work():\n  while not stop: time.sleep(0.001)\n  gone.release()\n_thread.start_new_thread(work, ())";
    let stop = "stop = True\ngone.acquire()\ntime.sleep(0.1)";
    let there = runtime.interpreter(&InterpreterConfig::legacy()).unwrap();
    there.exec(work).unwrap();
    assert_eq!(there.end(), Err(Error::Threads(1)));
    assert_eq!(there.eval("6 * 7"), Ok(Value::Int(42)), "it lives on");
    assert_eq!(runtime.finish(), Err(Error::Threads(1)));
    assert!(runtime.interpreter(&most_isolated()).is_ok(), "the runtime lives on");
    there.exec(stop).unwrap();
    there.end().unwrap();
    let main = runtime.main();
    main.exec(work).unwrap();
    assert_eq!(runtime.finish(), Err(Error::Threads(1)));
    main.exec(stop).unwrap();
    runtime.finish().unwrap();
}

fn foreign() {
    let mut runtime = start();
    let main = runtime.main();
    let module = if minor(&main) >= 13 { "_interpreters" } else { "_xxsubinterpreters" };
    main.exec(&format!("import {module} as i\nnumber = i.create()")).unwrap();
    if minor(&main) >= 14 {
        // CPython ends them, with a warning.
        return runtime.finish().unwrap();
    }
    assert_eq!(runtime.finish(), Err(Error::Interpreters(1)));
    main.exec("i.destroy(number)").unwrap();
    runtime.finish().unwrap();
}

fn at_the_end() {
    let mut runtime = start();
    let there = runtime.interpreter(&most_isolated()).unwrap();
    let other = runtime.interpreter(&most_isolated()).unwrap();
    // An exit function and a finaliser that enter and end their own interpreter, which is ending.
    let answers = "import archipelago, atexit, os, sys\n\
                   def ask(): return [archipelago.ferry('1'), archipelago.ferry_detached('1'), archipelago.sink()]\n\
                   class Late:\n  def __del__(self, ask=ask, write=os.write): write(into, '\\n'.join(ask()).encode() + \
                   b'\\n')\n\
                   sys.late = Late()\natexit.register(Late().__del__)";
    point_at(Some(there.clone()));
    let (mut reader, writer) = std::io::pipe().unwrap();
    there.exec(&format!("into = {}", std::os::fd::AsRawFd::as_raw_fd(&writer))).unwrap();
    there.exec(answers).unwrap();
    there.end().unwrap();
    drop(writer);
    let mut said = String::new();
    std::io::Read::read_to_string(&mut reader, &mut said).unwrap();
    let ended = Error::Ended.to_string();
    assert!(said.lines().count() >= 3 && said.lines().all(|line| line == ended), "{said}");
    // One that enters another interpreter, which lives.
    point_at(Some(other.clone()));
    let last = runtime.interpreter(&most_isolated()).unwrap();
    last.exec("import archipelago, atexit\natexit.register(archipelago.ferry, 'entered = True')").unwrap();
    last.end().unwrap();
    assert_eq!(other.eval("entered"), Ok(Value::Bool(true)));
    // An exit function that raises does not keep the interpreter from ending.
    other.exec("import atexit\natexit.register(lambda: 1/0)").unwrap();
    other.end().unwrap();
    runtime.main().exec("import archipelago, atexit\natexit.register(archipelago.ferry, 'x = 1')").unwrap();
    runtime.finish().unwrap();
    point_at(None);
}

fn made_while_finishing() {
    for _ in 0..20 {
        let mut runtime = start();
        let handle = runtime.handle();
        let makers = [0; 3].map(|_| {
            let handle: Handle = handle.clone();
            thread::spawn(move || {
                let mut made = 0;
                loop {
                    match handle.interpreter(&most_isolated()) {
                        Ok(interpreter) => {
                            made += 1;
                            std::mem::forget(interpreter);
                        }
                        Err(error) => break assert_eq!(error, Error::Finished, "after {made}"),
                    }
                }
            })
        });
        thread::sleep(Duration::from_millis(60));
        runtime.finish().unwrap();
        for maker in makers {
            maker.join().unwrap();
        }
    }
}
