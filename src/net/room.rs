//! Room for many connections: each takes a file descriptor of the process.

use crate::error::Error;

/// What the process needs besides its connections.
#[cfg(unix)]
const OTHERS: u64 = 64;

/// Makes room for so many connections at once, or says what to do.
#[cfg(unix)]
pub fn make_room(connections: usize) -> Result<(), Error> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = u64::try_from(connections)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHERS);
    let limits = getrlimit(Resource::Nofile);
    if limits.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(needed),
        maximum: limits.maximum,
    };
    let fits = limits.maximum.is_none_or(|maximum| maximum >= needed);
    if fits && setrlimit(Resource::Nofile, raised).is_ok() {
        return Ok(());
    }
    let maximum = limits.maximum.unwrap_or_default();
    Err(Error::usage(format!(
        "{connections} connections need {needed} open files, and this process may have {maximum}"
    ))
    .with_hint(format!(
        "raise it (`ulimit -Hn {needed}` as root, or LimitNOFILE of the service), or take fewer"
    )))
}

/// Other systems have no such limit that a process could raise.
#[cfg(not(unix))]
pub fn make_room(_connections: usize) -> Result<(), Error> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_says_what_to_do() {
        make_room(1).unwrap();
        let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        if let Some(maximum) = limits.maximum {
            let error = make_room(usize::try_from(maximum).unwrap()).unwrap_err();
            assert_eq!(error.code(), 2);
            assert!(error.hint().unwrap().contains("ulimit -Hn"));
        }
    }
}
