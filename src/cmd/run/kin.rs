//! The processes that a server is made of: itself, its group, and who left that.
//!
//! A server leads a process group of its own, so that one signal reaches whatever it starts.
//! Who leaves the group (`setsid`, a daemon) is found on Linux alone, where this process takes the
//! place of init for all that it starts: an orphan becomes its child, and is ended like one. On
//! macOS such a process outlives the run; on Windows only the server itself is ended. After a
//! `kill -9` of pushrig nobody is left to end anything.

use std::collections::BTreeSet;
use std::process::ExitStatus;

#[cfg(unix)]
use rustix::process::{Pid, Signal as Number};

use crate::net::stop::Signal;

/// What a process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cmd) enum Word {
    /// To end: by the signal that people send.
    End(Signal),
    /// It ends, and is not asked.
    Kill,
}

/// The processes that became children of this one, though others had started them.
///
/// The default one takes nobody in.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    /// Who was there before anything was started: whoever became pushrig by `exec` may have had
    /// children, which are not ours.
    before: Option<BTreeSet<u32>>,
}

impl Orphans {
    /// Takes orphans in from now on.
    pub(super) fn adopt() -> Self {
        #[cfg(target_os = "linux")]
        {
            // Where the system does not, orphans are init's, as elsewhere.
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        }
        Self {
            before: Some(
                children()
                    .into_iter()
                    .map(|child| child.orphan.id)
                    .collect(),
            ),
        }
    }

    /// Who is there, but for those of `ours`, whom somebody else waits for; whoever has ended is let
    /// go.
    pub(super) fn find(&self, ours: &[Option<u32>]) -> Vec<Orphan> {
        let mut found = Vec::new();
        let Some(before) = &self.before else {
            return found;
        };
        for child in children() {
            if before.contains(&child.orphan.id) || ours.contains(&Some(child.orphan.id)) {
                continue;
            }
            if child.has_ended {
                reap(child.orphan.id);
            } else {
                found.push(child.orphan);
            }
        }
        found
    }
}

/// A process that lost the one which had started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Orphan {
    id: u32,
    /// Its process group. If it leads that, the group is told with it.
    group: u32,
}

impl Orphan {
    /// Whether it is in the group of this leader.
    pub(super) fn is_in(self, leader: Option<u32>) -> bool {
        leader == Some(self.group)
    }

    /// Tells it, and whoever is in its group.
    pub(super) fn tell(self, word: Word) {
        if self.group == self.id {
            tell_group(self.id, word);
        } else {
            tell(self.id, word);
        }
    }
}

struct Child {
    orphan: Orphan,
    has_ended: bool,
}

/// The children of this process, as `proc(5)` tells of them.
///
/// Elsewhere there is no such folder, and so nobody in it.
fn children() -> Vec<Child> {
    let this = std::process::id();
    let ours = processes().filter(|process| process.parent == this);
    let child = |process: Process| Child {
        orphan: Orphan {
            id: process.id,
            group: process.group,
        },
        has_ended: process.has_ended,
    };
    ours.map(child).collect()
}

/// A process, as `proc(5)` tells of it.
struct Process {
    id: u32,
    parent: u32,
    group: u32,
    has_ended: bool,
}

fn processes() -> impl Iterator<Item = Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(|id| {
        // A process may end while it is looked at.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name stands in brackets, and may have any character in it.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let parent: u32 = fields.next()?.parse().ok()?;
        let group: u32 = fields.next()?.parse().ok()?;
        Some(Process {
            id,
            parent,
            group,
            has_ended: matches!(state, "Z" | "X"),
        })
    })
}

#[cfg(unix)]
fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(id).ok()?)
}

#[cfg(unix)]
fn number(word: Word) -> Number {
    match word {
        Word::End(Signal::Interrupt) => Number::INT,
        // A step knows these two, and ends in order.
        Word::End(_) => Number::TERM,
        Word::Kill => Number::KILL,
    }
}

/// Tells a process group; one that is no more hears nothing.
pub(in crate::cmd) fn tell_group(leader: u32, word: Word) {
    #[cfg(unix)]
    if let Some(leader) = pid(leader) {
        let _ = rustix::process::kill_process_group(leader, number(word));
    }
    #[cfg(windows)]
    let _ = (leader, word);
}

/// Tells one process.
fn tell(id: u32, word: Word) {
    #[cfg(unix)]
    if let Some(id) = pid(id) {
        let _ = rustix::process::kill_process(id, number(word));
    }
    #[cfg(windows)]
    let _ = (id, word);
}

fn reap(id: u32) {
    #[cfg(unix)]
    if let Some(id) = pid(id) {
        let _ = rustix::process::waitpid(Some(id), rustix::process::WaitOptions::NOHANG);
    }
    #[cfg(windows)]
    let _ = id;
}

/// Whether nobody is left in the group of a leader that was waited for.
pub(in crate::cmd) fn is_empty(leader: u32) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{WaitOptions, test_kill_process_group, waitpgid};
        let Some(leader) = pid(leader) else {
            return true;
        };
        // Who has ended and is not waited for is in the group still.
        while let Ok(Some(_)) = waitpgid(leader, WaitOptions::NOHANG) {}
        test_kill_process_group(leader).is_err() || is_dead(leader)
    }
    #[cfg(windows)]
    {
        let _ = leader;
        true
    }
}

/// Whether all of a group have ended, and somebody else has not waited for them. Where nobody tells
/// of processes, they count as alive.
#[cfg(unix)]
fn is_dead(leader: Pid) -> bool {
    let leader = leader.as_raw_nonzero().get().unsigned_abs();
    let mut knows = false;
    let this = std::process::id();
    let is_alive = processes().any(|process| {
        knows |= process.id == this;
        process.group == leader && !process.has_ended
    });
    knows && !is_alive
}

/// How a process ended, in words: "exited with 1", "was ended by SIGKILL".
pub(in crate::cmd) fn words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            2 => "SIGINT",
            6 => "SIGABRT",
            9 => "SIGKILL",
            11 => "SIGSEGV",
            13 => "SIGPIPE",
            15 => "SIGTERM",
            _ => return format!("was ended by signal {signal}"),
        };
        return format!("was ended by {name}");
    }
    match status.code() {
        Some(code) => format!("exited with {code}"),
        None => "ended".to_owned(),
    }
}
