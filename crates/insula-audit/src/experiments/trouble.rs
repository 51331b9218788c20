//! What can go wrong in a scenario, and whose fault the message says it is.

use serde::Serialize;
use serde_json::Value;

use crate::worker::{End, Run};

/// Something went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(crate) enum Trouble {
    /// An exception in one of the interpreters.
    Raised {
        /// In which interpreter.
        place: String,
        /// While doing what; in a control the name of the dependency.
        stage: String,
        /// The exception's class.
        class: String,
        /// Its text.
        message: String,
    },
    /// A signal ended the process.
    Crashed {
        /// While doing what.
        step: String,
        /// The signal.
        signal: String,
        /// The traceback that CPython wrote.
        traceback: String,
    },
    /// The process ended itself.
    Exited {
        /// While doing what.
        step: String,
        /// The exit code.
        code: i32,
        /// The last line on stderr.
        said: String,
    },
    /// It did not come to an end.
    Hung {
        /// While doing what.
        step: String,
    },
    /// All went through, but the result is not what isolation means.
    Wrong {
        /// What is wrong.
        what: String,
    },
}

impl Trouble {
    /// What went wrong in a run, the gravest thing first; none if the scenario came to its end.
    pub(crate) fn of(run: &Run) -> Option<Self> {
        let ended = if run.done() { "the process's end".to_owned() } else { run.last_step().to_owned() };
        match run.end {
            // The timers that limit a single call.
            End::Signal(libc::SIGPROF | libc::SIGALRM) => return Some(Self::Hung { step: ended }),
            End::Signal(number) => {
                let traceback = run.fault.trim().to_owned();
                return Some(Self::Crashed { step: ended, signal: signal_name(number), traceback });
            }
            End::TimedOut => return Some(Self::Hung { step: ended }),
            End::Exit(_) => {}
        }
        if let Some(event) = run.events_named("failed").next() {
            return Some(Self::raised(event));
        }
        match run.end {
            End::Exit(0) if run.done() => None,
            End::Exit(code) => {
                let said = last_line(&run.stderr).unwrap_or_default().chars().take(300).collect();
                Some(Self::Exited { step: ended, code, said })
            }
            End::Signal(_) | End::TimedOut => None,
        }
    }

    fn raised(event: &Value) -> Self {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        Self::Raised { place: text("where"), stage: text("stage"), class: text("type"), message: text("message") }
    }

    /// One line for people; free of addresses, so that it is the same in every run.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Raised { place, class, message, .. } => {
                let message = without_addresses(first_line(message));
                format!("{class} in the {}: {message}", place.trim_start_matches("a "))
            }
            Self::Crashed { step, signal, .. } => format!("crash ({signal}) at: {step}"),
            Self::Exited { step, code, said } if said.is_empty() => {
                format!("the process exited with code {code} at: {step}")
            }
            Self::Exited { step, code, said } => {
                format!("the process exited with code {code} at: {step} ({})", without_addresses(said))
            }
            Self::Hung { step } => format!("no end within the time limit at: {step}"),
            Self::Wrong { what } => what.clone(),
        }
    }

    /// The module that CPython refused to load into an interpreter with its own GIL.
    pub(crate) fn refused_by_host(&self) -> Option<&str> {
        let Self::Raised { class, message, .. } = self else {
            return None;
        };
        let rest = message.strip_prefix("module ")?;
        (class == "ImportError")
            .then(|| rest.split_once(" does not support loading in subinterpreters"))?
            .map(|(name, _)| name)
    }

    /// A module's own, deliberate refusal to be loaded again, as the HOWTO allows.
    pub(crate) fn is_opt_out(&self) -> bool {
        let Self::Raised { class, message, .. } = self else {
            return false;
        };
        let message = message.to_lowercase();
        let signs = [
            "more than once",
            "once per process",
            "once per interpreter",
            "one interpreter per process",
            "only be loaded once",
            "already been imported",
            "already been loaded",
            "already loaded",
        ];
        class == "ImportError" && signs.iter().any(|sign| message.contains(sign))
    }
}

/// The exception's text without what differs between runs.
fn without_addresses(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        out.push_str(&rest[..at]);
        let digits = rest[at + 2..].chars().take_while(char::is_ascii_hexdigit).count();
        out.push_str(if digits >= 6 { "0x..." } else { &rest[at..at + 2 + digits] });
        rest = &rest[at + 2 + digits..];
    }
    out.push_str(rest);
    out
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn last_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).rfind(|line| !line.is_empty())
}

fn signal_name(number: i32) -> String {
    let name = match number {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn addresses_do_not_make_two_runs_differ() {
        assert_eq!(without_addresses("<X at 0x7f00aa12> 0x10"), "<X at 0x...> 0x10");
    }
}
