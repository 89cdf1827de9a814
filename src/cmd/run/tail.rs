//! The last lines of what a server says, in memory that does not grow.

use std::collections::VecDeque;
use std::io::{PipeReader, Read as _};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::Error;

/// So much is kept, and so much of it shown.
const MOST_KEPT: usize = 64 << 10;
const MOST_LINES: usize = 50;

/// Who holds the pipe open for longer, though the server has ended, is not waited for.
const LATEST: Duration = Duration::from_millis(500);

/// Reads all that a server says, so that it never waits, and keeps the end.
#[derive(Debug)]
pub(super) struct Tail {
    kept: Arc<Mutex<Kept>>,
    over: Receiver<()>,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: VecDeque<u8>,
    /// Whether something stood before them.
    is_cut: bool,
}

impl Tail {
    pub(super) fn follow(mut pipe: PipeReader) -> Result<Self, Error> {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (end, over) = channel();
        let writes = Arc::clone(&kept);
        // A thread, because the server is not to wait while this process prints.
        thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || {
                let mut chunk = vec![0; MOST_KEPT];
                while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                    let mut kept = writes.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.add(&chunk[..read]);
                }
                // Nobody may be waiting for it.
                let _ = end.send(());
            })?;
        Ok(Self { kept, over })
    }

    /// The last lines, once the server has ended.
    pub(super) fn lines(&self) -> Vec<Vec<u8>> {
        let _ = self.over.recv_timeout(LATEST);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.lines()
    }
}

impl Kept {
    fn add(&mut self, chunk: &[u8]) {
        self.bytes.extend(chunk);
        let more = self.bytes.len().saturating_sub(MOST_KEPT);
        if more > 0 {
            self.bytes.drain(..more);
            self.is_cut = true;
        }
    }

    fn lines(&mut self) -> Vec<Vec<u8>> {
        let bytes = self.bytes.make_contiguous();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if bytes.is_empty() {
            return Vec::new();
        }
        let mut lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
        if self.is_cut && lines.len() > 1 {
            // Half a line misleads.
            lines.remove(0);
        }
        let from = lines.len().saturating_sub(MOST_LINES);
        let bare = |line: &&[u8]| line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        lines[from..].iter().map(bare).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let mut kept = Kept::default();
        for chunk in chunks {
            kept.add(chunk);
        }
        assert!(kept.bytes.len() <= MOST_KEPT);
        let text = |line: Vec<u8>| String::from_utf8(line).unwrap();
        kept.lines().into_iter().map(text).collect()
    }

    #[test]
    fn the_last_lines_are_kept_whole() {
        assert!(lines(&[]).is_empty());
        assert_eq!(lines(&[b"a\r\nb", b"c\n\nd"]), ["a", "bc", "", "d"]);
        let many: Vec<_> = (0..80).map(|n| format!("{n}\n")).collect();
        let many: Vec<_> = many.iter().map(String::as_bytes).collect();
        let last = lines(&many);
        assert_eq!((last.len(), &*last[0], &*last[49]), (50, "30", "79"));
        let long = vec![b'x'; MOST_KEPT];
        assert_eq!(lines(&[b"first\n", &long, b"\nlast\n"]), ["last"]);
        // Where all is one line, a part of it is better than nothing.
        assert_eq!(lines(&[b"y", &long])[0].len(), MOST_KEPT);
    }
}
