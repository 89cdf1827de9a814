//! The file that has what the server says.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::Error;

/// Opens it. A file is written anew; both streams append, so that none overwrites the other's
/// lines. A pipe that nobody reads cannot be written: its reader is not waited for.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    begin(path).map_err(|cause| Error::writing(path, cause))
}

fn begin(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    let is_file = std::fs::metadata(path).map_or(true, |there| there.is_file());
    #[cfg(unix)]
    if !is_file {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = options.open(path)?;
        // The server itself may wait for the reader.
        let flags = rustix::fs::fcntl_getfl(&file)?;
        rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
        return Ok(file);
    }
    let file = options.open(path)?;
    // A stream that this process has is no file of its own, though it may lead to one.
    let is_stream = ["/dev", "/proc"].iter().any(|at| path.starts_with(at));
    if is_file && !is_stream {
        file.set_len(0)?;
    }
    Ok(file)
}
