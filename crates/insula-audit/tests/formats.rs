//! Every form of one fixed report, with names as hostile as they get: compared with the files in `tests/formats`, and
//! held against the schemas. `INSULA_UPDATE=1 cargo test -p insula-audit --test formats` writes the files anew; look
//! at the difference before it is committed.

use std::path::{Path, PathBuf};
use std::process::Command;

use insula_audit::formats::{Format, Style, render};
use insula_audit::report::{
    Answer, Answered, Answers, Bundle, Finding, InterpreterReport, Location, ModuleReport, Question, Report,
    RuleResult, SCHEMA, Severity, Status, TargetReport, Tool,
};
use insula_audit::rules::RuleId;
use serde_json::Value;

/// What every form has to escape, and what none may pass on: markup, quotes, a workflow command, the end of a CDATA
/// section, a terminal's escape sequence, marks that turn the direction of text.
const HOSTILE: &str = "a<script>alert('1')</script>&\"b\"\r\n::error::x,y:z%0A]]>\u{1b}[31m\u{202e}\u{0}é";

fn finding(rule: RuleId, severity: Severity, subject: &str, message: &str) -> Finding {
    Finding {
        rule,
        severity,
        key: format!("{rule}:{subject}"),
        message: message.to_owned(),
        location: None,
        repro: None,
        known: false,
    }
}

fn at(kind: &str, name: &str, finding: Finding) -> Finding {
    let place = (kind == "global").then(|| ".bss+0x8".to_owned());
    let location = Location { kind: kind.to_owned(), name: name.to_owned(), place, ..Location::default() };
    Finding { location: Some(location), ..finding }
}

/// The same at a source line.
fn in_source(file: &str, line: u32, code: Option<&str>, mut finding: Finding) -> Finding {
    let location = finding.location.as_mut().unwrap();
    location.file = Some(file.to_owned());
    (location.line, location.column) = (Some(line), code.map(|_| 8));
    (location.symbol, location.code) = (Some(location.name.clone()), code.map(str::to_owned));
    finding
}

fn rules(entries: &[(RuleId, Status, Option<&str>)]) -> std::collections::BTreeMap<RuleId, RuleResult> {
    let one = |(id, status, reason): &(RuleId, Status, Option<&str>)| {
        (*id, RuleResult { status: *status, reason: reason.map(str::to_owned) })
    };
    entries.iter().map(one).collect()
}

/// All yes but these, and what this interpreter cannot ask.
fn answers(others: &[(Question, Answer, &str)]) -> Answers {
    Answers::new(|question| match others.iter().find(|(other, ..)| *other == question) {
        Some((_, answer, why)) => Answered::other(*answer, *why),
        None if question == Question::Threads => Answered::excluded("it takes a free-threaded interpreter to ask"),
        None => Answered { declared: (question == Question::OwnGil).then_some(true), ..Answered::yes() },
    })
}

fn module(name: &str, path: &str, answers: Answers) -> ModuleReport {
    ModuleReport {
        name: name.to_owned(),
        path: PathBuf::from(path),
        sha256: "ab".repeat(32),
        distribution: None,
        version: Some("1.0".to_owned()),
        isolated: answers.isolated(),
        answers,
        rules: rules(&[
            (RuleId::Ins101, Status::Holds, None),
            (RuleId::Ins306, Status::NotRun, Some("no shared library")),
        ]),
        findings: Vec::new(),
        error: None,
        notes: Vec::new(),
        seconds: 1.5,
        spent: Vec::new(),
        cached: false,
    }
}

fn interpreter(version: &str) -> InterpreterReport {
    InterpreterReport {
        id: version.to_owned(),
        executable: PathBuf::from(format!("/opt/python{version}/bin/python")),
        version: version.to_owned(),
        full_version: format!("{version} (main) [GCC]"),
        source: "PATH".to_owned(),
        reason: "named".to_owned(),
    }
}

