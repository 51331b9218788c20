//! What can go wrong in a scenario.

/// Something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        /// The module that is not there, if that is what it says.
        missing: Option<String>,
        /// Whether it is an ImportError that somebody raised on purpose.
        deliberate: bool,
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
    /// It did not end, and no thread of it used the processor any more.
    Stuck {
        /// While doing what.
        step: String,
    },
    /// It was still at work at its time limit.
    Slow {
        /// While doing what.
        step: String,
        /// The limit, in seconds.
        limit: u64,
    },
    /// What it reported cannot be read.
    Unreadable {
        /// Why.
        why: String,
    },
    /// The same was done several times, and this came of it, not necessarily each time.
    Race {
        /// How often something went wrong.
        times: u32,
        /// How often it was done.
        of: u32,
        /// What went wrong first.
        what: Box<Trouble>,
    },
    /// All went through, but the result is not what isolation means.
    Wrong {
        /// What is wrong.
        what: String,
    },
}

impl Trouble {
    /// Whether it tells nothing about the target.
    pub(crate) fn says_nothing(&self) -> bool {
        matches!(self, Self::Slow { .. } | Self::Unreadable { .. })
    }

    /// One line for people; free of addresses, so that it is the same in every run.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Raised { place, class, message, .. } => {
                let message = without_addresses(message.lines().next().unwrap_or_default());
                format!("{class} in the {}: {message}", place.trim_start_matches("a "))
            }
            Self::Crashed { step, signal, .. } => format!("crash ({signal}) at: {step}"),
            Self::Exited { step, code, said } if said.is_empty() => {
                format!("the process exited with code {code} at: {step}")
            }
            Self::Exited { step, code, said } => {
                format!("the process exited with code {code} at: {step} ({})", without_addresses(said))
            }
            Self::Stuck { step } => format!("no end, and no thread uses the processor any more, at: {step}"),
            Self::Slow { step, limit } => {
                format!("no end within the time limit of {limit} s at: {step}; give it more with --timeout")
            }
            Self::Unreadable { why } => why.clone(),
            Self::Race { times, of, what } => format!("{times} of {of} runs: {}", what.line()),
            Self::Wrong { what } => what.clone(),
        }
    }

    /// What happened, without where.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Crashed { signal, .. } => format!("crash ({signal})"),
            Self::Stuck { .. } | Self::Slow { .. } => "no end".to_owned(),
            Self::Exited { code, .. } => format!("the process exited with code {code}"),
            other => other.line(),
        }
    }

    /// The module that CPython refused to load into an interpreter with its own GIL. The message is CPython's, and
    /// all it tells.
    pub(crate) fn refused_by_host(&self) -> Option<&str> {
        match self {
            Self::Raised { class, message, .. } => refused_by_host(class, message),
            _ => None,
        }
    }

    /// A module's own, deliberate refusal to be loaded again, as the HOWTO allows: an ImportError, whatever it says.
    pub(crate) fn is_opt_out(&self) -> bool {
        matches!(self, Self::Raised { deliberate: true, .. }) && self.refused_by_host().is_none()
    }
}

/// The module that an exception of CPython says it refused, see [`Trouble::refused_by_host`].
pub(crate) fn refused_by_host<'a>(class: &str, message: &'a str) -> Option<&'a str> {
    let rest = message.strip_prefix("module ")?;
    (class == "ImportError")
        .then(|| rest.split_once(" does not support loading in subinterpreters"))?
        .map(|(name, _)| name)
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

#[cfg(test)]
mod tests {
    use super::without_addresses;

    #[test]
    fn addresses_do_not_make_two_runs_differ() {
        assert_eq!(without_addresses("<X at 0x7f00aa12> 0x10"), "<X at 0x...> 0x10");
    }
}
