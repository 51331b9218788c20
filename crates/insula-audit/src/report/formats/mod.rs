//! The report in every form in which it is read: one model, many renderings.

mod github;
mod html;
mod junit;
mod marks;
mod matrix;
mod sarif;
mod text;

use crate::report::{Finding, ModuleReport, Report};
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
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 6] = [Self::Text, Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Html];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Html => "html",
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
    Ok(match format {
        Format::Text => text::render(report, style),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Sarif => serde_json::to_string_pretty(&sarif::log(report))? + "\n",
        Format::Junit => junit::render(report).map_err(FormatError::Xml)?,
        Format::Github => github::render(report),
        Format::Html => html::render(report)?,
    })
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

/// Text of hostile origin on one line: no control characters, which a terminal or an XML reader would choke on.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

/// Marks that change the direction of text, by which a name could pass for another, and what XML cannot hold.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}
