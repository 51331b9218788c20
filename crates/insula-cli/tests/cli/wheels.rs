//! Wheels that are not what a wheel should be.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::common::{answers, audit, insula, json_of, module, python};

/// A wheel with one good module, and what the script adds; the script sees `wheel` and `zipfile`.
fn wheel(folder: &Path, script: &str) -> PathBuf {
    let built = module(folder, "_native", "return 0;");
    let path = folder.join("sample-1.0-cp313-cp313-linux_x86_64.whl");
    let head = "import sys, zipfile, warnings\n\
                warnings.simplefilter('ignore')\n\
                with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as wheel:\n    \
                    wheel.write(sys.argv[2], 'sample/' + sys.argv[2].rsplit('/', 1)[1])\n    \
                    wheel.writestr('sample/__init__.py', '')\n    \
                    wheel.writestr('sample-1.0.dist-info/METADATA', 'Name: sample\\nVersion: 1.0\\n\\n')\n";
    let all = head.to_owned() + &script.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let made = Command::new(&python().executable).args(["-c", &all]).args([&path, &built]).status().unwrap();
    assert!(made.success());
    path
}

fn refused(script: &str, text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = wheel(folder.path(), script);
    let (report, output) = audit(&[path.to_str().unwrap()]);
    let error = report["targets"][0]["error"].as_str().unwrap_or_default();
    assert!(error.contains(text) && error.lines().count() == 1, "{text:?} is not in {report:#}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn members_that_would_land_elsewhere_are_refused() {
    refused("wheel.writestr('../evil.py', '')", "\"../evil.py\" would be written outside");
    refused("wheel.writestr('sample/../../evil.py', '')", "outside of the folder");
    refused("wheel.writestr('/tmp/insula-evil.py', '')", "outside of the folder");
    refused("wheel.writestr('..\\\\evil.py', '')", "outside of the folder");
    refused("wheel.writestr('a\\nb/../../c', '')", "outside of the folder");
}

#[test]
fn links_are_refused() {
    let script = "link = zipfile.ZipInfo('sample/data')\n\
                  link.create_system = 3\n\
                  link.external_attr = 0o120777 << 16\n\
                  wheel.writestr(link, '/etc')";
    refused(script, "\"sample/data\" is a symbolic link");
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let begun = Instant::now();
    let script = "with wheel.open('sample/zeros', 'w', force_zip64=True) as zeros:\n    \
                      for _ in range(400): zeros.write(bytes(1 << 20))";
    refused(script, "zip bomb");
    assert!(begun.elapsed().as_secs() < 60);
}

#[test]
fn a_member_that_lies_about_its_size_gets_no_more_than_it_declared() {
    let folder = tempfile::tempdir().unwrap();
    let path = wheel(folder.path(), "wheel.writestr('sample/zeros', bytes(1 << 20))");
    // The sizes in the directory at the end are what is believed: 1 MiB becomes 16 bytes.
    let bytes = std::fs::read(&path).unwrap();
    let (old, new) = ((1_u32 << 20).to_le_bytes(), 16_u32.to_le_bytes());
    let changed: Vec<u8> = {
        let mut changed = bytes.clone();
        let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == old).collect();
        for at in places {
            changed[at..at + 4].copy_from_slice(&new);
        }
        changed
    };
    assert_ne!(changed, bytes);
    std::fs::write(&path, changed).unwrap();
    let (report, _) = audit(&[path.to_str().unwrap()]);
    let target = &report["targets"][0];
    let lied = target["error"].as_str().is_some_and(|error| error.contains("cannot be read as a wheel"));
    assert!(lied || answers(&target["modules"][0]) == "own-gil=undeclared", "{report:#}");
}

#[test]
fn thousands_of_members_are_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let path = wheel(folder.path(), "for number in range(5000): wheel.writestr('sample/data/%d.txt' % number, 'x')");
    let (report, _) = audit(&[path.to_str().unwrap()]);
    assert_eq!(answers(&report["targets"][0]["modules"][0]), "own-gil=undeclared", "{report:#}");
    assert_eq!(report["targets"][0]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn a_wheel_alone_is_loaded_into_an_interpreter_that_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = wheel(folder.path(), "pass");
    // As cibuildwheel's audit-command calls it.
    let mut command = insula();
    let (report, output) = json_of(command.args(["audit", "--no-cache", "--no-config", "--format", "json"]).arg(&path));
    assert!(report["interpreters"][0]["version"].as_str().unwrap().starts_with("3.13."), "{report:#}");
    assert_eq!(report["targets"][0]["modules"][0]["name"], "sample._native");
    assert_eq!(output.status.code(), Some(1));
}
