//! Hosts with a defect of their own, and files that come in a wheel.

use std::process::Command;

use crate::common::{answers, audit, insula, module, python};

/// Audits a module in an environment whose sub-interpreters do not survive their start where this is so, whatever is
/// imported.
fn audit_where(defect: &str, module: &str) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    let made = Command::new(&python().executable).args(["-m", "venv", "--without-pip"]).arg(&venv).status().unwrap();
    assert!(made.success());
    let site = venv.join("lib/python3.13/site-packages/sitecustomize.py");
    let defect =
        format!("import _interpreters, posix\nme = _interpreters.get_current()[0]\nif {defect}: posix._exit(7)\n");
    std::fs::write(site, defect).unwrap();
    let output =
        insula().args(["audit", "--format", "json", module, "--python"]).arg(venv.join("bin/python")).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["targets"][0]["modules"][0].clone()
}

#[test]
fn what_two_interpreters_share_is_known_though_the_host_cannot_judge_one_kind_of_them() {
    let module = audit_where("me != 0 and _interpreters.get_config(me).gil == 'own'", "xxlimited_35");
    assert_eq!(module["rules"]["INS303"]["status"], "inconclusive", "{module:#}");
    assert_eq!(module["rules"]["INS107"]["status"], "broken");
    assert_eq!(module["answers"]["legacy"]["answer"], "no");
    let own_gil = &module["answers"]["own-gil"];
    assert_eq!(own_gil["answer"], "no");
    assert!(own_gil["why"].as_str().unwrap().contains("INS107"), "{own_gil}");
}

#[test]
fn a_failure_that_the_control_shares_is_inconclusive_and_names_the_host() {
    let report = audit_where("me != 0", "_json");
    let module = &report;
    assert_eq!(module["rules"]["INS302"]["status"], "inconclusive", "{report:#}");
    assert_eq!(module["rules"]["INS303"]["status"], "inconclusive");
    assert_eq!(module["isolated"], "unknown");
    assert_eq!(module["answers"]["again"]["answer"], "yes");
    assert_eq!(module["answers"]["legacy"]["answer"], "inconclusive");
    let findings = module["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == "INS901").unwrap();
    assert!(finding["message"].as_str().unwrap().contains("CPython 3.13"), "{finding}");
}

#[test]
fn a_wheel_is_unpacked_and_its_modules_are_named_by_their_place_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let built = module(folder.path(), "_native", "return 0;");
    let wheel = folder.path().join("sample-1.0-cp313-cp313-linux_x86_64.whl");
    let script = "import sys, zipfile\n\
                  with zipfile.ZipFile(sys.argv[1], 'w') as wheel:\n    \
                      wheel.writestr('sample/__init__.py', 'from sample import _native')\n    \
                      wheel.write(sys.argv[2], 'sample/' + sys.argv[2].rsplit('/', 1)[1])\n    \
                      wheel.writestr('sample-1.0.dist-info/METADATA', 'Name: sample\\nVersion: 1.0\\n\\n')\n";
    let zipped = Command::new(&python().executable).args(["-c", script]).args([&wheel, &built]).status().unwrap();
    assert!(zipped.success());
    let (report, _) = audit(&[wheel.to_str().unwrap()]);
    let module = &report["targets"][0]["modules"][0];
    assert_eq!(module["name"], "sample._native", "{report:#}");
    assert_eq!(module["version"], "1.0");
    assert_eq!(answers(module), "own-gil=undeclared");
    let member = format!("{}!/sample/{}", wheel.display(), built.file_name().unwrap().to_str().unwrap());
    assert_eq!(module["path"], member);
}
