//! Debian packages without touching the machine's own package system: a private state of apt, in one folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// The suite that has the newest interpreters.
pub(crate) const NEWEST: &str = "sid";

/// Time for the lists or the packages to arrive over a slow line.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// apt, with its lists, cache and knowledge of what is installed (nothing) in a folder of its own.
pub(crate) struct Apt {
    folder: PathBuf,
    suite: String,
}

impl Apt {
    /// Sets it up in `folder` and fetches the lists of packages of a suite.
    pub(crate) fn new(folder: &Path, suite: &str) -> Result<Self> {
        for tool in ["apt-get", "dpkg-deb"] {
            let version = Command::new(tool).arg("--version").stdout(Stdio::null()).status();
            if version.is_err() {
                bail!("cannot fetch it from Debian: this machine has no {tool}");
            }
        }
        let Some(mirror) = machine_sources().iter().find_map(|source| source.debian(&codename())) else {
            bail!("cannot fetch it from Debian: this machine's apt sources name no mirror of it");
        };
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        fs::write(folder.join("status"), "")?;
        fs::write(folder.join("sources.list"), mirror.line(suite))?;
        let path = folder.display();
        // Read after the machine's own configuration, whose proxies and certificates remain in force.
        let settings = format!(
            "Dir::State \"{path}\";\n\
             Dir::State::status \"{path}/status\";\n\
             Dir::State::lists \"{path}/lists\";\n\
             Dir::Cache \"{path}/cache\";\n\
             Dir::Cache::archives \"{path}/cache/archives\";\n\
             Dir::Etc::sourcelist \"{path}/sources.list\";\n\
             Dir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferences \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"/dev/null\";\n\
             // As root, apt would change to a user who may not enter this folder.\n\
             APT::Sandbox::User \"\";\n\
             APT::Install-Recommends \"false\";\n\
             APT::Install-Suggests \"false\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::Retries \"3\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
             // What the machine does after an update is about its own lists.\n\
             #clear APT::Update::Post-Invoke;\n\
             #clear APT::Update::Post-Invoke-Success;\n\
             #clear DPkg::Post-Invoke;\n"
        );
        fs::write(folder.join("apt.conf"), settings)?;
        let apt = Self { folder: folder.to_owned(), suite: suite.to_owned() };
        apt.get(&["--error-on=any", "update"]).context("cannot fetch Debian's lists of packages; check the network")?;
        Ok(apt)
    }

    /// Fetches packages and everything they need. Returns the package files.
    pub(crate) fn download(&self, packages: &[String]) -> Result<Vec<PathBuf>> {
        let mut arguments = vec!["--yes", "--download-only", "install"];
        arguments.extend(packages.iter().map(String::as_str));
        self.get(&arguments).with_context(|| format!("Debian {} does not give {}", self.suite, packages.join(", ")))?;
        package_files(&self.folder.join("cache/archives"))
    }

    /// Fetches packages, nothing of what they need, into `folder`. Returns the package files.
    pub(crate) fn download_alone(&self, packages: &[&str], folder: &Path) -> Result<Vec<PathBuf>> {
        let mut arguments = vec!["download"];
        arguments.extend(packages);
        self.get_into(folder, &arguments)
            .with_context(|| format!("Debian {} does not give {}", self.suite, packages.join(", ")))?;
        package_files(folder)
    }

    /// Forgets the fetched packages, so that the next download starts from nothing.
    pub(crate) fn clean(&self) -> Result<()> {
        self.get(&["clean"])
    }

    fn get(&self, arguments: &[&str]) -> Result<()> {
        self.get_into(&self.folder, arguments)
    }

    fn get_into(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("apt-get");
        command
            .current_dir(folder)
            .arg("-c")
            .arg(self.folder.join("apt.conf"))
            .args(arguments)
            .env("LC_ALL", "C")
            .env("DEBIAN_FRONTEND", "noninteractive");
        let outcome = process::run(&mut command, TIMEOUT)?;
        if !outcome.success() {
            // apt marks its errors; the first names the cause, the later ones what followed from it.
            let cause = outcome.stderr.lines().find_map(|line| line.strip_prefix("E: ")).unwrap_or(outcome.last_line());
            bail!("apt-get: {} ({})", cause.trim(), outcome.ending());
        }
        Ok(())
    }
}

fn package_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "deb"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("apt-get reported success but fetched no package");
    }
    Ok(files)
}

/// One entry of the machine's list of package sources.
#[derive(Debug, Default, PartialEq, Eq)]
struct Source {
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<String>,
    trusted: bool,
}

/// Where Debian's packages come from on this machine.
#[derive(Debug, PartialEq, Eq)]
struct Mirror {
    uri: String,
    signed_by: Option<String>,
    trusted: bool,
}

impl Mirror {
    /// Its line for a private list of sources.
    fn line(&self, suite: &str) -> String {
        let mut options = Vec::new();
        // Without one, apt takes the keys that the machine trusts for everything.
        options.extend(self.signed_by.as_ref().map(|key| format!("signed-by={key}")));
        options.extend(self.trusted.then(|| "trusted=yes".to_owned()));
        let options = if options.is_empty() { String::new() } else { format!("[{}] ", options.join(" ")) };
        format!("deb {options}{} {suite} main\n", self.uri)
    }
}