fn report() -> Report {
    let on = |interpreter: &str, target: &str, modules| TargetReport {
        target: target.to_owned(),
        interpreter: interpreter.to_owned(),
        made: Some("2026-11-28".to_owned()),
        sha256: target.ends_with(".whl").then(|| "cd".repeat(32)),
        modules,
        note: None,
        skipped: Vec::new(),
        bundled: Vec::new(),
        error: None,
    };
    let clean = || ModuleReport { cached: true, ..module("clean._native", "/site/clean/_native.so", answers(&[])) };
    let old = || {
        let heap_type = "Type (.bss+0x8): heap type old.Type";
        let shared = "old.Type (type) is one object in two interpreters";
        let mut shared = at("object", "old.Type", finding(RuleId::Ins107, Severity::Error, "old:old.Type", shared));
        shared.repro = Some("import old\nprint('<&>')\n".to_owned());
        let refused = "ImportError in the first sub-interpreter: no";
        ModuleReport {
            rules: rules(&[(RuleId::Ins103, Status::Broken, None), (RuleId::Ins107, Status::Broken, None)]),
            findings: vec![
                in_source(
                    "src/old one.c",
                    4,
                    Some("static PyTypeObject *Type;  /* <&> */"),
                    at("global", "Type", finding(RuleId::Ins103, Severity::Error, "old:Type", heap_type)),
                ),
                shared,
            ],
            notes: vec!["a note".to_owned()],
            ..module(
                "old",
                "dist/old one-1.0.whl!/old.so",
                answers(&[
                    (Question::Legacy, Answer::No, "INS107"),
                    (Question::OwnGil, Answer::Refused, refused),
                    (Question::Parallel, Answer::NotTried, "it was not seen to work under an own GIL in sequence"),
                    (Question::Clean, Answer::No, "INS103"),
                ]),
            )
        }
    };
    let mut new = old();
    new.findings[1].known = true;
    let error = "Error (.bss+0x10): exception class Error";
    new.findings.insert(1, finding(RuleId::Ins103, Severity::Error, "old:Error", error));
    let mut undeclared = answers(&[(Question::Restart, Answer::Inconclusive, HOSTILE)]);
    undeclared = Answers::new(|question| match question {
        Question::OwnGil => Answered { declared: Some(false), ..Answered::yes() },
        other => undeclared.get(other).clone(),
    });
    let mut static_type = at("type", HOSTILE, finding(RuleId::Ins104, Severity::Warning, HOSTILE, HOSTILE));
    static_type.repro = Some(HOSTILE.to_owned());
    let static_type = in_source(HOSTILE, 7, Some(HOSTILE), static_type);
    let hostile = ModuleReport {
        rules: rules(&[(RuleId::Ins104, Status::Broken, None), (RuleId::Ins901, Status::Inconclusive, Some(HOSTILE))]),
        version: Some(HOSTILE.to_owned()),
        findings: vec![static_type, finding(RuleId::Ins901, Severity::Info, "odd", "inconclusive")],
        notes: vec![HOSTILE.to_owned()],
        ..module(HOSTILE, HOSTILE, undeclared)
    };
    let failed = ModuleReport {
        error: Some(HOSTILE.to_owned()),
        rules: rules(&[]),
        ..module("failed", "/failed.so", Answers::without_import(Answer::No, HOSTILE))
    };
    let mut wheel = on("3.13.0", "dist/old one-1.0.whl", vec![new]);
    wheel.bundled =
        vec![Bundle { folder: PathBuf::from("dist/old one-1.0.whl!/old.libs"), files: vec!["libz.so".to_owned()] }];
    wheel.skipped = vec![format!("{HOSTILE}: exports no init function")];
    let mut nothing = on("3.13.0", HOSTILE, Vec::new());
    nothing.error = Some(HOSTILE.to_owned());
    let targets = vec![
        on("3.12.1", "clean", vec![clean()]),
        on("3.13.0", "clean", vec![clean()]),
        on("3.12.1", "dist/old one-1.0.whl", vec![old()]),
        wheel,
        on("3.13.0", "odd", vec![hostile, failed]),
        nothing,
    ];
    Report {
        schema: SCHEMA,
        tool: Tool { name: "insula".to_owned(), version: "0.0.0".to_owned() },
        interpreters: vec![interpreter("3.12.1"), interpreter("3.13.0")],
        exit_code: Report::exit_code_of(&targets),
        targets,
        shard: None,
        not_examined: vec!["nothing".to_owned()],
    }
}

fn rendered(format: Format) -> String {
    render(&report(), format, Style::default()).unwrap()
}

/// Compares with the file of that name, or writes it.
fn same_as_file(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name);
    if std::env::var_os("INSULA_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(text == expected, "{name} is not as it was:\n{text}");
}

