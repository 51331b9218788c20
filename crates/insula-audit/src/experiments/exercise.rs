//! The user's own workload, their tests for instance: in the first interpreter and in further ones, with an X-ray after
//! it, and each test over and over.
//!
//! A test that fails in a further interpreter only is held against the module unless it uses nothing of it, fails
//! without further interpreters the second time it runs, or fails in a further interpreter that has no such module.
//! Where a file of tests imports several modules, the first of these is what tells one's defects from the others'.

mod early;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use insula_xray::Hit;

use self::early::Culprit;
use self::told::{MAIN, Results, begun, beside, called, errors, keeping, leak, passes, results, told, user};
use super::pair::Pair;
use super::{Lab, Setup, deep_xray, judge};
use crate::observations::{Exercised, FailingTest, Gap, InUse, LeakingTest, Outcome, Trouble};
use crate::worker::protocol::{Asks, Ended, Gil, Scenario, ToldExercise, Workload};
use crate::worker::task::Task;
use crate::worker::{Run, WorkerError};

/// What runs, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// As for a shell.
    pub(crate) text: String,
    /// The folder it is run in.
    pub(crate) folder: PathBuf,
}

pub(super) fn run(
    lab: &Lab,
    setup: &Setup,
    command: &Command,
    legacy: &Outcome,
    own_gil: Option<&Outcome>,
) -> Result<Exercised, WorkerError> {
    let mut found = Exercised {
        in_use: InUse::nothing(&Gap::not_tried("the exercise was not run")),
        overwritten: Ok(Vec::new()),
        shared: Ok(Vec::new()),
        failing: Vec::new(),
        leaks: Vec::new(),
        notes: Vec::new(),
        unfit: None,
    };
    let mut trial = Trial { lab, setup, command, users: BTreeMap::new(), left_out: Vec::new() };
    if !trial.globals(&mut found)? {
        return Ok(found);
    }
    match (own_gil, legacy) {
        (Some(Outcome::Passed), _) => trial.interpreters(Gil::Own, &mut found)?,
        (_, Outcome::Passed) => trial.interpreters(Gil::Legacy, &mut found)?,
        (_, other) => {
            let why = other.obstacle().map(|gap| gap.why).unwrap_or_default();
            found.notes.push(format!("exercise: not run in further interpreters: {why}"));
        }
    }
    trial.leaks(&mut found)?;
    Ok(found)
}

struct Trial<'a> {
    lab: &'a Lab,
    setup: &'a Setup,
    command: &'a Command,
    /// What tests that use the module call of it; also files and classes that use it before their first test.
    users: BTreeMap<String, Vec<String>>,
    /// Tests that do not let a run come to its end.
    left_out: Vec<String>,
}

