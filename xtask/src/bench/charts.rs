//! Charts in SVG, for the documents.

use std::fmt::Write as _;

use insula_pythons::Interpreter;

use crate::bench::Measured;
use crate::bench::count::Row;
use crate::bench::report::{REFERENCE, date};

/// The colours of the peers, in their order; light and dark pages show both.
const COLOURS: [&str; 11] = [
    "#7f7f7f", "#4d4d4d", "#b3b3b3", "#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#ffbb78", "#17becf",
    "#bcbd22",
];

/// Bars beyond this many times C are cut off, and say how long they are.
const MOST: f64 = 4.0;

const BAR: f64 = 7.0;
const LEFT: f64 = 250.0;
const UNIT: f64 = 130.0;

/// Instructions per operation as multiples of HOWTO-style C: a group of bars for each row.
pub(crate) fn counts(python: &Interpreter, measured: &[Measured], rows: &[&Row]) -> String {
    let Some(reference) = measured.iter().find(|one| one.built.peer.key == REFERENCE) else {
        return empty();
    };
    let mut body = String::new();
    let legend_rows = measured.len().div_ceil(4);
    let mut y = 60.0 + 18.0 * legend_rows as f64;
    let top = y;
    for row in rows {
        let Some(&unit) = reference.counts.get(&row.key) else { continue };
        let middle = y + BAR * measured.len() as f64 / 2.0 + 4.0;
        let title = escaped(&row.title);
        let _ = writeln!(body, r#"<text x="{}" y="{middle:.1}" text-anchor="end">{title}</text>"#, LEFT - 8.0);
        for (index, one) in measured.iter().enumerate() {
            if let Some(count) = one.counts.get(&row.key) {
                let ratio = count / unit;
                let (width, colour) = (ratio.min(MOST) * UNIT, COLOURS[index % COLOURS.len()]);
                let height = BAR - 1.0;
                let _ = writeln!(
                    body,
                    r#"<rect x="{LEFT}" y="{y:.1}" width="{width:.1}" height="{height}" fill="{colour}"/>"#
                );
                if ratio > MOST {
                    let x = LEFT + MOST * UNIT + 4.0;
                    let _ = writeln!(body, r#"<text x="{x}" y="{:.1}" font-size="8">{ratio:.1}</text>"#, y + BAR - 1.0);
                }
            }
            y += BAR;
        }
        y += 9.0;
    }
    for tick in 0..=8 {
        let ratio = f64::from(tick) * 0.5;
        let x = LEFT + ratio * UNIT;
        let (dash, colour) = if tick == 2 { ("none", "#d62728") } else { ("2,3", "#999999") };
        let _ = writeln!(
            body,
            r#"<line x1="{x}" y1="{top}" x2="{x}" y2="{y:.1}" stroke="{colour}" stroke-dasharray="{dash}" stroke-width="0.7"/>"#
        );
        let _ = writeln!(body, r#"<text x="{x}" y="{:.1}" text-anchor="middle">{ratio}</text>"#, y + 14.0);
    }
    let mut legend = String::new();
    for (index, one) in measured.iter().enumerate() {
        let (x, y) = (20.0 + 185.0 * (index % 4) as f64, 40.0 + 18.0 * (index / 4) as f64);
        let colour = COLOURS[index % COLOURS.len()];
        let title = escaped(one.built.peer.title);
        let _ = writeln!(legend, r#"<rect x="{x}" y="{y}" width="10" height="10" fill="{colour}"/>"#);
        let _ = writeln!(legend, r#"<text x="{}" y="{}">{title}</text>"#, x + 15.0, y + 9.0);
    }
    let title = format!("Instructions per operation, C by the HOWTO = 1. CPython {}, {}", python.version, date());
    page(LEFT + MOST * UNIT + 60.0, y + 30.0, &title, &(legend + &body))
}

/// Lines of throughput over the number of workers.
pub(crate) fn lines(title: &str, workers: &[usize], series: &[(String, Vec<Option<f64>>)]) -> String {
    let (width, height, left, top) = (520.0, 300.0, 60.0, 90.0);
    let most = series.iter().flat_map(|(_, values)| values).flatten().fold(2.0_f64, |a, b| a.max(*b)).ceil();
    let last = workers.len().saturating_sub(1).max(1) as f64;
    let place = |index: usize, value: f64| (left + width * index as f64 / last, top + height * (1.0 - value / most));
    let mut body = String::new();
    for tick in 0..=(most as u32) {
        let (_, y) = place(0, f64::from(tick));
        let _ = writeln!(
            body,
            r##"<line x1="{left}" y1="{y:.1}" x2="{}" y2="{y:.1}" stroke="#999999" stroke-dasharray="2,3" stroke-width="0.7"/>"##,
            left + width
        );
        let _ = writeln!(body, r#"<text x="{}" y="{:.1}" text-anchor="end">{tick}</text>"#, left - 8.0, y + 4.0);
    }
    for (index, count) in workers.iter().enumerate() {
        let (x, y) = place(index, 0.0);
        let _ = writeln!(body, r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{count}</text>"#, y + 16.0);
    }
    for (number, (name, values)) in series.iter().enumerate() {
        let colour = COLOURS[(number + 3) % COLOURS.len()];
        let points: Vec<String> = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| value.map(|value| place(index, value)))
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let points = points.join(" ");
        let _ = writeln!(body, r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>"#);
        let (x, y) = (20.0 + 290.0 * (number % 2) as f64, 36.0 + 16.0 * (number / 2) as f64);
        let _ = writeln!(body, r#"<rect x="{x}" y="{y}" width="10" height="10" fill="{colour}"/>"#);
        let _ = writeln!(body, r#"<text x="{}" y="{}">{}</text>"#, x + 15.0, y + 9.0, escaped(name));
    }
    page(left + width + 30.0, top + height + 40.0, title, &body)
}

fn empty() -> String {
    page(100.0, 40.0, "nothing was measured", "")
}

fn page(width: f64, height: f64, title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="24" font-size="14">{title}</text>
{body}</svg>
"##
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn titles_do_not_break_the_file() {
        let chart = lines("a < b & c", &[1, 2], &[("x > y".to_owned(), vec![Some(1.0), None])]);
        assert!(chart.contains("a &lt; b &amp; c") && chart.contains("x &gt; y"));
    }
}
