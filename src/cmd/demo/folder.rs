//! The files of a demo: the capture, the queue, a report; in a folder that goes away or stays.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::capture::{self, Record};
use crate::config;
use crate::error::Error;
use crate::message::Request;

/// The capture of the receiver.
pub(super) const CAPTURE: &str = "day.ndjson";
/// The push that was changed on its way.
pub(super) const TAMPERED: &str = "tampered.ndjson";
/// What the device is to do.
pub(super) const ORDERS: &str = "orders.ndjson";
/// The report of the replay.
pub(super) const REPORT: &str = "replay.html";
/// The key of the sealed push: in a file, because it is long.
pub(super) const KEY: &str = "aes.key";

/// It would be looked for upward, and somebody else's found.
const CONFIG: &str = "# The demo's own, and empty: its calls say all that they need.\n";

/// The folder.
pub(super) struct Folder {
    path: PathBuf,
    /// What removes it at the end.
    passing: Option<TempDir>,
}

impl Folder {
    /// A folder that goes away, or this one.
    pub(super) fn open(keep: Option<PathBuf>) -> Result<Self, Error> {
        let folder = match keep {
            None => {
                let passing = tempfile::tempdir()
                    .map_err(|cause| Error::writing(std::env::temp_dir(), cause))?;
                Self {
                    path: passing.path().to_owned(),
                    passing: Some(passing),
                }
            }
            Some(path) => {
                fs::create_dir_all(&path).map_err(|cause| Error::writing(&path, cause))?;
                let mut entries =
                    fs::read_dir(&path).map_err(|cause| Error::reading(&path, cause))?;
                if entries.next().is_some() {
                    let path = path.display();
                    return Err(Error::usage(format!("--keep: {path} is not empty"))
                        .with_hint("name a folder that is not there yet"));
                }
                Self {
                    path,
                    passing: None,
                }
            }
        };
        folder.write(config::FILE_NAME, CONFIG.as_bytes())?;
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it stays.
    pub(super) fn is_kept(&self) -> bool {
        self.passing.is_none()
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|cause| Error::writing(path, cause))
    }

    /// What the receiver has recorded so far.
    pub(super) fn records(&self) -> Result<Vec<Record>, Error> {
        let path = self.path.join(CAPTURE);
        let bytes = fs::read(&path).map_err(|cause| Error::reading(path, cause))?;
        let reading = capture::read_all(CAPTURE, &bytes)?;
        reading
            .items
            .into_iter()
            .map(|item| item.map(|located| located.record))
            .collect()
    }

    /// The names of the files.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| name != config::FILE_NAME).collect();
        names.sort();
        names
    }
}

/// The request as something sent it on that parsed its JSON and wrote it again: Python's
/// `json.dumps` puts a blank behind each `:` and `,`. The length says so, as such a thing would.
pub(super) fn rewritten(request: &Request) -> Request {
    let mut rewritten = request.clone();
    rewritten.body = spaced(&request.body);
    let length = rewritten.body.len().to_string();
    rewritten.headers.set("Content-Length", length);
    rewritten
}

/// A capture of this request alone.
pub(super) fn capture_of(platform: &str, request: Request) -> Vec<u8> {
    let record = Record {
        platform: Some(platform.to_owned()),
        ..Record::of(request)
    };
    let mut line = record.to_line();
    line.push(b'\n');
    line
}

/// Compact JSON with a blank behind what parts its values.
fn spaced(json: &[u8]) -> Vec<u8> {
    let mut spaced = Vec::with_capacity(json.len() + 16);
    let (mut is_text, mut is_escaped) = (false, false);
    for &byte in json {
        spaced.push(byte);
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b':' | b',' if !is_text => spaced.push(b' '),
            _ => {}
        }
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_python_does() {
        // python3 -c 'import json; print(json.dumps(json.loads(r"""…""")))'
        for (compact, python) in [
            (r#"{"a":1,"b":[2,3]}"#, r#"{"a": 1, "b": [2, 3]}"#),
            (r#"{"a":":,\",:"}"#, r#"{"a": ":,\",:"}"#),
            (r#"["\\",1]"#, r#"["\\", 1]"#),
        ] {
            assert_eq!(spaced(compact.as_bytes()), python.as_bytes());
        }
    }
}
