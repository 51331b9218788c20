//! Which rules are reported: `--select` and `--ignore`, by id or by the beginning of one.

use crate::rules::{RULES, RuleId};

/// The choice; everything, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    select: Vec<String>,
    ignore: Vec<String>,
}

/// A selector that no rule's id begins with.
#[derive(Debug, thiserror::Error)]
#[error("no rule's id begins with {0:?}; `insula rules` lists them all")]
pub struct UnknownRule(String);

/// Selects every rule.
const ALL: &str = "ALL";

impl Selection {
    /// A choice from what the user wrote, in upper or lower case.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, UnknownRule> {
        Ok(Self { select: selectors(select)?, ignore: selectors(ignore)? })
    }

    /// Whether findings of this rule are reported. The longer selector wins, and of two equal ones `ignore`, so that
    /// `--select INS103 --ignore INS1` means that one rule of the hundreds.
    pub fn reports(&self, rule: RuleId) -> bool {
        let rule = &rule.name();
        let selected = if self.select.is_empty() { Some(0) } else { longest(&self.select, rule) };
        match (selected, longest(&self.ignore, rule)) {
            (Some(selected), Some(ignored)) => selected > ignored,
            (selected, None) => selected.is_some(),
            (None, Some(_)) => false,
        }
    }
}

fn selectors(words: &[String]) -> Result<Vec<String>, UnknownRule> {
    words
        .iter()
        .map(|word| {
            let upper = word.trim().to_ascii_uppercase();
            let known =
                upper == ALL || !upper.is_empty() && RULES.iter().any(|rule| rule.id.name().starts_with(&upper));
            if known { Ok(upper) } else { Err(UnknownRule(word.clone())) }
        })
        .collect()
}

fn longest(selectors: &[String], rule: &str) -> Option<usize> {
    let length = |selector: &String| {
        if selector == ALL { Some(0) } else { rule.starts_with(selector.as_str()).then_some(selector.len()) }
    };
    selectors.iter().filter_map(length).max()
}

#[cfg(test)]
mod tests {
    use super::Selection;
    use crate::rules::RuleId;

    fn selection(select: &[&str], ignore: &[&str]) -> Selection {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        Selection::new(&words(select), &words(ignore)).unwrap()
    }

    #[test]
    fn the_longer_selector_wins_and_ignore_wins_a_tie() {
        assert!(selection(&[], &[]).reports(RuleId::Ins101));
        assert!(!selection(&[], &["INS1"]).reports(RuleId::Ins101));
        assert!(selection(&["ins103"], &["INS1"]).reports(RuleId::Ins103));
        assert!(!selection(&["INS103"], &["INS1"]).reports(RuleId::Ins101));
        assert!(!selection(&["INS1"], &["INS103"]).reports(RuleId::Ins103));
        assert!(!selection(&["INS1"], &["INS1"]).reports(RuleId::Ins101));
        assert!(!selection(&["INS1"], &[]).reports(RuleId::Ins303));
        assert!(!selection(&["ALL"], &["INS3"]).reports(RuleId::Ins303));
        assert!(!selection(&[], &["ALL"]).reports(RuleId::Ins303));
    }

    #[test]
    fn a_selector_that_means_nothing_is_an_error() {
        assert!(Selection::new(&["INS9X".to_owned()], &[]).is_err());
        assert!(Selection::new(&[], &[String::new()]).is_err());
    }
}
