//! The findings of a module on the page, rule by rule, with reproducers.

use super::{grouped, plain, said};
use crate::report::{Finding, ModuleReport};

/// How many reproducers a page has at most, of several thousand characters each: beyond that, the first of each rule
/// in each module stands for the rest.
const MOST_REPRODUCERS: usize = 200;

pub(super) struct GroupView {
    pub(super) id: String,
    pub(super) title: &'static str,
    pub(super) severity: &'static str,
    pub(super) findings: Vec<FindingView>,
    /// How many reproducers are not on the page.
    pub(super) left_out: usize,
}

pub(super) struct FindingView {
    pub(super) message: String,
    /// The source line.
    pub(super) code: Option<String>,
    pub(super) key: String,
    pub(super) repro: Option<String>,
    pub(super) known: bool,
}

/// Whether a page has room for the reproducers of all these modules.
pub(super) fn fits<'a>(modules: impl Iterator<Item = &'a ModuleReport>) -> bool {
    let findings = modules.flat_map(|module| &module.findings);
    findings.filter(|finding| finding.repro.is_some()).count() <= MOST_REPRODUCERS
}

pub(super) fn groups(module: &ModuleReport, all_reproducers: bool) -> Vec<GroupView> {
    let group = |(id, findings): (crate::rules::RuleId, Vec<&Finding>)| {
        let with: Vec<usize> = (0..findings.len()).filter(|number| findings[*number].repro.is_some()).collect();
        let shown = if all_reproducers { with.len() } else { with.len().min(1) };
        GroupView {
            id: id.name(),
            title: id.rule().title,
            severity: findings[0].severity.word(),
            left_out: with.len() - shown,
            findings: findings
                .into_iter()
                .enumerate()
                .map(|(number, finding)| view(finding, with[..shown].contains(&number)))
                .collect(),
        }
    };
    grouped(module).into_iter().map(group).collect()
}

fn view(finding: &Finding, reproduced: bool) -> FindingView {
    FindingView {
        message: said(finding),
        code: finding.location.as_ref().and_then(|location| location.code.as_deref()).map(lines),
        key: plain(&finding.key),
        repro: finding.repro.as_deref().filter(|_| reproduced).map(lines),
        known: finding.known,
    }
}

/// Text of several lines, each of them harmless.
fn lines(text: &str) -> String {
    text.split('\n').map(|line| plain(&line.replace('\t', "    "))).collect::<Vec<_>>().join("\n")
}
