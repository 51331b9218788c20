//! Both sides of the protocol against each other, and workers that misbehave, in real interpreters.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::compiled::Compiled;
use super::protocol::{
    Asks, At, BlindCalls, Channel, Checkpoint, Copies, Event, Exercise, Gil, Orders, Scenario, Step, Told,
    ToldExercise, Workload,
};
use super::task::Task;
use super::{End, Inherits, Launch, Limits, Run, run};
use crate::host::Host;

/// Runs a script in the newest interpreter that is found.
fn work(limit: u64, script: &super::Script<'_>, look: &mut super::Look<'_>) -> Run {
    let host = Host::choose(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch {
        program: &host.interpreter.executable,
        arguments: vec!["-s".into(), "-B".into()],
        environment: Vec::new(),
        limits: Limits { time: Duration::from_secs(limit), ..Limits::default() },
        scratch: folder.path(),
        script: Some(script),
        inherits: Inherits::Nothing,
    };
    run(launch, look).unwrap()
}

/// Runs Python code that has the probe's core at hand.
fn python(limit: u64, code: &str) -> Run {
    let task = Task { scenario: Scenario::EveryEvent, ..Task::default() };
    let script = |channel: &Channel| task.script(channel, None).replace("\nmain()\n", &format!("\n{code}\n"));
    work(limit, &script, &mut |_, _, _| {})
}

/// The names that serde expects of an enum, by what it says to a wrong one.
fn variants<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let error = serde_json::from_str::<T>("{\"no such kind\": {}}").err().unwrap().to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn name<T: std::fmt::Debug>(value: &T) -> String {
    let text = format!("{value:?}");
    let mut name = String::new();
    for c in text.chars().take_while(|c| c.is_alphanumeric()) {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

#[test]
fn what_was_compiled_before_runs_as_what_is_compiled_now() {
    let task = Task { scenario: Scenario::EveryEvent, ..Task::default() };
    let folder = tempfile::tempdir().unwrap();
    let host = Host::choose(None).unwrap();
    let compiled = Compiled::kept_in(&folder.path().join("kept"), &host.interpreter, folder.path());
    let said = |compiled: Option<&Compiled>| {
        let script = |channel: &Channel| {
            let text = task.script(channel, compiled);
            assert_eq!(text.contains("\nexec(compile("), compiled.is_none());
            text
        };
        let run = work(60, &script, &mut |_, _, _| {});
        assert_eq!((&run.unreadable, &run.end), (&None, &End::Exit(0)), "{}", run.stderr);
        run.messages.iter().map(|message| name(&message.event)).collect::<Vec<_>>()
    };
    assert_eq!(said(Some(&compiled)), said(None));
}

#[test]
fn every_kind_of_event_goes_through_both_sides() {
    let task = Task { scenario: Scenario::EveryEvent, ..Task::default() };
    let mut waited = BTreeSet::new();
    let run = work(60, &|channel| task.script(channel, None), &mut |_, checkpoint, _| {
        assert!(checkpoint.type_address > 0);
        waited.insert(name(&checkpoint.at));
    });
    assert_eq!((&run.unreadable, &run.end), (&None, &End::Exit(0)), "{}", run.stderr);
    let seen: BTreeSet<String> = run.messages.iter().map(|message| name(&message.event)).collect();
    assert_eq!(seen, variants::<Event>());
    assert_eq!(waited, variants::<At>());
    let said = include_str!("probe/events.py").lines().filter_map(|line| line.strip_prefix("def say_"));
    let said = said.map(|line| line.split('(').next().unwrap().to_owned());
    assert_eq!(said.chain(["checkpoint", "copies", "exercise"].map(str::to_owned)).collect::<BTreeSet<_>>(), seen);
    let told: BTreeSet<String> = run.all::<Copies>().map(|copies| name(&copies.told)).collect();
    assert_eq!(told, variants::<Told>());
    let functions = include_str!("../isolate/tell.py").lines().filter_map(|line| line.strip_prefix("def tell_"));
    assert_eq!(functions.map(|line| line.split('(').next().unwrap().to_owned()).collect::<BTreeSet<_>>(), told);
    let told: BTreeSet<String> = run.all::<Exercise>().map(|one| name(&one.told)).collect();
    assert_eq!(told, variants::<ToldExercise>());
    let functions = include_str!("probe/exercise.py").lines().filter_map(|line| line.strip_prefix("def exercise_"));
    assert_eq!(functions.map(|line| line.split('(').next().unwrap().to_owned()).collect::<BTreeSet<_>>(), told);
    let step: &Step = run.first().unwrap();
    assert_eq!(step.name, "a step \" \\ \n \u{fffd} é \u{1f40d}");
}

#[test]
fn every_scenario_has_a_function_that_its_configuration_names() {
    let calls = || BlindCalls { functions: true, avoid: vec!["m.f(\"'\\n\")".to_owned()] };
    let all = [
        Scenario::Locate,
        Scenario::InitFunction { symbols: vec!["PyInit_m".to_owned()] },
        Scenario::Import,
        Scenario::Exit,
        Scenario::Again,
        Scenario::MainFirst { gil: Gil::Legacy },
        Scenario::SubFirst { gil: Gil::Own },
        Scenario::Parallel { gil: Gil::Own, width: 8, rounds: 3 },
        Scenario::Restart { search: vec!["/lib".to_owned()], environment: None },
        Scenario::Effects,
        Scenario::Identity { calls: calls(), gil: Gil::Own },
        Scenario::Replay { calls: calls(), absent: true },
        Scenario::DeepXray { calls: calls() },
        Scenario::GcContract { calls: calls(), copies: true, start: 1 },
        Scenario::Repetition { calls: calls(), seconds: 1, start: 1, only: true, once: true },
        Scenario::HostileCalls { calls: calls(), seconds: 1, start: 1, skip: vec![], only: vec![] },
        Scenario::LeakPerImport { cycles: 1, enough: (0, 0) },
        Scenario::LeakPerInterpreter { gil: Gil::Legacy, cycles: 1, enough: (0, 0) },
        Scenario::Describe,
        Scenario::Exercise {
            exercise: Workload {
                command: "pytest".to_owned(),
                folder: "/".into(),
                asks: Asks::Globals,
                gil: Gil::Own,
                without: false,
                leave_out: vec!["t".to_owned()],
            },
        },
        Scenario::IsolatePresent(Orders::nothing(Gil::Own)),
        Scenario::IsolateCalls(Orders::nothing(Gil::Own)),
        Scenario::IsolateProof(Orders::nothing(Gil::Own)),
        Scenario::IsolateRace(Orders::nothing(Gil::Own)),
        Scenario::IsolateLeaks(Orders::nothing(Gil::Legacy)),
        Scenario::EveryEvent,
    ];
    for scenario in all {
        let task = Task { name: "m".to_owned(), roots: vec!["/a \"b\"".into()], scenario, ..Task::default() };
        let check = "say_step(name=CONFIG['scenario'])\nassert callable(globals()['scenario_' + CONFIG['scenario']])\n\
                     assert CONFIG['roots'] == ['/a \"b\"'] and CONFIG['light_use'] is False\nsay_done()\n";
        let script = |channel: &Channel| task.script(channel, None).replace("\nmain()\n", &format!("\n{check}\n"));
        let run = work(60, &script, &mut |_, _, _| {});
        assert!(run.done() && run.end == End::Exit(0), "{:?}: {}", task.scenario, run.stderr);
        let told: Value = serde_json::to_value(&task).unwrap();
        assert_eq!(run.last_step(), told["scenario"], "{told}");
        assert_eq!(run.last_step(), name(&task.scenario));
    }
}

#[test]
fn what_the_probe_did_not_write_is_not_believed() {
    for (code, said) in [
        ("posix.write(CONFIG['events'], b'{\"place\":\"\",\"event\":{\"done\":{}}}\\n')", "something else"),
        ("posix.write(CONFIG['events'], b'x' * 9000000)", "something else"),
        ("emit('no_such_event', {})", "cannot be read"),
        ("emit('done', {'more': 1})", "cannot be read"),
        ("emit('recorded', {})", "cannot be read"),
        ("emit('recorded', {'count': -1})", "cannot be read"),
        ("emit('recorded', {'count': 2 ** 70})", "cannot be read"),
        (
            "frame = (CONFIG['token'] + ' a.1 + ' + 'x' * CHUNK + '\\n').encode()\n\
             for _ in range(80000): posix.write(CONFIG['events'], frame)",
            "more than 256 MB",
        ),
    ] {
        let run = python(60, &format!("{code}\nsay_done()"));
        let why = run.unreadable.as_deref().unwrap_or_else(|| panic!("{code} was believed"));
        assert!(why.contains(said), "{code}: {why}");
        assert_eq!(run.end, End::Exit(0), "{code}: {}", run.stderr);
        assert!(run.messages.iter().map(|one| format!("{one:?}").len()).sum::<usize>() < 400 << 20);
    }
}

#[test]
fn events_of_threads_and_interpreters_do_not_mix() {
    let code = "
import _thread
ends = []
def body(number, end):
    for _ in range(200): say_step(name=chr(65 + number) * 20000)
    end.release()
for number in range(6):
    end = _thread.allocate_lock(); end.acquire(); ends.append(end)
    _thread.start_new_thread(body, (number, end))
for end in ends: end.acquire()
say_done()";
    let run = python(60, code);
    assert_eq!(run.unreadable, None);
    let steps: Vec<&Step> = run.all().collect();
    assert_eq!(steps.len(), 1200);
    assert!(
        steps.iter().all(|step| step.name.len() == 20000 && step.name.bytes().all(|b| b == step.name.as_bytes()[0]))
    );
}

#[test]
fn a_time_limit_holds_while_the_worker_talks_and_leaves_out_what_the_auditor_takes() {
    let begun = Instant::now();
    let run = python(2, "while True: say_step(name='chatter')");
    assert_eq!(run.end, End::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(run.idle < Duration::from_secs(1), "{:?}", run.idle);

    let task = Task { scenario: Scenario::EveryEvent, ..Task::default() };
    let mut looked = 0;
    let run = work(3, &|channel| task.script(channel, None), &mut |_, _: &Checkpoint, _| {
        looked += 1;
        std::thread::sleep(Duration::from_millis(500));
    });
    assert!(looked > 8 && run.done() && run.end == End::Exit(0), "{looked}, {:?}", run.end);
}

#[test]
fn who_waits_for_ever_is_told_from_who_computes() {
    let run = python(4, "import _thread; lock = _thread.allocate_lock(); lock.acquire(); lock.acquire()");
    assert_eq!(run.end, End::TimedOut);
    assert!(run.idle > Duration::from_secs(2), "{:?}", run.idle);
    let run = python(4, "while True: pass");
    assert_eq!(run.end, End::TimedOut);
    assert!(run.idle < Duration::from_secs(1), "{:?}", run.idle);
}

/// Whether a process is still there.
fn lives(pid: &str) -> bool {
    let state = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    state.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

#[test]
fn no_descendant_outlives_its_worker() {
    let daemon = "
def daemon(depth):
    if posix.fork() == 0:
        posix.setsid()
        if posix.fork() == 0:
            if depth == 2:
                for fd in (0, 1, 2): posix.close(fd)
            say_step(name=str(posix.getpid()))
            if depth: daemon(depth - 1)
            import time
            while True: time.sleep(1)
        posix._exit(0)
for _ in range(3): daemon(2)
import time
time.sleep(0.5)
";
    for end in ["say_done()", "posix.abort()", "while True: time.sleep(1)", "posix.kill(0, 9)"] {
        let run = python(3, &format!("{daemon}{end}"));
        let pids: Vec<&str> = run.all::<Step>().map(|step| step.name.as_str()).collect();
        assert_eq!(pids.len(), 9, "{end}: {:?} {}", run.end, run.stderr);
        assert!(pids.iter().all(|pid| !lives(pid)), "{end}: some of {pids:?} live");
        assert!(run.left_behind >= 9 || run.end == End::TimedOut, "{end}: {}", run.left_behind);
    }
    assert_eq!(python(20, "say_done()").left_behind, 0);
}

#[test]
fn a_worker_has_no_terminal_and_keeps_its_own_descriptors_only() {
    let code = "
try: posix.open('/dev/tty', posix.O_RDWR)
except OSError as error: say_step(name=str(error.errno))
say_step(name=' '.join(sorted(posix.listdir('/proc/self/fd'), key=int)))
say_step(name=' '.join(str(CONFIG[one]) for one in ('events', 'commands', 'faults')))
say_done()";
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..30).map(|_| scope.spawn(|| python(60, code))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for run in runs {
        assert_eq!((&run.unreadable, &run.end), (&None, &End::Exit(0)), "{}", run.stderr);
        let said: Vec<&str> = run.all::<Step>().map(|step| step.name.as_str()).collect();
        assert_eq!(said[0], libc::ENXIO.to_string());
        let open: BTreeSet<&str> = said[1].split(' ').collect();
        let own: BTreeSet<&str> = ["0", "1", "2"].into_iter().chain(said[2].split(' ')).collect();
        assert!(own.is_subset(&open) && open.len() <= own.len() + 2, "{open:?} {own:?}");
    }
}

#[test]
fn a_program_that_does_not_exist_is_an_error_and_no_zombie_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let launch = Launch {
        program: Path::new("/nowhere/python"),
        arguments: Vec::new(),
        environment: Vec::new(),
        limits: Limits::default(),
        scratch: folder.path(),
        script: None,
        inherits: Inherits::Nothing,
    };
    let error = run(launch, &mut |_, _, _| {}).unwrap_err().to_string();
    assert!(error.starts_with("cannot start /nowhere/python"), "{error}");
}
