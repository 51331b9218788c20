//! Interpreters by way of uv, where it is installed.

use std::io;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// Has uv install a version. Not an error where there is no uv: then there is another way, or a better reason.
pub(crate) fn install((major, minor): (u32, u32)) -> Result<()> {
    let version = format!("{major}.{minor}");
    match Command::new("uv").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        _ => eprintln!("fetching CPython {version} with uv"),
    }
    let output = Command::new("uv").args(["python", "install", &version]).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it wrote nothing");
        bail!("uv cannot install it ({})", last.trim());
    }
    Ok(())
}
