//! Room for many connections: each takes a file descriptor of the process.

use crate::error::Error;

/// What the process needs besides its connections.
#[cfg(unix)]
const OTHERS: u64 = 64;

/// Makes room for so many connections at once, or says what to do.
#[cfg(unix)]
pub fn make_room(connections: usize) -> Result<(), Error> {
    let room = widen(connections);
    if room >= connections {
        return Ok(());
    }
    let wanted = needed(connections);
    Err(Error::usage(format!(
        "{connections} connections need {wanted} open files, and this process may have {}",
        needed(room)
    ))
    .with_hint(format!(
        "raise it (`ulimit -Hn {wanted}` as root, or LimitNOFILE of the service), or take fewer"
    )))
}
/// Makes room for so many connections at once, or for as many as may be, and gives how many.
#[cfg(unix)]
#[must_use]
pub fn widen(connections: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = needed(connections);
    let limits = getrlimit(Resource::Nofile);
    if limits.current.is_none_or(|current| current >= needed) {
        return connections;
    }
    let most = limits.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit {
        current: Some(most),
        maximum: limits.maximum,
    };
    let reached = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => most,
        Err(_) => limits.current.unwrap_or(needed),
    };
    usize::try_from(reached.saturating_sub(OTHERS)).unwrap_or(connections)
}

#[cfg(unix)]
fn needed(connections: usize) -> u64 {
    u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHERS)
}

/// Other systems have no such limit that a process could raise.
#[cfg(not(unix))]
pub fn make_room(_connections: usize) -> Result<(), Error> {
    Ok(())
}

/// Other systems have no such limit that a process could raise.
#[cfg(not(unix))]
#[must_use]
pub fn widen(connections: usize) -> usize {
    connections
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_says_what_to_do() {
        make_room(1).unwrap();
        let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        if let Some(maximum) = limits.maximum {
            let maximum = usize::try_from(maximum).unwrap();
            let error = make_room(maximum).unwrap_err();
            assert_eq!(widen(maximum), maximum - usize::try_from(OTHERS).unwrap());
            assert_eq!(error.code(), 2);
            assert!(error.hint().unwrap().contains("ulimit -Hn"));
        }
    }
}
