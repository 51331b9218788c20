//! Pools of interpreters.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insula::embed::{Error, InterpreterConfig, Value, eval, exec};

use crate::Scenario;
use crate::errors::raised;
use crate::support::{has_own_gil, most_isolated, start};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("a_pool_of_four_runs_a_thousand_jobs", thousand),
    ("a_job_that_raises_or_panics_is_an_error", failures),
    ("dropping_a_pool_discards_what_waits", dropped),
    ("finishing_the_runtime_closes_its_pools", closed),
    ("a_pool_is_used_from_inside_an_interpreter", inside),
    ("a_pool_that_cannot_be_made_is_an_error", refused),
];

fn thousand() {
    let mut runtime = start();
    let pool = runtime.pool(4, &most_isolated()).unwrap();
    assert_eq!(pool.len(), 4);
    let jobs: Vec<_> = (0..1000i64)
        .map(|n| {
            pool.run(move |py| {
                exec(py, "import archipelago\nhere = id(archipelago)")?;
                let here = eval(py, "here")?.extract::<i64>()?;
                let visits = eval(py, "archipelago.visit()")?.extract::<i64>()?;
                Ok((n * eval(py, "sum(range(100))")?.extract::<i64>()?, here, visits))
            })
        })
        .collect();
    let mut seen = Vec::new();
    for (n, job) in (0..).zip(jobs) {
        let (product, here, visits) = job.wait().unwrap();
        assert_eq!(product, n * 4950);
        seen.push((here, visits));
    }
    let modules: HashSet<i64> = seen.iter().map(|(here, _)| *here).collect();
    assert!((1..=4).contains(&modules.len()), "{} module objects", modules.len());
    // Every module object counted its own visits: each number once.
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 1000);
    pool.finish().unwrap();
    runtime.finish().unwrap();
}

fn failures() {
    let mut runtime = start();
    let pool = runtime.pool(2, &most_isolated()).unwrap();
    for _ in 0..20 {
        let raises = pool.exec("raise ValueError('no')");
        let panics = pool.run::<(), _>(|_| panic!("a panic in a job"));
        let misses = pool.call("builtins", "no_such_function", vec![]);
        let pickled = pool.call_pickled("builtins", "list", vec![]);
        let exception = raised(raises.wait());
        assert!(exception.traceback().contains("File \"<embedded>\", line 1") && exception.message() == "no");
        assert_eq!(panics.wait(), Err(Error::Panicked("a panic in a job".to_owned())));
        assert_eq!(raised(misses.wait()).type_name(), "AttributeError");
        assert_eq!(pool.call("builtins", "len", vec![pickled.wait().unwrap().into()]).wait(), Ok(Value::Int(0)));
    }
    pool.finish().unwrap();
    runtime.finish().unwrap();
}

fn dropped() {
    let mut runtime = start();
    let begun = Arc::new(AtomicUsize::new(0));
    let pool = runtime.pool(1, &most_isolated()).unwrap();
    let jobs: Vec<_> = (0..50)
        .map(|_| {
            let begun = Arc::clone(&begun);
            pool.run(move |py| {
                begun.fetch_add(1, Ordering::SeqCst);
                py.detach((), |()| std::thread::sleep(Duration::from_millis(20)));
                Ok(())
            })
        })
        .collect();
    while begun.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(pool);
    let done = begun.load(Ordering::SeqCst);
    assert!(done < 50);
    let results: Vec<_> = jobs.into_iter().map(insula::embed::Job::wait).collect();
    assert_eq!(results.iter().filter(|result| **result == Ok(())).count(), done);
    assert_eq!(results.iter().filter(|result| **result == Err(Error::Closed)).count(), 50 - done);
    // Finishing a pool runs them all.
    let pool = runtime.pool(3, &most_isolated()).unwrap();
    let jobs: Vec<_> = (0..50).map(|_| pool.exec("x = 1")).collect();
    pool.finish().unwrap();
    assert!(jobs.into_iter().all(|job| job.try_wait().is_ok_and(|result| result == Ok(()))));
    // Several at once, dropped in another order than made.
    let pools: Vec<_> = (0..3).map(|_| runtime.pool(2, &most_isolated()).unwrap()).collect();
    for pool in pools {
        drop(pool);
    }
    runtime.finish().unwrap();
}

fn closed() {
    for _ in 0..5 {
        let mut runtime = start();
        let pool = runtime.pool(3, &most_isolated()).unwrap();
        let jobs: Vec<_> = (0..20).map(|_| pool.exec("sum(range(10000))")).collect();
        runtime.finish().unwrap();
        for job in jobs {
            let result = job.wait();
            assert!(matches!(result, Ok(()) | Err(Error::Closed)), "{result:?}");
        }
        assert_eq!(pool.exec("1").wait(), Err(Error::Closed));
        assert_eq!(pool.finish(), Ok(()));
    }
}

fn inside() {
    let mut runtime = start();
    let handle = runtime.handle();
    // The main interpreter's GIL, which making the workers takes, is this thread's at the beginning.
    let main = runtime.main();
    let through = main.clone();
    let sum = main.run(move |_| {
        let work = || {
            let pool = handle.pool(2, &most_isolated())?;
            let jobs: Vec<_> = (0..10i64)
                .map(|n| {
                    let main = through.clone();
                    // A job that enters the interpreter from which somebody waits for it.
                    pool.run(move |_| Ok(main.call("builtins", "abs", vec![Value::from(-n)])))
                })
                .collect();
            let mut sum = 0;
            for job in jobs {
                sum += i64::try_from(job.wait()??).expect("a number");
            }
            drop(pool);
            Ok::<_, Error>(sum)
        };
        Ok(work())
    });
    assert_eq!(sum, Ok(Ok(45)));
    // A job that owns the last handle of its own pool.
    let pool = Arc::new(runtime.pool(2, &most_isolated()).unwrap());
    let own = Arc::clone(&pool);
    let job = pool.run(move |py| {
        py.detach_owned(move || {
            while Arc::strong_count(&own) > 1 {
                std::thread::yield_now();
            }
            drop(own);
        });
        Ok(())
    });
    drop(pool);
    assert_eq!(job.wait(), Ok(()));
    runtime.finish().unwrap();
}

fn refused() {
    let mut runtime = start();
    let config = InterpreterConfig::own_gil().use_main_obmalloc(true);
    let error = runtime.pool(2, &config).err();
    assert!(matches!(error, Some(Error::Contradiction(_) | Error::Unsupported(_))), "{error:?}");
    if !has_own_gil() {
        assert!(matches!(runtime.pool(2, &InterpreterConfig::own_gil()).err(), Some(Error::Unsupported(_))));
    }
    let empty = runtime.pool(0, &most_isolated()).unwrap();
    assert!(empty.is_empty());
    let job = empty.exec("1");
    drop(empty);
    assert_eq!(job.wait(), Err(Error::Closed));
    runtime.finish().unwrap();
}
