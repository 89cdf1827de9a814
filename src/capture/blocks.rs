//! A capture in blocks of whole lines, so that several threads can judge it in constant memory.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

use super::BOM;
use super::lines::MAX_LINE;

/// How much is read at once: big enough that calls and hand-overs do not show, small enough
/// that all blocks in flight fit into a few megabytes.
const BLOCK: usize = 256 << 10;

/// Some whole lines.
#[derive(Debug)]
pub struct Block {
    /// The number of its first line, from 1.
    pub first_line: u64,
    /// The lines with their ends; the last one of the input may lack its end.
    pub bytes: Vec<u8>,
    /// Whether the first line is longer than [`MAX_LINE`]: its bytes are dropped.
    pub too_long: bool,
}

/// Cuts a source into blocks.
#[derive(Debug)]
pub struct Blocks<R> {
    source: R,
    /// The start of a line whose end has not been read.
    rest: Vec<u8>,
    next_line: u64,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// The blocks of `source`, of which `start` was read already.
    pub fn new(start: Vec<u8>, source: R) -> Self {
        let mut rest = start;
        if rest.starts_with(BOM) {
            rest.drain(..BOM.len());
        }
        Self {
            source,
            rest,
            next_line: 1,
            ended: false,
        }
    }

    /// The next block, in `buffer`'s memory; none at the end.
    pub fn next(&mut self, mut buffer: Vec<u8>) -> io::Result<Option<Block>> {
        buffer.clear();
        buffer.append(&mut self.rest);
        let mut searched = 0;
        loop {
            if let Some(end) = memrchr(b'\n', &buffer[searched..])
                && (buffer.len() >= BLOCK || self.ended)
            {
                let end = searched + end + 1;
                self.rest.extend_from_slice(&buffer[end..]);
                buffer.truncate(end);
                return Ok(Some(self.block(buffer, false)));
            }
            if self.ended {
                let last = (!buffer.is_empty()).then(|| self.block(buffer, false));
                return Ok(last);
            }
            if buffer.len() > MAX_LINE && memchr(b'\n', &buffer).is_none() {
                self.skip_line()?;
                buffer.clear();
                return Ok(Some(self.block(buffer, true)));
            }
            // Bytes before the last block were searched for a newline in vain.
            searched = if buffer.len() > BLOCK {
                buffer.len() - BLOCK
            } else {
                0
            };
            self.fill(&mut buffer)?;
        }
    }

    fn block(&mut self, bytes: Vec<u8>, too_long: bool) -> Block {
        let first_line = self.next_line;
        let count = memchr_iter(b'\n', &bytes).count() + usize::from(too_long);
        self.next_line += u64::try_from(count).unwrap_or(u64::MAX);
        Block {
            first_line,
            bytes,
            too_long,
        }
    }

    fn fill(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let before = buffer.len();
        buffer.resize(before + BLOCK, 0);
        let read = loop {
            match self.source.read(&mut buffer[before..]) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = *read.as_ref().unwrap_or(&0);
        buffer.truncate(before + count);
        if read? == 0 {
            self.ended = true;
        }
        Ok(())
    }

    /// Drops what is left of a line that is too long.
    fn skip_line(&mut self) -> io::Result<()> {
        let mut buffer = Vec::new();
        while !self.ended {
            buffer.clear();
            self.fill(&mut buffer)?;
            if let Some(end) = memchr(b'\n', &buffer) {
                self.rest.extend_from_slice(&buffer[end + 1..]);
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Block> {
        let mut blocks = Blocks::new(Vec::new(), text);
        let mut found = Vec::new();
        while let Some(block) = blocks.next(Vec::new()).unwrap() {
            found.push(block);
        }
        found
    }

    #[test]
    fn blocks_end_with_lines_and_give_the_whole_text_back() {
        let text: Vec<u8> = (0..60_000)
            .flat_map(|number| format!("line {number}\n").into_bytes())
            .chain(*b"torn")
            .collect();
        let blocks = all(&text);
        assert!(blocks.len() > 2);
        let mut line = 1;
        for block in &blocks {
            assert_eq!(block.first_line, line);
            line += memchr_iter(b'\n', &block.bytes).count() as u64;
        }
        let (last, others) = blocks.split_last().unwrap();
        assert!(others.iter().all(|block| block.bytes.ends_with(b"\n")));
        assert!(last.bytes.ends_with(b"torn"));
        let joined: Vec<u8> = blocks.into_iter().flat_map(|block| block.bytes).collect();
        assert_eq!(joined, text);
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_and_the_next_ones_keep_their_numbers() {
        let mut text = vec![b'x'; MAX_LINE + 3 * BLOCK];
        text.extend_from_slice(b"\nsecond\n");
        let blocks = all(&text);
        assert!(blocks[0].too_long);
        assert_eq!(blocks[1].first_line, 2);
        assert_eq!(blocks[1].bytes, b"second\n");
    }

    #[test]
    fn an_empty_source_has_no_blocks() {
        assert!(all(b"").is_empty());
    }
}
