//! The report for people.

use std::fmt::Write;

use super::{Leaks, ModuleProof, Proof, Report, Verdict};
use crate::report::formats::{Style, plain, said};
use crate::report::{ModuleReport, TargetReport};

/// How many findings of one module are shown, unless all are asked for.
const SHOWN: usize = 8;

/// Renders the report.
pub(super) fn render(report: &Report, style: Style) -> String {
    let mut out = String::new();
    let tool = &report.base.tool;
    for host in &report.base.interpreters {
        let _ = writeln!(
            out,
            "{} {} on CPython {}: {}\n({})",
            tool.name,
            tool.version,
            host.version,
            host.executable.display(),
            host.reason
        );
    }
    for target in &report.base.targets {
        let proof = report
            .isolate
            .iter()
            .find(|proof| proof.target == target.target && proof.interpreter == target.interpreter);
        target_of(&mut out, target, proof, style);
    }
    if !style.quiet {
        closing(&mut out, report);
    }
    out
}

fn target_of(out: &mut String, target: &TargetReport, proof: Option<&Proof>, style: Style) {
    let _ = writeln!(out, "\n{}", paint(style, "1", &format!("{} on {}", plain(&target.target), target.interpreter)));
    if let Some(proof) = proof {
        table(out, &proof.modules, style);
        for module in &target.modules {
            findings(out, module, style);
        }
        if !style.quiet {
            facts(out, proof, style);
        }
    }
    let errors = target.error.iter().chain(target.modules.iter().filter_map(|module| module.error.as_ref()));
    for error in errors {
        let _ = writeln!(out, "{} {}", paint(style, "1;31", "not audited:"), plain(error));
    }
}

fn paint(style: Style, code: &str, text: &str) -> String {
    if style.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

fn table(out: &mut String, modules: &[ModuleProof], style: Style) {
    let width = modules.iter().map(|module| plain(&module.name).chars().count()).max().unwrap_or(0);
    for module in modules {
        let code = match module.verdict {
            Verdict::IsolatedByCopy | Verdict::IsolatedAsItIs => "32",
            Verdict::NotProved => "33",
            Verdict::NotIsolated => "31",
        };
        let verdict = paint(style, code, &format!("{:<16}", module.verdict.words()));
        let line = format!(
            "  {:<width$}  {verdict}  {}, {} words read, {} of them hold objects, {} calls compared{}",
            plain(&module.name),
            counted(module.copies, "copy", "copies"),
            module.words,
            module.objects,
            module.calls,
            if module.shares.is_empty() {
                String::new()
            } else {
                format!(", shares {}", plain(&module.shares.join(", ")))
            }
        );
        let _ = writeln!(out, "{line}");
    }
}

fn findings(out: &mut String, module: &ModuleReport, style: Style) {
    let shown = if style.verbose { module.findings.len() } else { module.findings.len().min(SHOWN) };
    if shown == 0 || style.quiet {
        return;
    }
    let _ = writeln!(out, "  {}", plain(&module.name));
    for finding in &module.findings[..shown] {
        let known = if finding.known { " (known)" } else { "" };
        let severity = finding.severity.word();
        let _ = writeln!(out, "    {} {severity}: {}{known}", finding.rule, said(finding));
    }
    if module.findings.len() > shown {
        let _ = writeln!(out, "    ... and {} more (-v shows all)", module.findings.len() - shown);
    }
}

fn facts(out: &mut String, proof: &Proof, style: Style) {
    for (scenario, said) in &proof.scenarios {
        let _ = writeln!(out, "  {scenario}: {}", plain(said));
    }
    if !proof.objects.is_empty() {
        let counts: Vec<String> = proof.objects.iter().map(usize::to_string).collect();
        let _ = writeln!(out, "  objects told of, the main interpreter first: {}", counts.join(", "));
    }
    let names = |paths: &[std::path::PathBuf]| {
        let names = paths.iter().map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        plain(&names.collect::<Vec<_>>().join(", "))
    };
    if !proof.private_libraries.is_empty() {
        let _ = writeln!(out, "  libraries copied for each interpreter: {}", names(&proof.private_libraries));
    }
    if !proof.shared_libraries.is_empty() {
        let _ = writeln!(out, "  libraries shared by all interpreters: {}", names(&proof.shared_libraries));
    }
    if !proof.as_usual.is_empty() {
        let _ = writeln!(out, "  modules loaded as usual, one image for all: {}", plain(&proof.as_usual.join(", ")));
    }
    if let Some(leaks) = &proof.leaks {
        leaks_of(out, leaks);
    }
    for line in &proof.not_examined {
        let _ = writeln!(out, "  {} {}", paint(style, "33", "not examined:"), plain(line));
    }
}

fn leaks_of(out: &mut String, leaks: &Leaks) {
    let kilobytes = |bytes: f64| format!("{:.0} kB", bytes / 1000.0);
    let native = |growth: &super::Growth| growth.native_bytes.map_or_else(|| "unknown".to_owned(), kilobytes);
    let _ = writeln!(
        out,
        "  left behind by each of {} interpreters that came and ended: {} of native memory (without the target {}), {} \
         resident ({})",
        leaks.interpreters,
        native(&leaks.with),
        native(&leaks.control),
        kilobytes(leaks.with.resident_bytes),
        kilobytes(leaks.control.resident_bytes)
    );
}

fn closing(out: &mut String, report: &Report) {
    let modules = || report.isolate.iter().flat_map(|proof| &proof.modules);
    let _ = writeln!(out);
    for verdict in [Verdict::IsolatedByCopy, Verdict::IsolatedAsItIs, Verdict::NotIsolated, Verdict::NotProved] {
        let count = modules().filter(|module| module.verdict == verdict).count();
        if count > 0 {
            let _ = writeln!(out, "{}: {}", verdict.words(), counted(count, "module", "modules"));
        }
    }
    let _ = writeln!(out, "Not examined: {}.", report.base.not_examined.join("; "));
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
