//! The report in every form in which it is read: one model, many renderings.

mod ecosystem;
mod folded;
mod github;
mod html;
mod junit;
mod marks;
mod matrix;
mod page_groups;
mod sarif;
mod text;

use crate::report::{Finding, Location, ModuleReport, Report};
use crate::rules::RuleId;

pub use text::Style;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// The model itself; `docs/report.schema.json` describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports.
    Junit,
    /// Workflow commands, which GitHub shows as annotations.
    Github,
    /// One HTML page that needs nothing else.
    Html,
    /// A page about many packages, in Markdown: a row for each.
    Ecosystem,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 7] =
        [Self::Text, Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Html, Self::Ecosystem];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Html => "html",
            Self::Ecosystem => "ecosystem",
        }
    }
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// JSON and SARIF.
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JUnit.
    #[error("cannot write the report as XML: {0}")]
    Xml(std::io::Error),
    /// HTML.
    #[error("cannot write the report as HTML: {0}")]
    Html(#[from] askama::Error),
}

/// Renders a report. The style concerns text alone.
pub fn render(report: &Report, format: Format, style: Style) -> Result<String, FormatError> {
    let report = &if format == Format::Json { report.clone() } else { harmless(report) };
    Ok(match format {
        Format::Text => text::render(report, style),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Sarif => serde_json::to_string_pretty(&sarif::log(report))? + "\n",
        Format::Junit => junit::render(report).map_err(FormatError::Xml)?,
        Format::Github => github::render(report),
        Format::Html => html::render(report)?,
        Format::Ecosystem => ecosystem::render(report),
    })
}

/// The report without control characters in what it says of itself: a report that is merged may come from anywhere.
fn harmless(report: &Report) -> Report {
    let mut report = report.clone();
    let clean = |text: &mut String| *text = plain(text);
    clean(&mut report.tool.name);
    clean(&mut report.tool.version);
    for host in &mut report.interpreters {
        [&mut host.id, &mut host.version, &mut host.full_version, &mut host.reason].into_iter().for_each(clean);
        host.executable = plain(&host.executable.to_string_lossy()).into();
    }
    for target in &mut report.targets {
        clean(&mut target.interpreter);
        target.made.iter_mut().chain(&mut target.sha256).for_each(clean);
        target.modules.iter_mut().for_each(|module| clean(&mut module.sha256));
    }
    report.not_examined.iter_mut().for_each(clean);
    report
}

/// The findings of a module rule by rule, the worst first.
fn grouped(module: &ModuleReport) -> Vec<(RuleId, Vec<&Finding>)> {
    let mut groups: Vec<(RuleId, Vec<&Finding>)> = Vec::new();
    for finding in &module.findings {
        match groups.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, group)) => group.push(finding),
            None => groups.push((finding.rule, vec![finding])),
        }
    }
    groups
}

/// What a finding says, behind the line that it is about: editors and terminals lead there.
pub(crate) fn said(finding: &Finding) -> String {
    let source = finding.location.as_ref().and_then(Location::source);
    plain(&source.map_or_else(|| finding.message.clone(), |source| format!("{source}: {}", finding.message)))
}

/// Text of hostile origin on one line: no control characters, which a terminal or an XML reader would choke on.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

/// Marks that change the direction of text, by which a name could pass for another, and what XML cannot hold.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}
