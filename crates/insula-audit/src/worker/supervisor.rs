//! The process between the auditor and a worker: orphans fall to it, and it ends every descendant of the worker
//! before it ends itself. A module may fork, start daemons or leave its session: nothing of that outlives its worker.
//!
//! The supervisor is forked from the auditor and never executes another program, so it calls async-signal-safe
//! functions only: it neither allocates, nor locks, nor panics. It reports on a pipe, in records of five bytes. It
//! ends everything when a byte comes on its control pipe, or when that is closed because the auditor was killed.

use std::fs::File;
use std::io::{Error, Read, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::ptr;

use libc::{c_int, pid_t};

/// What the supervisor tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// The worker's process id.
    Started(u32),
    /// The worker's status, as `wait` gives it.
    Ended(i32),
    /// The processor time of the worker and all its descendants, in milliseconds.
    Processor(u32),
    /// How many processes the worker left behind. Nothing comes after it.
    LeftBehind(u32),
}

const STARTED: u8 = b's';
const ENDED: u8 = b'e';
const PROCESSOR: u8 = b'p';
const LEFT_BEHIND: u8 = b'l';

/// How often, and for how long at a time, the supervisor waits for what a worker leaves behind to end by itself.
const GRACE: (u32, c_int) = (10, 10);

/// Reads the next record; nothing once the supervisor has ended.
pub(super) fn next_record(records: &mut File) -> Option<Record> {
    let mut bytes = [0; 5];
    records.read_exact(&mut bytes).ok()?;
    let number = i32::from_ne_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
    match bytes[0] {
        STARTED => Some(Record::Started(number.cast_unsigned())),
        ENDED => Some(Record::Ended(number)),
        PROCESSOR => Some(Record::Processor(number.cast_unsigned())),
        LEFT_BEHIND => Some(Record::LeftBehind(number.cast_unsigned())),
        _ => None,
    }
}

/// A descriptor of the same file, closed on exec. Its number is none that a stream has or that a careless target
/// closes, and nobody else's: so the worker can keep it under this number, and nothing there is overwritten.
pub(super) fn raised(descriptor: &impl AsRawFd) -> Result<OwnedFd> {
    const FIRST: c_int = 200;
    // SAFETY: fcntl with F_DUPFD_CLOEXEC takes integers, and the source is open while it is borrowed.
    let number = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, FIRST) };
    if number < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the call above has just made this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Starts the command as a worker below a supervisor; the supervisor, its records, and the end of its control pipe.
/// `inherited` are the descriptors that the worker keeps.
pub(super) fn start(command: &mut Command, inherited: [RawFd; 3], memory: u64) -> Result<(Child, File, OwnedFd)> {
    let (records, report) = std::io::pipe()?;
    let (commands, control) = std::io::pipe()?;
    let pipes = [report.as_raw_fd(), commands.as_raw_fd()];
    let split = move || {
        let (signals, mask) = begin()?;
        // SAFETY: getpid takes nothing and cannot fail.
        let supervisor = unsafe { libc::getpid() };
        // SAFETY: a fork without libc's handlers, in a process of one thread. The new process goes on to exec and calls
        // async-signal-safe functions until then; so does this one, which never leaves `supervise`.
        match unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) } {
            0 => confine(supervisor, &mask, inherited, memory),
            worker @ 1.. => supervise(worker as pid_t, pipes[0], pipes[1], signals),
            _ => Err(Error::last_os_error()),
        }
    };
    // SAFETY: the closure allocates nothing, takes no lock and calls async-signal-safe functions only, as the time
    // between fork and exec demands; its errors are made of numbers.
    unsafe { command.pre_exec(split) };
    let child = command.spawn()?;
    drop((report, commands));
    Ok((child, OwnedFd::from(records).into(), control.into()))
}

fn checked(result: c_int) -> Result<c_int> {
    if result < 0 { Err(Error::last_os_error()) } else { Ok(result) }
}

/// Makes this process the supervisor: a session of its own, without a terminal, to which orphans fall. Returns a
/// descriptor that tells of ended children, and the signal mask of before.
fn begin() -> Result<(RawFd, libc::sigset_t)> {
    // SAFETY: 1) setsid, prctl, sigemptyset, sigaddset, sigprocmask and signalfd are async-signal-safe or plain
    // system calls;
    // 2) the two sets are written by the calls before they are read, and live across them.
    unsafe {
        checked(libc::setsid())?;
        checked(libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))?;
        let mut wanted: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut wanted);
        libc::sigaddset(&raw mut wanted, libc::SIGCHLD);
        checked(libc::sigprocmask(libc::SIG_BLOCK, &raw const wanted, &raw mut before))?;
        let signals = checked(libc::signalfd(-1, &raw const wanted, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK))?;
        Ok((signals, before))
    }
}