impl Source {
    /// The mirror, if the entry is one of Debian's main archive: that of this release or of a well-known suite.
    fn debian(&self, codename: &str) -> Option<Mirror> {
        let known = [codename, "stable", "testing", "unstable", "sid"];
        let main = self.components.iter().any(|component| component == "main");
        let ours = self.suites.iter().any(|suite| known.contains(&suite.as_str()));
        let uri = self.uris.first().filter(|_| main && ours)?.clone();
        Some(Mirror { uri, signed_by: self.signed_by.clone(), trusted: self.trusted })
    }
}

/// The release of Debian that this machine runs; empty on other systems.
pub(crate) fn codename() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(|value| value.trim_matches('"'))
    };
    if value("ID") == Some("debian") { value("VERSION_CODENAME").unwrap_or_default().to_owned() } else { String::new() }
}

fn machine_sources() -> Vec<Source> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    files.extend(parts.map(|entry| entry.path()));
    files.sort();
    let sources = files.iter().filter_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        match file.extension()?.to_str()? {
            "sources" => Some(deb822(&text)),
            "list" => Some(one_line(&text)),
            _ => None,
        }
    });
    sources.flatten().collect()
}

/// Reads the format of `.sources` files: paragraphs of `Field: value`, continued on indented lines.
fn deb822(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).chain([""]) {
        if line.trim().is_empty() {
            sources.extend(paragraph(&std::mem::take(&mut fields)));
        } else if let Some((_, value)) = fields.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
            value.push('\n');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    sources
}

fn paragraph(fields: &[(String, String)]) -> Option<Source> {
    let field = |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value);
    let words = |name: &str| field(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let used = words("types").iter().any(|kind| kind == "deb") && !field("enabled").eq_ignore_ascii_case("no");
    used.then(|| Source {
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        // A key written out in place fits no one-line entry.
        signed_by: Some(field("signed-by").to_owned()).filter(|key| key.starts_with('/') && !key.contains('\n')),
        trusted: field("trusted").eq_ignore_ascii_case("yes"),
    })
}

/// Reads the format of `.list` files: `deb [option=value ...] uri suite component ...`.
fn one_line(text: &str) -> Vec<Source> {
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<Source> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb")?.strip_prefix([' ', '\t'])?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let option =
        |name: &str| options.split_whitespace().find_map(|option| option.strip_prefix(name)?.strip_prefix('='));
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by: option("signed-by").map(str::to_owned),
        trusted: option("trusted") == Some("yes"),
    })
}

#[cfg(test)]
mod tests {
    use super::{Mirror, deb822, one_line};

    fn mirror(uri: &str, signed_by: Option<&str>) -> Option<Mirror> {
        Some(Mirror { uri: uri.to_owned(), signed_by: signed_by.map(str::to_owned), trusted: false })
    }

    #[test]
    fn a_mirror_is_read_from_either_format() {
        let text = "# comment\nTypes: deb deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm\n \
                    bookworm-updates\n\
                    Components: main contrib\nSigned-By: /usr/share/keyrings/key.gpg\n\n\nTypes: deb\nURIs: \
                    http://other.example/\n";
        let found = deb822(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].debian("bookworm"),
            mirror("http://mirror.example/debian", Some("/usr/share/keyrings/key.gpg"))
        );
        assert_eq!(found[1].debian("bookworm"), None);

        let text = "# deb http://old.example/debian bookworm main\n\ndeb-src http://source.example/debian bookworm \
                    main\n\
                    deb [ arch=amd64 signed-by=/k.gpg ] http://mirror.example/debian bookworm main # here\n";
        let found = one_line(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].debian("bookworm"), mirror("http://mirror.example/debian", Some("/k.gpg")));
        assert_eq!(found[0].debian("trixie"), None);
    }

    #[test]
    fn sources_that_are_not_debian_itself_are_passed_over() {
        for line in [
            "deb http://mirror.example/debian-security bookworm-security main",
            "deb https://vendor.example/apt tool-bookworm main",
            "deb https://vendor.example/flat ./",
            "deb https://vendor.example/apt bookworm stable",
        ] {
            assert_eq!(one_line(line)[0].debian("bookworm"), None, "{line}");
        }
        assert!(deb822("Types: deb\nEnabled: no\nURIs: http://m.example\nSuites: sid\nComponents: main\n").is_empty());
    }

    #[test]
    fn a_key_in_place_is_left_to_the_keys_of_the_machine() {
        let text = "Types: deb\nURIs: http://m.example\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN PGP\n \
                    .\n xyz\n";
        assert_eq!(deb822(text)[0].debian(""), mirror("http://m.example", None));
    }

    #[test]
    fn the_line_for_the_private_list() {
        let source = Mirror { uri: "http://m.example".into(), signed_by: Some("/k.gpg".into()), trusted: true };
        assert_eq!(source.line("sid"), "deb [signed-by=/k.gpg trusted=yes] http://m.example sid main\n");
        assert_eq!(mirror("http://m.example", None).unwrap().line("sid"), "deb http://m.example sid main\n");
    }
}
