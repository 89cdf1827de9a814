//! A file that takes its name only when it is whole: what fails leaves what was there.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A file that is being written.
pub struct Output {
    path: PathBuf,
    draft: Draft,
}

enum Draft {
    /// Takes its place by a rename.
    File {
        draft: tempfile::NamedTempFile,
        place: PathBuf,
    },
    /// A pipe or a device, which a rename would replace: written as it comes.
    Stream(fs::File),
}

impl Output {
    /// Begins the file of this name.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let wrong = |cause| Error::writing(path, cause);
        if is_open_already(path) {
            let stream = fs::OpenOptions::new().append(true).open(path);
            return Ok(Self {
                path: path.to_owned(),
                draft: Draft::Stream(stream.map_err(wrong)?),
            });
        }
        let place = place(path);
        let draft = match fs::metadata(&place) {
            Ok(there) if !there.is_file() => Draft::Stream(
                fs::OpenOptions::new()
                    .write(true)
                    .open(&place)
                    .map_err(wrong)?,
            ),
            _ => Draft::File {
                draft: draft_beside(&place).map_err(wrong)?,
                place,
            },
        };
        Ok(Self {
            path: path.to_owned(),
            draft,
        })
    }

    /// Whether a file of this name could be written, long before it is.
    pub fn check(path: &Path) -> Result<(), Error> {
        match fs::metadata(path) {
            // A pipe is not opened before there is something to say: that would wait for its
            // reader.
            Ok(there) if !there.is_file() && !there.is_dir() => Ok(()),
            _ => Self::create(path).map(drop),
        }
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let result = match &mut self.draft {
            Draft::File { draft, .. } => draft.write_all(bytes),
            Draft::Stream(file) => file.write_all(bytes),
        };
        result.map_err(|cause| Error::writing(&self.path, cause))
    }

    /// It is whole: it takes its name.
    pub fn finish(self) -> Result<PathBuf, Error> {
        match self.draft {
            Draft::File { draft, place } => match draft.persist(place) {
                Ok(_) => Ok(self.path),
                Err(why) => Err(Error::writing(self.path, why.error)),
            },
            Draft::Stream(_) => Ok(self.path),
        }
    }
}

/// Where a file of this name is, or will be: behind a link the file itself is written, and the
/// link stays. Two names of one file have one place.
#[must_use]
pub fn place(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .or_else(|_| {
            Ok(fs::canonicalize(folder_of(path))?.join(path.file_name().unwrap_or_default()))
        })
        .unwrap_or_else(|_: io::Error| path.to_owned())
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether it is the name of a stream that this process has: what stands in it already stays,
/// though it may be a file.
fn is_open_already(path: &Path) -> bool {
    let streams = ["/dev/stdout", "/dev/stderr"].map(Path::new);
    let folders = ["/dev/fd", "/proc/self/fd"].map(Path::new);
    streams.contains(&path) || folders.iter().any(|folder| path.starts_with(folder))
}

fn draft_beside(place: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut draft = tempfile::Builder::new();
    draft.prefix(".pushrig-");
    // A temporary file is its owner's alone; this one becomes an ordinary file.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    draft.tempfile_in(folder_of(place)).map_err(|cause| {
        // The cause names the draft, which nobody asked for.
        match cause.kind() {
            ErrorKind::NotFound => io::Error::new(ErrorKind::NotFound, "there is no such folder"),
            kind => kind.into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "old").unwrap();
        let mut output = Output::create(&path).unwrap();
        output.write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut output = Output::create(&path).unwrap();
        output.write(b"new").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_folder_that_is_not_there_is_found_out_before() {
        let folder = tempfile::tempdir().unwrap();
        let checked = |name: &str| Output::check(&folder.path().join(name));
        assert!(checked("here.xml").is_ok());
        assert!(checked("missing/here.xml").is_err());
        assert!(checked("").is_err(), "a folder is no file");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut output = Output::create(&link).unwrap();
        output.write(b"new").unwrap();
        output.finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");

        let null = Path::new("/dev/null");
        Output::check(null).unwrap();
        let mut output = Output::create(null).unwrap();
        output.write(b"x").unwrap();
        output.finish().unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
    }
}
