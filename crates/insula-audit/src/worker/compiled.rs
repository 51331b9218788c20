//! The probe's parts, compiled once by the interpreter that runs them: to compile them takes longer than many a
//! scenario. They are kept from audit to audit, as Python keeps `.pyc` files; where that is not possible, each worker
//! compiles them itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use insula_pythons::Interpreter;
use sha2::{Digest, Sha256};

use super::plain::run_plain;
use crate::cache::{keep_young, prune, stamp, write_bytes};
use crate::target::fetch::hex;

/// Time for an interpreter to compile a part.
const TIME: Duration = Duration::from_secs(20);

/// What compiles: the arguments are the source, the file for what comes of it, and the name that tracebacks have.
const COMPILER: &str = "\
import marshal, sys
with open(sys.argv[1], encoding='utf-8') as file:
    code = compile(file.read(), sys.argv[3], 'exec')
with open(sys.argv[2], 'wb') as file:
    file.write(marshal.dumps(code))
";

/// What one interpreter compiled.
pub(crate) struct Compiled {
    interpreter: PathBuf,
    /// What tells it from others.
    identity: String,
    folder: PathBuf,
    /// For sources.
    scratch: PathBuf,
    /// Where a part is; nothing for one that could not be compiled.
    known: Mutex<BTreeMap<String, Option<PathBuf>>>,
}

impl Compiled {
    /// What this interpreter compiled, or will.
    pub(crate) fn by(interpreter: &Interpreter, scratch: &Path) -> Self {
        Self::kept_in(&insula_pythons::cache_dir().join("probes"), interpreter, scratch)
    }

    /// The same in a folder of one's own.
    pub(super) fn kept_in(folder: &Path, interpreter: &Interpreter, scratch: &Path) -> Self {
        prune(folder);
        let looks = stamp(&interpreter.executable);
        Self {
            identity: format!("{} {looks} {}", interpreter.executable.display(), interpreter.facts.full_version),
            interpreter: interpreter.executable.clone(),
            folder: folder.to_owned(),
            scratch: scratch.to_owned(),
            known: Mutex::default(),
        }
    }

    /// The file that holds this source as code, marshalled.
    pub(crate) fn place(&self, source: &str, name: &str) -> Option<PathBuf> {
        let digest = hex(&Sha256::digest(format!("{}\n{name}\n{source}", self.identity)));
        // Held meanwhile, so that each part is compiled once.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(digest).or_insert_with_key(|digest| self.make(digest, source, name)).clone()
    }

    fn make(&self, digest: &str, source: &str, name: &str) -> Option<PathBuf> {
        let place = self.folder.join(format!("{digest}.bin"));
        if !is_whole(&place) {
            let (text, code) = (self.scratch.join(format!("{digest}.py")), self.scratch.join(format!("{digest}.bin")));
            std::fs::write(&text, source).ok()?;
            let mut command = Command::new(&self.interpreter);
            command.args(["-I", "-S", "-c", COMPILER]).arg(&text).arg(&code).arg(name);
            command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            run_plain(&mut command, TIME).ok()?.filter(ExitStatus::success)?;
            let mut code = std::fs::read(code).ok()?;
            code.extend(Sha256::digest(&code));
            write_bytes(&place, &code).ok()?;
        }
        keep_young(&place);
        Some(place)
    }
}

/// Whether a file is there and ends in the digest of what is before; what reads marshalled code does not mind that.
fn is_whole(place: &Path) -> bool {
    let kept = std::fs::read(place).unwrap_or_default();
    kept.split_last_chunk::<32>().is_some_and(|(code, sum)| Sha256::digest(code).as_slice() == sum)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_kept_is_whole_and_what_cannot_be_compiled_or_kept_is_said_to_be_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, scratch) = (folder.path().join("kept"), folder.path().join("scratch"));
        fs::create_dir(&scratch).unwrap();
        let python = insula_pythons::resolve("3.13").unwrap();
        let place = |source: &str| Compiled::kept_in(&kept, &python, &scratch).place(source, "<test>");
        let place_of_one = place("one = 1\n").unwrap();
        let made = fs::read(&place_of_one).unwrap();
        let code = format!("import marshal; exec(marshal.loads(open({place_of_one:?}, 'rb').read())); print(one)");
        let ran = Command::new(&python.executable).args(["-c", &code]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "1\n", "{}", String::from_utf8_lossy(&ran.stderr));
        // Half of it, after a crash of the system: it is made anew.
        fs::write(&place_of_one, &made[..made.len() / 2]).unwrap();
        assert_eq!(place("one = 1\n"), Some(place_of_one.clone()));
        assert_eq!(fs::read(&place_of_one).unwrap(), made);
        assert_ne!(place("one = 2\n"), Some(place_of_one));
        assert_eq!(place("one ="), None);
        fs::remove_dir_all(&kept).unwrap();
        fs::write(&kept, "no folder").unwrap();
        assert_eq!(place("one = 1\n"), None);
    }
}
