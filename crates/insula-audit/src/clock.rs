//! The day, and where the time of one module's audit goes.

use std::time::Instant;

use crate::report::Spent;
use crate::worker::cost::{self, Cost};

/// The day, in UTC.
pub(crate) fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}

/// Notes what each part of an audit takes, on the thread that does it.
pub(crate) struct Clock {
    parts: Vec<Spent>,
    current: Option<(String, Instant, Cost)>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { parts: Vec::new(), current: None }
    }

    /// The next part begins, which ends the one before.
    pub(crate) fn begin(&mut self, what: &str) {
        self.end();
        self.current = Some((what.to_owned(), Instant::now(), cost::so_far()));
    }

    /// All parts.
    pub(crate) fn finish(mut self) -> Vec<Spent> {
        self.end();
        self.parts
    }

    fn end(&mut self) {
        let Some((on, started, before)) = self.current.take() else { return };
        let now = cost::so_far();
        let rounded = |seconds: f64| (seconds * 100.0).round() / 100.0;
        self.parts.push(Spent {
            on,
            seconds: rounded(started.elapsed().as_secs_f64()),
            processor: rounded(now.processor.saturating_sub(before.processor).as_secs_f64()),
            workers: now.workers - before.workers,
        });
    }
}
