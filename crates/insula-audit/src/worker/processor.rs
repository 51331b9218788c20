//! Whether a worker computes: what tells one that is slow from one that is stuck.

use std::path::Path;
use std::time::{Duration, Instant};

/// How long no thread may have used the processor for a worker to be called stuck.
pub(crate) const STUCK: Duration = Duration::from_secs(2);

/// How often the kernel is asked.
const EVERY: Duration = Duration::from_millis(200);

/// Watches one process, with all its threads.
pub(super) struct Processor {
    pid: u32,
    used: u64,
    asked: Instant,
    active: Instant,
}

impl Processor {
    pub(super) fn of(pid: u32) -> Self {
        Self { pid, used: 0, asked: Instant::now(), active: Instant::now() }
    }

    /// Looks, if it is time to.
    pub(super) fn watch(&mut self) {
        if self.asked.elapsed() < EVERY {
            return;
        }
        self.asked = Instant::now();
        // What cannot be read has ended.
        let Some((used, runs)) = reading(self.pid) else { return };
        if runs || used != self.used {
            self.used = used;
            self.active = self.asked;
        }
    }

    /// The worker was made to wait until now.
    pub(super) fn resume(&mut self) {
        self.active = Instant::now();
    }

    /// For how long no thread has used the processor, or waited for its turn.
    pub(super) fn idle(&self) -> Duration {
        self.active.elapsed()
    }
}

/// The processor time that a process has used, in ticks, and whether one of its threads runs, is about to, or waits
/// for a disk.
fn reading(pid: u32) -> Option<(u64, bool)> {
    let used = fields(&Path::new("/proc").join(pid.to_string()).join("stat"))?;
    let time = |number: usize| used.get(number).and_then(|field| field.parse::<u64>().ok());
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let mut states = tasks.filter_map(|task| fields(&task.path().join("stat"))?.into_iter().next());
    Some((time(11)? + time(12)?, states.any(|state| state == "R" || state == "D")))
}

/// The fields of a `stat` file from the state on: the name in front of it may hold anything.
fn fields(path: &Path) -> Option<Vec<String>> {
    let text = std::fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::Processor;
    use std::time::{Duration, Instant};

    #[test]
    fn who_computes_is_not_idle_and_who_waits_is() {
        let mut waits = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let mut computes = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let mut both = [Processor::of(waits.id()), Processor::of(computes.id())];
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            both.iter_mut().for_each(Processor::watch);
            std::thread::sleep(Duration::from_millis(20));
        }
        let [waiting, computing] = both.map(|one| one.idle());
        for child in [&mut waits, &mut computes] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(waiting > Duration::from_millis(1200), "{waiting:?}");
        assert!(computing < Duration::from_millis(1000), "{computing:?}");
    }
}
