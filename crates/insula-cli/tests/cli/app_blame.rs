//! Who is to blame: what stands in the way is told from what is done without, whatever fails behind what.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::app::{app, application};
use crate::common::json_of;

fn with(files: &[(&str, &str)]) -> TempDir {
    let folder = application();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_command_hears_nothing_of_what_records_it() {
    let folder = with(&[("idle.py", "")]);
    let text = "import subprocess, sys\nran = subprocess.run([sys.executable, '-c', ''], capture_output=True)\n\
                sys.exit(ran.stderr.decode() or 0)\n";
    fs::write(folder.path().join("checks.py"), text).unwrap();
    let (reports, _) = json_of(&mut app(folder.path(), &["idle", "--format", "json", "--run", "python checks.py"]));
    assert_eq!(reports[0]["notes"], json!([]), "{reports:#}");
    // One of the environment's own runs as before.
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("sitecustomize.py"), "import sys\nsys.stderr.write('hello')\n").unwrap();
    let mut command = app(folder.path(), &["idle", "--format", "json", "--run", "python checks.py"]);
    let (reports, _) = json_of(command.env("PYTHONPATH", &own));
    assert_eq!(reports[0]["notes"][1], "  hellohello", "{reports:#}");
}