/// What only the worker can set for itself, before exec.
fn confine(supervisor: pid_t, mask: &libc::sigset_t, inherited: [RawFd; 3], memory: u64) -> Result<()> {
    // SAFETY: 1) all of these are async-signal-safe; 2) the mask and the limit live across the calls that read them;
    // 3) the descriptors are open: the auditor holds them until spawn returns.
    unsafe {
        checked(libc::sigprocmask(libc::SIG_SETMASK, ptr::from_ref(mask), ptr::null_mut()))?;
        checked(libc::setpgid(0, 0))?;
        checked(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
        // It may have died before the line above.
        if libc::getppid() != supervisor {
            return Err(Error::from_raw_os_error(libc::ESRCH));
        }
        for (resource, value) in [(libc::RLIMIT_CORE, 0), (libc::RLIMIT_AS, memory)] {
            let limit = libc::rlimit { rlim_cur: value, rlim_max: value };
            checked(libc::setrlimit(resource, &raw const limit))?;
        }
        // What the auditor itself was started with is nothing for the worker. Kernels before 5.11 do not know the call.
        libc::syscall(libc::SYS_close_range, 3, c_int::MAX, libc::CLOSE_RANGE_CLOEXEC);
        for descriptor in inherited {
            checked(libc::fcntl(descriptor, libc::F_SETFD, 0))?;
        }
    }
    Ok(())
}

/// Waits for the worker, ends what is left of its descendants, and itself.
fn supervise(worker: pid_t, report: RawFd, commands: RawFd, signals: RawFd) -> ! {
    close_all_but([report, commands, signals]);
    // An auditor that was killed reads no records any more, and there is still something to be ended.
    // SAFETY: signal is async-signal-safe, and takes the number of a signal that may be ignored.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    tell(report, STARTED, worker);
    let mut ended = false;
    while !ended && !poll([commands, signals], -1) {
        let mut news = [0_u8; 1024];
        // SAFETY: the buffer is as long as is said; what it receives is of no interest.
        while unsafe { libc::read(signals, news.as_mut_ptr().cast(), news.len()) } > 0 {}
        while let Some((pid, status)) = reap(libc::WNOHANG) {
            ended |= noted(report, pid == worker, status);
        }
    }
    let mut left = 0;
    if ended {
        for _ in 0..GRACE.0 {
            while reap(libc::WNOHANG).is_some() {}
            left = each_child(|_| {});
            if left == 0 || poll([commands, -1], GRACE.1) {
                break;
            }
        }
    }
    loop {
        each_child(|pid| {
            // SAFETY: kill takes two integers; the process is a child that has not been waited for, so the number is
            // still its.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        });
        match reap(0) {
            Some((pid, status)) => _ = noted(report, pid == worker, status),
            None => break,
        }
    }
    tell(report, PROCESSOR, processor_time());
    tell(report, LEFT_BEHIND, left.cast_signed());
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(0) }
}

fn noted(report: RawFd, is_worker: bool, status: c_int) -> bool {
    if is_worker {
        tell(report, ENDED, status);
    }
    is_worker
}

/// The processor time of all children that were waited for and of theirs, in milliseconds.
fn processor_time() -> i32 {
    // SAFETY: 1) the structure is made of numbers, for which zero is a value; 2) it lives across the call, a plain
    // system call, which writes it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let milliseconds = |time: libc::timeval| time.tv_sec.saturating_mul(1000).saturating_add(time.tv_usec / 1000);
    let sum = milliseconds(usage.ru_utime).saturating_add(milliseconds(usage.ru_stime));
    i32::try_from(sum).unwrap_or(i32::MAX)
}

/// A child that has ended and its status; nothing if there is none (any more).
fn reap(options: c_int) -> Option<(pid_t, c_int)> {
    let mut status = 0;
    loop {
        // SAFETY: the status lives across the call, which writes it.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, options) };
        if pid > 0 {
            return Some((pid, status));
        }
        // SAFETY: the C library's errno of this thread is always there.
        if pid == 0 || unsafe { *libc::__errno_location() } != libc::EINTR {
            return None;
        }
    }
}

/// Waits until one of the descriptors has something to tell; whether the first one has.
fn poll(descriptors: [RawFd; 2], milliseconds: c_int) -> bool {
    let mut polled = descriptors.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    // SAFETY: the array has two entries and lives across the call.
    unsafe { libc::poll(polled.as_mut_ptr(), 2, milliseconds) };
    polled[0].revents != 0
}

/// Writes a record. If nobody reads it, the auditor has ended, which the control pipe tells.
fn tell(report: RawFd, what: u8, number: i32) {
    let n = number.to_ne_bytes();
    let record = [what, n[0], n[1], n[2], n[3]];
    // SAFETY: the record lives across the call and is as long as is said.
    unsafe { libc::write(report, record.as_ptr().cast(), record.len()) };
}

/// Calls for each child of this process, and returns how many there are.
fn each_child(mut call: impl FnMut(pid_t)) -> u32 {
    let path = c"/proc/thread-self/children";
    // SAFETY: the path ends with NUL.
    let file = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    let (mut count, mut number) = (0, 0);
    let mut buffer = [0_u8; 1024];
    loop {
        // SAFETY: the buffer is as long as is said. If the file could not be opened, the call fails, and there is
        // nothing to list.
        let length = unsafe { libc::read(file, buffer.as_mut_ptr().cast(), buffer.len()) };
        for byte in buffer.iter().take(usize::try_from(length).unwrap_or(0)) {
            if byte.is_ascii_digit() {
                number = number * 10 + pid_t::from(byte - b'0');
            } else if number > 0 {
                call(number);
                count += 1;
                number = 0;
            }
        }
        if length <= 0 {
            break;
        }
    }
    // SAFETY: the descriptor is this function's; where there is none, the call fails.
    unsafe { libc::close(file) };
    count
}

/// Closes what belongs to the worker or to the auditor: pipes must end when those do.
fn close_all_but(mut kept: [RawFd; 3]) {
    kept.sort_unstable();
    let mut first = 0;
    for end in kept.into_iter().chain([c_int::MAX]) {
        close_range(first, end - 1);
        first = end.saturating_add(1);
    }
}

fn close_range(first: c_int, last: c_int) {
    // What kernels without the call below may have open: the usual limit of a process.
    const MOST: c_int = 1 << 16;
    if first > last {
        return;
    }
    // SAFETY: the call takes integers; none of the descriptors is used by this process any more.
    if unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } != 0 {
        for descriptor in first..=last.min(MOST) {
            // SAFETY: as above.
            unsafe { libc::close(descriptor) };
        }
    }
}
