//! The bars: what each operation of an insula module may take, measured against C in the same run.

use crate::bench::Measured;

/// One bar: rows, the peer they are measured against, and how many times its instructions they may take.
pub(crate) struct Bar {
    pub(crate) rows: &'static [&'static str],
    pub(crate) against: &'static str,
    pub(crate) factor: f64,
}

/// The bars on instruction counts.
pub(crate) const BARS: &[Bar] = &[
    Bar {
        rows: &[
            "call0",
            "call1",
            "kw1",
            "kw2",
            "kw-b",
            "kw-ab",
            "state-function",
            "method0",
            "method1",
            "get",
            "callback",
        ],
        against: "howto",
        factor: 1.03,
    },
    // C's best way to its state is not METH_METHOD; `tuned` goes by PyType_GetModuleByDef, also from subclasses.
    Bar { rows: &["state-method", "state-slot", "state-getter", "subclass-state"], against: "tuned", factor: 1.00 },
    Bar { rows: &["create", "create-objects"], against: "tuned", factor: 1.00 },
];

/// The tools that every row has to be below.
pub(crate) const BELOW: &[&str] = &["pyo3", "nanobind", "pybind11"];

/// The lines of the report's list: each bar, and what was measured.
pub(crate) fn lines(measured: &[Measured]) -> Vec<String> {
    let of = |key: &str| measured.iter().find(|one| one.built.peer.key == key);
    let Some(insula) = of("insula") else { return Vec::new() };
    let mut lines = Vec::new();
    for bar in BARS {
        let Some(reference) = of(bar.against) else { continue };
        for row in bar.rows {
            let (Some(ours), Some(theirs)) = (insula.counts.get(*row), reference.counts.get(*row)) else { continue };
            let ratio = ours / theirs;
            let (factor, title) = (bar.factor, reference.built.peer.title);
            lines.push(line(row, format!("{ratio:.3} x {title}"), format!("<= {factor:.2}"), ratio <= factor + 0.0005));
        }
    }
    for below in BELOW.iter().filter_map(|key| of(key)) {
        let higher: Vec<String> = insula
            .counts
            .iter()
            .filter_map(|(row, ours)| {
                let theirs = below.counts.get(row)?;
                (ours > theirs).then(|| format!("{row} {ours:.0} against {theirs:.0}"))
            })
            .collect();
        let found = if higher.is_empty() { "all below".to_owned() } else { format!("not: {}", higher.join(", ")) };
        lines.push(line("every row", found, format!("below {}", below.built.peer.title), higher.is_empty()));
    }
    let howto = of("howto").and_then(|one| one.costs.as_ref());
    if let (Some(ours), Some(howto)) = (&insula.costs, howto) {
        if let (Ok(a), Ok(b)) = (&ours.import_instructions, &howto.import_instructions) {
            let ratio = *a as f64 / *b as f64;
            let found = format!("{ratio:.3} x C, HOWTO");
            lines.push(line("import into a further interpreter", found, "<= 1.10".to_owned(), ratio <= 1.10));
        }
        let most = 2 * howto.size + 150_000;
        let found = format!("{} KB", ours.size / 1000);
        lines.push(line("stripped size", found, format!("<= {} KB", most / 1000), ours.size <= most));
    }
    if let (Some(ours), Some(theirs)) = (insula.built.compile, of("pyo3").and_then(|one| one.built.compile)) {
        let found = format!("{:.1} s", ours.as_secs_f64());
        lines.push(line("compile time", found, format!("below PyO3's {:.1} s", theirs.as_secs_f64()), ours < theirs));
    }
    lines
}

fn line(what: &str, found: String, bar: String, met: bool) -> String {
    format!("| {what} | {found} | {bar} | {} |", if met { "met" } else { "**not met**" })
}