fn valid(schema: &Value, instance: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// Nothing that a terminal, a parser or a reader's eye would take for something else.
fn harmless(text: &str) {
    for c in ['\u{1b}', '\u{0}', '\u{202e}'] {
        assert!(!text.contains(c), "{c:?} is in:\n{text}");
    }
}

#[test]
fn text_is_as_it_was() {
    let text = rendered(Format::Text);
    harmless(&text);
    same_as_file("report.txt", &text);
    let verbose = render(&report(), Format::Text, Style { verbose: true, ..Style::default() }).unwrap();
    harmless(&verbose);
    same_as_file("verbose.txt", &verbose);
    let quiet = render(&report(), Format::Text, Style { quiet: true, ..Style::default() }).unwrap();
    same_as_file("quiet.txt", &quiet);
    let ascii = render(&report(), Format::Text, Style { quiet: true, ascii: true, ..Style::default() }).unwrap();
    same_as_file("ascii.txt", &ascii);
    let table = ascii.lines().filter(|line| line.starts_with("old ") || line.contains(" yes   "));
    assert!(table.clone().count() >= 3 && table.clone().all(str::is_ascii), "{ascii}");
}

#[test]
fn json_is_as_it_was_and_follows_the_documented_schema() {
    let text = rendered(Format::Json);
    same_as_file("report.json", &text);
    let report: Value = serde_json::from_str(&text).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    valid(&schema, &report);
    // The schema is not one that takes anything.
    let mut wrong = report.clone();
    wrong["targets"][0]["modules"][0]["isolated"] = "perhaps".into();
    wrong["surplus"] = true.into();
    assert_eq!(jsonschema::validator_for(&schema).unwrap().iter_errors(&wrong).count(), 2);
    // And it is the same report when it is read back.
    let back: Report = serde_json::from_value(report.clone()).unwrap();
    assert_eq!(serde_json::to_value(back).unwrap(), report);
}

/// The official schema, which the crate `serde-sarif` carries.
fn sarif_schema() -> Value {
    let output = Command::new(env!("CARGO")).args(["metadata", "--format-version", "1"]).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
    let text = std::fs::read_to_string(folder.join("src/schema.json")).unwrap();
    // The pattern of languages has a bracket too many, which only JavaScript puts up with.
    serde_json::from_str(&text.replace("{2}]?$", "{2}$")).unwrap()
}

#[test]
fn sarif_is_as_it_was_and_follows_the_official_schema() {
    let text = rendered(Format::Sarif);
    let mut log: Value = serde_json::from_str(&text).unwrap();
    let schema = sarif_schema();
    valid(&schema, &log);
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let results = typed.runs[0].results.as_ref().unwrap();
    let rules = typed.runs[0].tool.driver.rules.as_ref().unwrap();
    for result in results {
        let index = usize::try_from(result.rule_index.unwrap()).unwrap();
        assert_eq!(result.rule_id.as_deref(), Some(rules[index].id.as_str()));
        assert!(result.partial_fingerprints.is_some());
    }
    assert_eq!(rules.len(), insula_audit::rules::RULES.len());
    let place = &log["runs"][0]["results"][0]["locations"][0];
    let physical = &place["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "src/old%20one.c");
    assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!((&physical["region"]["startLine"], &physical["region"]["startColumn"]), (&4.into(), &8.into()));
    assert_eq!(log["runs"][0]["results"][0]["analysisTarget"]["uri"], "dist/old%20one-1.0.whl!/old.so");
    assert_eq!(place["logicalLocations"][1]["kind"], "variable");
    let mut wrong = log.clone();
    wrong["runs"][0]["results"][0]["level"] = "grave".into();
    assert!(!jsonschema::validator_for(&schema).unwrap().is_valid(&wrong));
    // The rules change often, their pages have a test of their own, and the indices were looked at above.
    log["runs"][0]["tool"]["driver"]["rules"] = Value::Null;
    for result in log["runs"][0]["results"].as_array_mut().unwrap() {
        result["ruleIndex"] = Value::Null;
    }
    same_as_file("report.sarif", &(serde_json::to_string_pretty(&log).unwrap() + "\n"));
}

#[test]
fn junit_is_as_it_was_and_counts_right() {
    let text = rendered(Format::Junit);
    harmless(&text);
    same_as_file("report.xml", &text);
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut cases, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    let mut declared = [0_usize; 4];
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => match tag.name().as_ref() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                "error" => errors += 1,
                "skipped" => skipped += 1,
                "testsuite" => {
                    for (sum, name) in declared.iter_mut().zip(["tests", "failures", "errors", "skipped"]) {
                        let value = tag.try_get_attribute(name).unwrap().unwrap().value;
                        *sum += value.parse::<usize>().unwrap();
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    assert_eq!(declared, [cases, failures, errors, skipped]);
    assert!(failures > 0 && errors > 0 && skipped > 0);
}

#[test]
fn annotations_are_as_they_were_and_one_line_each() {
    let text = rendered(Format::Github);
    harmless(&text);
    same_as_file("report.github.txt", &text);
    for line in text.lines() {
        let command = ["::error ", "::warning ", "::notice "];
        assert!(command.iter().any(|start| line.starts_with(start)), "{line}");
    }
    assert!(text.contains("::error file=src/old one.c,line=4,title=INS103 "), "{text}");
    // What the baseline has is not annotated.
    assert_eq!(text.matches("INS107").count(), 1);
}

#[test]
fn the_page_is_as_it_was_and_lets_nothing_in() {
    let text = rendered(Format::Html);
    harmless(&text.replace("&#27;", "\u{1b}").replace("&#0;", "\u{0}"));
    assert!(!text.contains("<script>alert"));
    assert_eq!(text.matches("<script").count(), 1, "only the page's own script");
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        // The explanations of the rules may cite addresses; nothing of the page is loaded from one.
        let own = before(&text, "<h2>What the rules mean</h2>");
        assert!(!own.contains(outside), "{outside} would be loaded");
    }
    assert!(text.contains("script-src 'sha256-"));
    let (body, rest) = (before(&text, "<h2>What the rules mean</h2>"), after(&text, "<section class=\"aftermath\">"));
    let body = after(body, "<body>");
    same_as_file("report.html", &format!("{body}\n...\n{}", before(rest, "<script>")));
}

#[test]
fn the_ecosystem_is_as_it_was_a_row_for_each_package_and_interpreter() {
    let text = rendered(Format::Ecosystem);
    harmless(&text);
    same_as_file("ecosystem.md", &text);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("| 2026-11-28 |")).collect();
    let tables = report().targets.iter().filter(|target| !target.modules.is_empty()).count();
    assert_eq!(rows.len(), tables);
    for row in rows {
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, Question::ALL.len() + 8, "a name with a bar must not make a column: {row}");
    }
}

#[test]
fn many_modules_are_folded_by_distribution() {
    let mut report = report();
    for target in &mut report.targets {
        let modules = target.modules.clone();
        for number in 0..5 {
            target.modules.extend(modules.iter().cloned().map(|module| ModuleReport {
                name: format!("{}.part{number}", module.name),
                distribution: Some(module.name.clone()),
                ..module
            }));
        }
    }
    let folded = render(&report, Format::Text, Style::default()).unwrap();
    harmless(&folded);
    same_as_file("folded.txt", &folded);
    assert!(folded.contains("such as src/old one.c:4: Type ("), "{folded}");
    let verbose = render(&report, Format::Text, Style { verbose: true, ..Style::default() }).unwrap();
    assert!(folded.lines().count() * 3 < verbose.lines().count(), "{folded}");
    // Nothing is folded away that would change what a reader does: each package and each rule is there.
    for module in report.modules() {
        for finding in module.findings.iter().filter(|finding| finding.severity > Severity::Info && !finding.known) {
            assert!(folded.contains(&finding.rule.to_string()), "{}", finding.rule);
        }
    }
    let quiet = render(&report, Format::Text, Style { quiet: true, ..Style::default() }).unwrap();
    assert!(folded.starts_with(quiet.split("\nnot audited").next().unwrap().trim_end()));
}

fn before<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split(mark).next().unwrap()
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).unwrap_or_else(|| panic!("no {mark}")).1
}