impl Trial<'_> {
    fn task(&self, asks: Asks, gil: Gil, without: bool) -> Task {
        let Command { text, folder } = self.command.clone();
        let exercise = Workload { command: text, folder, asks, gil, without, leave_out: self.left_out.clone() };
        self.setup.base.doing(Scenario::Exercise { exercise })
    }

    /// Leaves out the test in which a run in the first interpreter ended early, if there is one: whether to run the
    /// others again.
    fn leaves_out(&mut self, run: &Run, found: &mut Exercised) -> bool {
        let trouble = self.setup.trouble(run);
        let Some(culprit) = trouble.and_then(|trouble| Culprit::of(run, &trouble, &self.left_out)) else {
            return false;
        };
        found.notes.push(culprit.line());
        self.left_out.push(culprit.test);
        true
    }

    /// What it calls, and what globals hold after it; whether it can be run at all.
    fn globals(&mut self, found: &mut Exercised) -> Result<bool, WorkerError> {
        let (task, run, in_use) = loop {
            let task = self.task(Asks::Globals, Gil::Legacy, false);
            let (run, in_use) = deep_xray::after(self.lab, self.setup, &task, self.lab.limits)?;
            if !self.leaves_out(&run, found) {
                break (task, run, in_use);
            }
        };
        if let Some(why) = unusable(&run) {
            found.notes.push(format!("exercise: {why}"));
            found.unfit = errors(&run, MAIN).next();
            return Ok(false);
        }
        self.users = told(&run).filter_map(user).collect();
        let results = results(&run, MAIN);
        let note = summary(&results);
        found.notes.push(format!("exercise: {note}"));
        let failed = |(test, (ended, said)): (&String, &(Ended, String))| {
            (*ended == Ended::Failed).then(|| format!("exercise: {test} fails in the first interpreter: {said}"))
        };
        let failures: Vec<String> = results.iter().filter_map(failed).collect();
        found.notes.extend(some(failures));
        if run.left_behind > 0 {
            let (left, were) = (count(run.left_behind as usize, "process", "processes"), was(run.left_behind as usize));
            found.notes.push(format!("exercise: it left {left} behind, which {were} ended"));
        }
        if let Some((reached, missed)) = told(&run).find_map(called) {
            let total = reached.len() + missed.len();
            let all = count(total, "callable", "callables");
            found.notes.push(match missed.as_slice() {
                [] if total == 0 => "exercise: the module has no callables".to_owned(),
                [] => format!("exercise: called {} of {all}", reached.len()),
                _ => format!("exercise: called {} of {all}; not reached: {}", reached.len(), missed.join(", ")),
            });
        }
        found.in_use = in_use;
        // A word that nobody uses any more may point at an object by chance, on one run and not on the next.
        if found.in_use.hits.as_ref().is_ok_and(|hits| !hits.is_empty()) {
            let again = deep_xray::after(self.lab, self.setup, &task, self.lab.limits)?.1;
            if let (Ok(hits), Ok(later)) = (&mut found.in_use.hits, &again.hits) {
                hits.retain(|hit: &Hit| later.iter().any(|other| other.vaddr == hit.vaddr));
            }
        }
        Ok(true)
    }

    /// Which tests fail in further interpreters, and what those share with the first one.
    fn interpreters(&mut self, gil: Gil, found: &mut Exercised) -> Result<(), WorkerError> {
        let outside = self.left_out.clone();
        let (run, pair) = loop {
            let mut pair = Pair::default();
            let task = self.task(Asks::Interpreters, gil, false);
            let run = self.lab.work(&task, &mut |pid, checkpoint, earlier| {
                pair.look(self.lab, self.setup, pid, checkpoint, earlier);
            })?;
            let Some(trouble) = self.setup.trouble(&run) else { break (run, pair) };
            let Some(culprit) = Culprit::of(&run, &trouble, &self.left_out) else {
                found.notes.push(format!("exercise: in further interpreters: {}", trouble.line()));
                let culprit = Culprit::at_last(&run, &trouble, &self.command.text);
                if let Some(culprit) = culprit.filter(|one| one.counts() && self.ends_well_in_main(&run, &one.test)) {
                    self.ended(gil, &culprit, self.used_until(&run, &culprit), found)?;
                }
                break (run, pair);
            };
            found.notes.push(culprit.line());
            if culprit.counts() {
                self.ended(gil, &culprit, self.users.get(&culprit.test).cloned(), found)?;
            }
            self.left_out.push(culprit.test);
        };
        let first = results(&run, MAIN);
        let mut restricted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut failing: BTreeMap<String, FailingTest> = BTreeMap::new();
        // Why it cannot be run at all, and where that was said first.
        let mut broken: BTreeMap<String, &str> = BTreeMap::new();
        // What is called by tests that pass in further interpreters.
        let mut steady: Vec<String> = Vec::new();
        for place in ["second interpreter", "third interpreter"] {
            for (test, (ended, said)) in results(&run, place) {
                if ended == Ended::Restricted {
                    restricted.entry(said).or_default().insert(test);
                } else if ended == Ended::Failed && (test == self.command.text || passes(&run, &first, &test)) {
                    let own_gil = gil == Gil::Own;
                    let (place, suspects) = (place.to_owned(), self.users.get(&test).cloned().unwrap_or_default());
                    failing.entry(test.clone()).or_insert(FailingTest { test, place, said, own_gil, suspects });
                } else if ended == Ended::Passed {
                    steady.extend(self.users.get(&test).into_iter().flatten().cloned());
                }
            }
            for error in errors(&run, place) {
                broken.entry(error).or_insert(place);
            }
        }
        let broken =
            broken.into_iter().map(|(error, place)| format!("exercise: in the {place} it cannot be run: {error}"));
        found.notes.extend(broken);
        for (what, tests) in restricted {
            let tests = tests.into_iter().collect::<Vec<_>>();
            found.notes.push(format!("exercise: interpreters restrict {what}: {}", judge::list(&tests)));
        }
        let others: Vec<String> = failing.keys().filter(|test| !self.users.contains_key(*test)).cloned().collect();
        failing.retain(|test, _| self.users.contains_key(test));
        found.notes.extend(self.others("fail in further interpreters", &others));
        if !failing.is_empty() {
            self.take_away_what_controls_show(gil, &mut failing)?;
        }
        found.failing.extend(failing.into_values());
        found.failing.iter_mut().for_each(|one| narrow(&mut one.suspects, &steady));
        (found.overwritten, found.shared) = pair.results(&Outcome::Passed);
        // What they leave behind in the first interpreter can be told all the same.
        self.left_out = outside;
        Ok(())
    }

    /// A test in which a further interpreter did not come to its end, though the first one did.
    fn ended(
        &self,
        gil: Gil,
        culprit: &Culprit,
        uses: Option<Vec<String>>,
        found: &mut Exercised,
    ) -> Result<(), WorkerError> {
        let Culprit { test, place, trouble, .. } = culprit;
        let Some(suspects) = uses else {
            let what = format!("end in a further interpreter by {}", trouble.kind());
            found.notes.extend(self.others(&what, std::slice::from_ref(test)));
            return Ok(());
        };
        for (asks, without) in [(Asks::Interpreters, true), (Asks::Twice, false)] {
            let control = self.lab.work(&self.task(asks, gil, without), &mut |_, _, _| {})?;
            if judge::trouble(&control).is_some() {
                return Ok(());
            }
        }
        let (test, place, said, own_gil) = (test.clone(), place.clone(), trouble.line(), gil == Gil::Own);
        found.failing.push(FailingTest { test, place, said, own_gil, suspects });
        Ok(())
    }

    /// Whether the first interpreter came through what another one ends in.
    fn ends_well_in_main(&self, run: &Run, test: &str) -> bool {
        results(run, MAIN).get(test).is_none_or(|(ended, _)| *ended != Ended::Failed)
    }

    /// What was called of the module until a further interpreter ended, by the culprit, or by the tests that are the
    /// workload; nothing if none of them uses it.
    fn used_until(&self, run: &Run, culprit: &Culprit) -> Option<Vec<String>> {
        if let Some(calls) = self.users.get(&culprit.test) {
            return Some(calls.clone());
        }
        let tests: BTreeSet<&String> = begun(run, &culprit.place).collect();
        let itself = culprit.test == self.command.text;
        let users = tests.into_iter().filter(|_| itself).filter_map(|test| self.users.get(test));
        let calls: Vec<&Vec<String>> = users.collect();
        let all: BTreeSet<&String> = calls.iter().copied().flatten().collect();
        (!calls.is_empty()).then(|| all.into_iter().cloned().collect())
    }

    fn take_away_what_controls_show(
        &self,
        gil: Gil,
        failing: &mut BTreeMap<String, FailingTest>,
    ) -> Result<(), WorkerError> {
        let twice = self.lab.work(&self.task(Asks::Twice, gil, false), &mut |_, _, _| {})?;
        let second = results(&twice, MAIN);
        let without = self.lab.work(&self.task(Asks::Interpreters, gil, true), &mut |_, _, _| {})?;
        let missing = format!("No module named '{}'", self.setup.subject.name);
        let other = results(&without, "second interpreter");
        failing.retain(|test, _| {
            let again = second.get(test).is_some_and(|(ended, _)| *ended == Ended::Failed);
            // Where there is nothing in the module's place, the control fails for that, and says nothing.
            let also = other.get(test).is_some_and(|(ended, said)| {
                *ended == Ended::Failed && !said.contains(&missing) && !said.contains("None in sys.modules")
            });
            !again && !also
        });
        Ok(())
    }

    /// What is said of tests that something happens to and that do not use the module.
    fn others(&self, what: &str, tests: &[String]) -> Option<String> {
        let name = &self.setup.subject.name;
        (!tests.is_empty()).then(|| {
            let tests = judge::list(tests);
            format!("exercise: not held against {name}, of which they use nothing: tests that {what}: {tests}")
        })
    }

    /// What tests leave behind, unless they do so without the module, too.
    fn leaks(&mut self, found: &mut Exercised) -> Result<(), WorkerError> {
        let run = loop {
            let run = self.lab.work(&self.task(Asks::Leaks, Gil::Legacy, false), &mut |_, _, _| {})?;
            if !self.leaves_out(&run, found) {
                break run;
            }
        };
        let (mut leaks, mut others) = (Vec::new(), Vec::new());
        for (leak, uses, calls) in told(&run).filter_map(leak) {
            if uses {
                leaks.push(LeakingTest { leak, suspects: calls.clone() });
            } else {
                others.push(leak.callable);
            }
        }
        found.notes.extend(self.others("leave memory behind each time", &others));
        if !leaks.is_empty() {
            let control = self.lab.work(&self.task(Asks::Leaks, Gil::Legacy, true), &mut |_, _, _| {})?;
            let known: BTreeSet<String> = told(&control).filter_map(leak).map(|(leak, ..)| leak.callable).collect();
            leaks.retain(|one| !known.contains(&one.leak.callable));
        }
        found.leaks = leaks;
        let beside: Vec<String> = told(&run).filter_map(beside).collect();
        if !beside.is_empty() {
            found.notes.push(format!(
                "exercise: not held against {}, without whose functions it is the same: tests that leave memory behind \
                 each time: {}",
                self.setup.subject.name,
                judge::list(&beside)
            ));
        }
        let keeping: Vec<String> = told(&run).filter_map(keeping).collect();
        if !keeping.is_empty() {
            found.notes.push(format!(
                "exercise: not clear whether these tests leak, as they add to what is there already each time: {}",
                judge::list(&keeping)
            ));
        }
        match told(&run).find_map(|told| match told {
            ToldExercise::Repeated { count, of, steady } => Some((*count, *of, steady)),
            _ => None,
        }) {
            Some((repeated, of, steady)) => {
                found.leaks.iter_mut().for_each(|one| narrow(&mut one.suspects, steady));
                let (of, were) = (count(of, "test", "tests"), was(repeated));
                found.notes.push(format!("exercise: {repeated} of {of} {were} run over and over"));
            }
            None => {
                let trouble = self.setup.trouble(&run).map_or("it did not end".to_owned(), |trouble| trouble.line());
                found.notes.push(format!("exercise: each test over and over: {trouble}"));
            }
        }
        Ok(())
    }
}

