//! Apache out of Debian's packages: unpacked into the cache, not installed. It is this machine's own release, so that
//! it runs on the machine's C library.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::{COMPLETE, cache_dir, ensure_dir};

use crate::process;
use crate::pythons::apt::{Apt, codename};

/// The server, with what it needs.
const SERVER: &str = "apache2-bin";

/// Headers, without the compilers and tools that these packages ask for.
const HEADERS: [&str; 3] = ["apache2-dev", "libapr1-dev", "libaprutil1-dev"];

/// What answers for Apache's own tool when a module is built.
const APXS: &str = include_str!("../../../tests/isolate/hosts/apxs");

/// The folder with `usr/sbin/apache2`, its modules and headers, and `apxs`. It is fetched, unless an earlier run did
/// it.
pub(crate) fn fetch() -> Result<PathBuf> {
    let release = codename();
    if release.is_empty() {
        bail!("Apache is fetched from the packages of the machine's own release, and this is not a release of Debian");
    }
    let parent = cache_dir().join("apache");
    let root = parent.join(&release);
    if root.join(COMPLETE).is_file() {
        return Ok(root);
    }
    ensure_dir(&parent)?;
    // One fetch at a time; the lock ends with the process. Who waited finds the work done.
    let lock = File::create(parent.join(".lock"))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
    if root.join(COMPLETE).is_file() {
        return Ok(root);
    }
    eprintln!("fetching Apache from Debian's packages");
    let folder = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&parent)?;
    let apt = Apt::new(&folder.path().join("apt"), &release)?;
    let mut files = apt.download(&[SERVER.to_owned()])?;
    files.retain(|file| file.file_name().is_some_and(|name| wanted(&name.to_string_lossy())));
    files.extend(apt.download_alone(&HEADERS, folder.path())?);
    let unpacked = folder.path().join("root");
    fs::create_dir(&unpacked)?;
    for file in &files {
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("-x").arg(file).arg(&unpacked);
        process::run(&mut unpack, Duration::from_secs(60))?.ok(&format!("cannot unpack {}", file.display()))?;
    }
    try_out(&unpacked)?;
    let apxs = unpacked.join("apxs");
    fs::write(&apxs, APXS)?;
    fs::set_permissions(&apxs, fs::Permissions::from_mode(0o755))?;
    let names = files.iter().filter_map(|file| file.file_name()?.to_str());
    fs::write(unpacked.join(COMPLETE), names.collect::<Vec<_>>().join("\n") + "\n")?;
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    fs::rename(&unpacked, &root)?;
    Ok(root)
}

/// The server and its libraries: not the C library, which is the machine's own, nor what Apache's scripts are written
/// in.
fn wanted(package: &str) -> bool {
    package.starts_with("apache2-")
        || (package.starts_with("lib")
            && !["libc6_", "libperl", "libgcc"].iter().any(|other| package.starts_with(other)))
}

fn try_out(root: &Path) -> Result<()> {
    let mut command = Command::new(root.join("usr/sbin/apache2"));
    command.arg("-v").env("LD_LIBRARY_PATH", libraries(root)?);
    process::run(&mut command, Duration::from_secs(60))?.ok("Apache was fetched but does not start")?;
    Ok(())
}

/// The folders of its libraries, for `LD_LIBRARY_PATH`.
fn libraries(root: &Path) -> Result<std::ffi::OsString> {
    let multiarch = format!("{}-linux-gnu", std::env::consts::ARCH);
    let folders = ["lib", "usr/lib"].map(|folder| root.join(folder).join(&multiarch));
    std::env::join_paths(folders).context("a folder with a colon in its name")
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn the_machine_keeps_its_own_c_library() {
        assert!(wanted("apache2-bin_2.4.68-1_amd64.deb") && wanted("libapr1_1.7.2-3_amd64.deb"));
        for package in
            ["libc6_2.36-9_amd64.deb", "libperl5.36_5.36.0-7_amd64.deb", "perl_5.36.0-7_amd64.deb", "dpkg_1.21.deb"]
        {
            assert!(!wanted(package), "{package}");
        }
    }
}
