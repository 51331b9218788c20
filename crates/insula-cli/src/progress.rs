//! What is going on, for a person who waits: on a terminal a line that moves, elsewhere a line now and then.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use insula_audit::Progress;
use insula_audit::formats::plain;

/// A variable of the environment that keeps all of it away, as other tools have one.
const SILENT: &str = "INSULA_NO_PROGRESS";

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// The display.
pub(crate) struct Display {
    bar: ProgressBar,
    shown: Arc<Shown>,
    /// Who writes lines: none on a terminal, or if nobody wants to know.
    writer: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

/// What there is to show, and since when.
struct Shown {
    state: Mutex<State>,
    begun: Instant,
}

#[derive(Default)]
struct State {
    /// What is looked for before there are modules.
    finding: Option<String>,
    /// What is being done to each module.
    running: BTreeMap<String, String>,
    /// How many results were known already.
    cached: usize,
    /// How many modules there are, and how many of them are finished.
    modules: usize,
    finished: usize,
}

impl Display {
    pub(crate) fn new(quiet: bool) -> Self {
        let quiet = quiet || std::env::var_os(SILENT).is_some_and(|value| !value.is_empty());
        let visible = std::io::stderr().is_terminal() && !quiet;
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if visible {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        let shown = Arc::new(Shown { state: Mutex::default(), begun: Instant::now() });
        let write = |line: String| anstream::eprintln!("insula: {line}");
        let writer = (!visible && !quiet).then(|| Shown::write(&shown, EVERY, write));
        Self { bar, shown, writer: Mutex::new(writer) }
    }

    pub(crate) fn tell(&self, event: Progress) {
        let mut state = self.shown.state();
        match event {
            Progress::Resolving(target) => {
                let message = format!("finding {}", plain(&target));
                state.finding = Some(message.clone());
                self.bar.set_message(message);
                return;
            }
            Progress::Modules(count) => {
                state.finding = None;
                state.modules = count;
                self.bar.set_length(count as u64);
                // The template is a constant; were it wrong, the default style would do.
                if let Ok(style) =
                    ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed}, about {eta} left  {wide_msg}")
                {
                    self.bar.set_style(style);
                }
            }
            Progress::Doing(module, what) => {
                // Names come from wheels and files: they may hold anything.
                state.running.insert(plain(&module), plain(&what));
            }
            Progress::Finished(module, cached) => {
                state.running.remove(&plain(&module));
                state.cached += usize::from(cached);
                state.finished += 1;
                self.bar.inc(1);
            }
            // Said even where there is no display.
            Progress::Warning(text) => self.bar.suspend(|| anstream::eprintln!("insula: {}", plain(&text))),
        }
        let mut message: Vec<String> = state.running.iter().map(|(module, what)| format!("{module}: {what}")).collect();
        if state.cached > 0 {
            message.insert(0, format!("({} known)", state.cached));
        }
        self.bar.set_message(message.join("   "));
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((end, thread)) = writer {
            drop(end);
            // It has written what it could.
            let _ = thread.join();
        }
    }
}

impl Shown {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line now and then, whether or not anything new happens, until the sender is dropped.
    fn write(
        shown: &Arc<Self>,
        every: Duration,
        write: impl Fn(String) + Send + 'static,
    ) -> (Sender<()>, JoinHandle<()>) {
        let (end, ended) = mpsc::channel();
        let shown = Arc::clone(shown);
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                write(shown.line());
            }
        });
        (end, thread)
    }

    fn line(&self) -> String {
        let state = self.state();
        if let Some(finding) = &state.finding {
            return finding.clone();
        }
        let (finished, modules) = (state.finished, state.modules);
        let running: Vec<String> = state.running.iter().map(|(module, what)| format!("{module}: {what}")).collect();
        format!("{finished} of {modules} modules{}; {}", self.left(&state), running.join(", "))
    }

    /// How long the rest may take, by what was done so far.
    fn left(&self, state: &State) -> String {
        let fresh = state.finished - state.cached;
        if fresh == 0 {
            return String::new();
        }
        let each = self.begun.elapsed().as_secs_f64() / fresh as f64;
        let seconds = each * state.modules.saturating_sub(state.finished) as f64;
        if seconds < 90.0 {
            format!(", about {seconds:.0} s left")
        } else {
            format!(", about {:.0} min left", seconds / 60.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use super::{Shown, State};

    #[test]
    fn lines_come_while_nothing_new_happens() {
        let running = [("shop".to_owned(), "garbage collection".to_owned())].into();
        let state = Mutex::new(State { running, modules: 2, finished: 1, cached: 1, ..State::default() });
        let shown = Arc::new(Shown { state, begun: Instant::now() });
        let (sender, lines) = mpsc::channel();
        let (end, thread) = Shown::write(&shown, Duration::from_millis(10), move |line| sender.send(line).unwrap());
        for _ in 0..3 {
            assert_eq!(lines.recv().unwrap(), "1 of 2 modules; shop: garbage collection");
        }
        drop(end);
        thread.join().unwrap();
    }
}
