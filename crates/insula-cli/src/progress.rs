//! What is going on, for a person who waits: on a terminal only.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use insula_audit::Progress;

/// The display; invisible in a pipe.
pub(crate) struct Display {
    bar: ProgressBar,
    running: Mutex<BTreeMap<String, String>>,
}

impl Display {
    pub(crate) fn new(quiet: bool) -> Self {
        let visible = std::io::stderr().is_terminal() && !quiet;
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if visible {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, running: Mutex::new(BTreeMap::new()) }
    }

    pub(crate) fn tell(&self, event: Progress) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Progress::Resolving(target) => {
                self.bar.set_message(format!("finding {target}"));
                return;
            }
            Progress::Modules(count) => {
                self.bar.set_length(count as u64);
                // The template is a constant; were it wrong, the default style would do.
                if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}") {
                    self.bar.set_style(style);
                }
            }
            Progress::Doing(module, what) => {
                running.insert(module, what);
            }
            Progress::Finished(module) => {
                running.remove(&module);
                self.bar.inc(1);
            }
        }
        let message: Vec<String> = running.iter().map(|(module, what)| format!("{module}: {what}")).collect();
        self.bar.set_message(message.join("   "));
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
