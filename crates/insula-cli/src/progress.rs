//! What is going on, for a person who waits: on a terminal only.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use insula_audit::Progress;
use insula_audit::formats::plain;

/// The display; invisible in a pipe.
pub(crate) struct Display {
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is being done to each module.
    running: BTreeMap<String, String>,
    /// How many results were known already.
    cached: usize,
}

impl Display {
    pub(crate) fn new(quiet: bool) -> Self {
        let visible = std::io::stderr().is_terminal() && !quiet;
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if visible {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, state: Mutex::default() }
    }

    pub(crate) fn tell(&self, event: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Progress::Resolving(target) => {
                self.bar.set_message(format!("finding {}", plain(&target)));
                return;
            }
            Progress::Modules(count) => {
                self.bar.set_length(count as u64);
                // The template is a constant; were it wrong, the default style would do.
                if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed} {wide_msg}") {
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
    }
}
