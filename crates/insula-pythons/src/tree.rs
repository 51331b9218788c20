//! Ends a program together with what it started.

use std::fs;
use std::io;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

/// Kills `child` and all processes that descend from it, then collects it.
///
/// A process group of its own would be simpler to end, but Ctrl-C on the terminal would no longer reach it.
pub fn end_tree(child: &mut Child) -> io::Result<()> {
    let descendants = descendants_of(child.id());
    // The root first: it then starts no more. It has not been collected, so its number is still its own.
    child.kill()?;
    for pid in descendants {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // One that has ended by itself is no error.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    child.wait()?;
    Ok(())
}

/// Children, their children and so on, as far as the system tells (only Linux does, by files).
fn descendants_of(root: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> = numbers.filter_map(|pid| Some((pid, parent_of(pid)?))).collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
        next += 1;
    }
    family.split_off(1)
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // `pid (name) state parent ...`, where the name may hold blanks and brackets of its own.
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}