#[test]
fn programs_that_show_findings_are_written_below_the_folder_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut report = report();
    let repeated = report.targets[2].modules[0].findings[1].clone();
    report.targets[2].modules[0].findings.push(repeated);
    report.targets[4].modules[0].name = "../../evil".to_owned();
    let written = insula_audit::repro::write_all(&report, folder.path()).unwrap();
    let relative: Vec<&str> =
        written.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
    assert_eq!(
        relative,
        [
            "3.12.1/old/INS107/repro.py",
            "3.12.1/old/INS107/2/repro.py",
            "3.13.0/old/INS107/repro.py",
            "3.13.0/.._.._evil/INS104/repro.py"
        ]
    );
    assert_eq!(std::fs::read_to_string(&written[0]).unwrap(), "import old\nprint('<&>')\n");
}

/// An environment has ten thousand findings, and a page of them all with their reproducers has fifty megabytes.
#[test]
fn of_very_many_reproducers_the_page_has_one_for_each_rule_of_a_module() {
    let mut large = report();
    let module = &mut large.targets[0].modules[0];
    for number in 0..300 {
        let mut one = finding(RuleId::Ins102, Severity::Warning, &format!("name{number}"), "a text of many");
        one.repro = Some(format!("print('reproducer {number} of many')\n"));
        module.findings.push(one);
    }
    let page = render(&large, Format::Html, Style::default()).unwrap();
    assert_eq!(page.matches("reproducer 0 of many").count(), 1);
    assert!(!page.contains("reproducer 1 of many"));
    assert!(page.contains("has 299 more reproducers of this rule"), "{page}");
    assert_eq!(page.matches("a text of many").count(), 300);
}
