//! What is going on, for a person who waits: on a terminal a line that moves, elsewhere a line now and then.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
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
    state: Mutex<State>,
    /// Whether lines are written: not on a terminal, nor if nobody wants to know.
    lines: bool,
    begun: Instant,
}

#[derive(Default)]
struct State {
    /// What is being done to each module.
    running: BTreeMap<String, String>,
    /// How many results were known already.
    cached: usize,
    /// How many modules there are, and how many of them are finished.
    modules: usize,
    finished: usize,
    /// When the last line was written.
    said: Option<Instant>,
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
        let lines = !visible && !quiet;
        Self { bar, state: Mutex::default(), lines, begun: Instant::now() }
    }

    pub(crate) fn tell(&self, event: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Progress::Resolving(target) => {
                let message = format!("finding {}", plain(&target));
                self.line(&mut state, || message.clone());
                self.bar.set_message(message);
                return;
            }
            Progress::Modules(count) => {
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
        let (finished, modules) = (state.finished, state.modules);
        let left = self.left(&state);
        self.line(&mut state, || format!("{finished} of {modules} modules{left}; {}", message.join(", ")));
        if state.cached > 0 {
            message.insert(0, format!("({} known)", state.cached));
        }
        self.bar.set_message(message.join("   "));
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

    /// Writes a line, if it is time for one.
    fn line(&self, state: &mut State, text: impl FnOnce() -> String) {
        let since = state.said.unwrap_or(self.begun);
        if self.lines && since.elapsed() >= EVERY {
            state.said = Some(Instant::now());
            anstream::eprintln!("insula: {}", text());
        }
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
