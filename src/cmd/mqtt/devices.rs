//! The devices that are watched: named one by one, or by a file.
//!
//! ```text
//! # the ground floor                  [[device]]
//! 00001/iot-0001                      product = "00001"
//! 00001/iot-0002                      name = "iot-0001"
//! ```

use std::fs;
use std::path::Path;

use crate::error::{Error, Place};
use crate::signature::Secret;
use crate::studio::registry::Registry;
use crate::studio::topic::DeviceId;

/// The devices of a file; of the platform's own file those that this application sees.
pub(super) fn read(path: &Path, username: &str) -> Result<Vec<DeviceId>, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    let name = path.display().to_string();
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::input(Place::file(&*name), "it is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let devices = if is_toml(text) {
        from_toml(text, &name, username)
    } else {
        from_lines(text, &name)
    }?;
    if devices.is_empty() {
        return Err(Error::input(Place::file(name), "there is no device in it")
            .with_hint("a line names product and device: 00001/iot-0001"));
    }
    Ok(devices)
}

fn entries(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// A device's line has neither brackets at its start nor an equals sign.
fn is_toml(text: &str) -> bool {
    let first = entries(text).next();
    first.is_some_and(|(_, line)| line.starts_with('[') || line.contains('='))
}

fn from_lines(text: &str, name: &str) -> Result<Vec<DeviceId>, Error> {
    let device = |(number, line): (u64, &str)| {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let wrong = |why| {
            Error::input(
                Place::line(name, number),
                format!("`{}`: {why}", line.escape_debug()),
            )
        };
        line.parse().map_err(wrong)
    };
    entries(text).map(device).collect()
}

/// The devices of a file of the platform's that an application sees.
fn from_toml(text: &str, name: &str, username: &str) -> Result<Vec<DeviceId>, Error> {
    // Its keys are not for here, and may be in variables that only the platform has.
    let registry = Registry::read(name, text, &mut |_| Ok(Secret::new("AAAA")))?;
    let devices = registry.devices.keys();
    let is_ours = |device: &&DeviceId| registry.sees(username, device) != Some(false);
    Ok(devices.filter(is_ours).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("devices");
        fs::write(&path, text).unwrap();
        let devices = read(&path, "userid/1").map_err(|why| why.to_string())?;
        Ok(devices.iter().map(DeviceId::to_string).collect())
    }

    #[test]
    fn a_file_has_a_device_a_line_or_is_the_platforms_own() {
        let both = Ok(vec!["1/a".to_owned(), "1/设备".to_owned()]);
        assert_eq!(of("# all\n\n1/a # the first\r\n 1/设备\n"), both);
        let toml = "# all\n[[device]]\nproduct = \"1\"\nname = \"a\"\nkey = \"x\"\n\n\
                    [[device]]\nproduct = \"1\"\nname = \"设备\"\n";
        assert_eq!(of(toml), both);
        let fleet = "[[user]]\nid = \"1\"\naccess_key = \"env:KEY\"\n\
                     [[user]]\nid = \"2\"\naccess_key = \"env:KEY\"\n\
                     [[device]]\nproduct = \"1\"\nname = \"a{n}\"\ncount = 2\n\
                     [[device]]\nproduct = \"1\"\nname = \"b\"\nof = [\"userid/2\"]\n";
        assert_eq!(of(fleet), Ok(vec!["1/a1".to_owned(), "1/a2".to_owned()]));
    }

    #[test]
    fn what_is_no_device_is_told_with_its_line() {
        assert!(
            of("1/a\n1\n")
                .unwrap_err()
                .contains("devices:2: `1`: write product")
        );
        assert!(
            of("[[device]]\nproduct = 1\n")
                .unwrap_err()
                .contains("devices:2:11: `product` cannot be a number")
        );
        assert!(
            of("[[device]]\nproduct = \"1\"\nname = \"a/b\"\n")
                .unwrap_err()
                .contains("devices:3:8: `a/b` cannot stand in a topic")
        );
        assert!(of("# none\n").unwrap_err().contains("no device"));
        assert!(
            of("[[device]]\nproduct = \"1\"\n")
                .unwrap_err()
                .contains("name")
        );
    }
}
