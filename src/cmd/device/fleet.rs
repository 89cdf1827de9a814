//! Who polls: the ids of a run's devices.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::flags::WhoArgs;
use crate::controlid::identity::Identity;
use crate::error::{Error, Place};

/// The devices of a run: at least one.
pub(super) fn identities(who: &WhoArgs) -> Result<Vec<Identity>, Error> {
    if let Some(path) = &who.ids {
        return listed(path, who.devices);
    }
    let first = match (who.id, &who.serial) {
        (Some(id), _) => Identity::from_id(id),
        (None, Some(serial)) => {
            Identity::from_serial(serial).map_err(|why| Error::usage(format!("--serial: {why}")))?
        }
        (None, None) => {
            return Err(Error::usage("no device was named")
                .with_hint("give --id 478435, or --serial 0G0200/005B6D"));
        }
    };
    let count = i64::from(who.devices.unwrap_or(1));
    let base = first.id();
    if base.checked_add(count - 1).is_none() {
        return Err(Error::usage(
            "the ids of so many devices do not fit in 64 bits",
        ));
    }
    let others = (1..count).map(|offset| Identity::from_id(base + offset));
    Ok(std::iter::once(first).chain(others).collect())
}

/// The devices of a file, one a line; empty lines and those that begin with `#` are passed over.
fn listed(path: &Path, count: Option<u32>) -> Result<Vec<Identity>, Error> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::input(Place::file(&name), "it is not UTF-8"))?;
    let mut found: Vec<Identity> = Vec::new();
    let mut known = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = || Place::line(&name, number);
        let identity = match line.parse() {
            Ok(id) => Identity::from_id(id),
            Err(_) => Identity::from_serial(line).map_err(|_| {
                Error::input(
                    place(),
                    format!("{line:?} is neither a deviceId nor a serial"),
                )
            })?,
        };
        if let Some(first) = known.insert(identity.id(), number) {
            let what = format!("device {} stands in line {first} already", identity.id());
            return Err(Error::input(place(), what));
        }
        found.push(identity);
    }
    let have = found.len();
    let wanted = count.map_or(have, |count| usize::try_from(count).unwrap_or(usize::MAX));
    if wanted > have || have == 0 {
        let what = match have {
            0 => "it names no device".to_owned(),
            _ => format!("{wanted} devices are asked for, and it names {have}"),
        };
        return Err(Error::input(Place::file(&name), what));
    }
    found.truncate(wanted);
    Ok(found)
}
