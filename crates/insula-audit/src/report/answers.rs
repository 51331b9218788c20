//! The questions that an audit answers of each module, and their answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a user asks of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Can it be imported?
    Import,
    /// Can it be imported again in the same interpreter, as a new module with new types?
    Again,
    /// Does it work in sub-interpreters that share the main interpreter's GIL?
    Legacy,
    /// Does it work in interpreters with a GIL of their own?
    OwnGil,
    /// Does it work in several of those at the same time?
    Parallel,
    /// Does it work after the runtime was ended and started again?
    Restart,
    /// Does the process end as it should after an import?
    Exit,
    /// No Python object in a process global, no leak, the garbage collection contract kept, no crash on hostile
    /// arguments?
    Clean,
    /// Does it work without a GIL?
    Threads,
}

impl Question {
    /// Every question, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Import,
        Self::Again,
        Self::Legacy,
        Self::OwnGil,
        Self::Parallel,
        Self::Restart,
        Self::Exit,
        Self::Clean,
        Self::Threads,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Again => "again",
            Self::Legacy => "legacy",
            Self::OwnGil => "own-gil",
            Self::Parallel => "parallel",
            Self::Restart => "restart",
            Self::Exit => "exit",
            Self::Clean => "clean",
            Self::Threads => "threads",
        }
    }

    /// What a yes means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Import => "can be imported",
            Self::Again => "can be imported again, as a new module with new types",
            Self::Legacy => "works in sub-interpreters that share a GIL",
            Self::OwnGil => "works in interpreters with a GIL of their own",
            Self::Parallel => "works in several of those at the same time",
            Self::Restart => "works after the runtime was restarted",
            Self::Exit => "lets the process end as it should",
            Self::Clean => "shows no shared state, no leak, no broken contract",
            Self::Threads => "works without a GIL",
        }
    }
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// As it should be.
    Yes,
    /// Not as it should be.
    No,
    /// The module refuses deliberately, which it may: it is then known not to do this.
    Refused,
    /// It was tried, and the result says nothing about the module.
    Inconclusive,
    /// It was not tried.
    NotTried,
}

impl Answer {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Refused => "refused",
            Self::Inconclusive => "inconclusive",
            Self::NotTried => "not tried",
        }
    }
}

/// An answer, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Why it is not a plain yes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// Of own-GIL interpreters: whether the module declares that it supports them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub declared: Option<bool>,
    /// This interpreter cannot ask the question, so that it does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub excluded: bool,
}

impl Answered {
    /// Yes.
    pub fn yes() -> Self {
        Self { answer: Answer::Yes, why: None, declared: None, excluded: false }
    }

    /// Another answer, and why.
    pub fn other(answer: Answer, why: impl Into<String>) -> Self {
        Self { answer, why: Some(why.into()), declared: None, excluded: false }
    }

    /// The worst of several answers: a question's answer for them together.
    pub fn worst<'a>(answers: impl Iterator<Item = &'a Self>) -> Option<&'a Self> {
        answers.min_by_key(|answered| match answered.answer {
            Answer::No => 0,
            Answer::Refused => 1,
            Answer::Inconclusive => 2,
            Answer::NotTried => 3,
            Answer::Yes if answered.declared == Some(false) => 4,
            Answer::Yes => 5,
        })
    }

    /// Not tried, because this interpreter cannot.
    pub fn excluded(why: impl Into<String>) -> Self {
        Self { excluded: true, ..Self::other(Answer::NotTried, why) }
    }
}

/// The answers to all questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<Question, Answered>);

impl Answers {
    /// One for each question.
    pub fn new(answer: impl FnMut(Question) -> Answered) -> Self {
        Self(Question::ALL.into_iter().zip(Question::ALL.into_iter().map(answer)).collect())
    }

    /// Those of a module that could not be imported.
    pub fn without_import(answer: Answer, why: &str) -> Self {
        Self::new(|question| match question {
            Question::Import => Answered::other(answer, why),
            _ => Answered::other(Answer::NotTried, "the module could not be imported"),
        })
    }

    /// The answer to one.
    pub fn get(&self, question: Question) -> &Answered {
        static NONE: Answered = Answered { answer: Answer::NotTried, why: None, declared: None, excluded: false };
        self.0.get(&question).unwrap_or(&NONE)
    }

    /// All of them, in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = (Question, &Answered)> {
        Question::ALL.into_iter().map(|question| (question, self.get(question)))
    }

    /// What they say together. A refusal is never a yes, and what cannot be asked does not count.
    pub fn isolated(&self) -> Isolated {
        let asked = || self.0.values().filter(|answered| !answered.excluded).map(|answered| answered.answer);
        if self.get(Question::Import).answer != Answer::Yes {
            Isolated::Unknown
        } else if asked().any(|answer| matches!(answer, Answer::No | Answer::Refused)) {
            Isolated::No
        } else if asked().all(|answer| answer == Answer::Yes) {
            Isolated::Yes
        } else {
            Isolated::Unknown
        }
    }
}

/// Whether a module is isolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolated {
    /// Every question that this interpreter can ask is answered with yes.
    Yes,
    /// At least one is answered with no, or refused.
    No,
    /// None is, but not all are answered.
    Unknown,
}

impl Isolated {
    /// The worst of several: whether they are isolated together. Of none nothing is known.
    pub fn worst(all: impl Iterator<Item = Self>) -> Self {
        let rank = |one: &Self| match one {
            Self::No => 0,
            Self::Unknown => 1,
            Self::Yes => 2,
        };
        all.min_by_key(rank).unwrap_or(Self::Unknown)
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Answered, Answers, Isolated, Question};

    fn with(question: Question, answered: Answered) -> Isolated {
        Answers::new(|one| if one == question { answered.clone() } else { Answered::yes() }).isolated()
    }

    #[test]
    fn every_question_counts_that_can_be_asked() {
        assert_eq!(with(Question::Threads, Answered::excluded("a GIL")), Isolated::Yes);
        assert_eq!(with(Question::Parallel, Answered::other(Answer::Refused, "")), Isolated::No);
        assert_eq!(with(Question::Clean, Answered::other(Answer::No, "")), Isolated::No);
        assert_eq!(with(Question::Restart, Answered::other(Answer::NotTried, "")), Isolated::Unknown);
        assert_eq!(with(Question::Exit, Answered::other(Answer::Inconclusive, "")), Isolated::Unknown);
        assert_eq!(Answers::without_import(Answer::No, "").isolated(), Isolated::Unknown);
    }
}