/// Why the first interpreter could not run it to its end.
fn unusable(run: &Run) -> Option<String> {
    if let Some(error) = errors(run, MAIN).next() {
        return Some(format!("it cannot be run: {error}"));
    }
    let ended = told(run).any(|told| matches!(told, ToldExercise::Exercised { .. }));
    let trouble = judge::trouble(run).filter(|_| !ended)?;
    let place = begun(run, MAIN).next_back().map(|test| format!(", in {test}")).unwrap_or_default();
    Some(match trouble {
        Trouble::Slow { limit, .. } => format!("it did not end within {limit} s (see --timeout){place}"),
        Trouble::Stuck { .. } => format!("it hangs{place}, and was ended after {} s", run.limit.as_secs()),
        other => format!("{}{place}", other.line()),
    })
}

fn summary(results: &Results) -> String {
    let of = |wanted: Ended| results.values().filter(|(ended, _)| *ended == wanted).count();
    let (failed, skipped) = (of(Ended::Failed), of(Ended::Skipped));
    let passed = count(of(Ended::Passed), "test", "tests");
    format!("in the first interpreter {passed} passed, {failed} failed, {skipped} {} skipped", was(skipped))
}

/// The first few failures, and how many there are beside.
fn some(mut lines: Vec<String>) -> Vec<String> {
    const SHOWN: usize = 5;
    if lines.len() > SHOWN {
        let (rest, fail) = match lines.len() - SHOWN {
            1 => ("1 more test".to_owned(), "fails"),
            rest => (format!("{rest} more tests"), "fail"),
        };
        lines.truncate(SHOWN);
        lines.push(format!("exercise: {rest} {fail} in the first interpreter"));
    }
    lines
}

/// How many there are of something.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn was(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

/// Leaves out what is called by tests to which nothing happens, unless that is all.
fn narrow(suspects: &mut Vec<String>, steady: &[String]) {
    if suspects.iter().any(|name| !steady.contains(name)) {
        suspects.retain(|name| !steady.contains(name));
    }
}
