//! The last records, as many as have room.

use std::collections::VecDeque;
use std::sync::Arc;

use super::entry::Entry;
use crate::capture::{Content, Record};
use crate::message::{Headers, Response};
use crate::receiver::MessageId;

/// So many records are kept.
pub(super) const MOST_RECORDS: usize = 1_000;

/// So many bytes of them are kept; the last one is, whatever it has.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What a record takes beside its bytes, about.
const EACH: usize = 1 << 10;

/// A record that is kept.
pub(super) struct Item {
    pub(super) entry: Entry,
    pub(super) record: Record,
    /// The message that it carries, and which attempt it is of it.
    pub(super) attempt: Option<(MessageId, usize)>,
    size: usize,
}

/// The last records; their numbers are given in order, from 1.
#[derive(Default)]
pub(super) struct Shelf {
    items: VecDeque<Arc<Item>>,
    bytes: usize,
    last: u64,
}

impl Shelf {
    /// Keeps a record, and forgets the oldest where there is no room for all.
    pub(super) fn keep(
        &mut self,
        mut entry: Entry,
        record: Record,
        attempt: Option<(MessageId, usize)>,
    ) {
        self.last += 1;
        entry.id = self.last;
        let size = EACH + size_of(&record);
        self.bytes += size;
        self.items.push_back(Arc::new(Item {
            entry,
            record,
            attempt,
            size,
        }));
        while self.items.len() > MOST_RECORDS || self.bytes > MOST_BYTES && self.items.len() > 1 {
            let oldest = self.items.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.size);
        }
    }

    /// The number of the oldest that is kept; that of the next one where none is.
    pub(super) fn first(&self) -> u64 {
        self.last + 1 - self.items.len() as u64
    }

    /// The number of the newest; 0 before there is one.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The record of this number, if it is kept.
    pub(super) fn item(&self, id: u64) -> Option<&Arc<Item>> {
        let at = id.checked_sub(self.first())?;
        self.items.get(usize::try_from(at).ok()?)
    }

    /// Those from this number on, in order.
    pub(super) fn from(&self, id: u64) -> impl Iterator<Item = &Arc<Item>> {
        let skipped = id.saturating_sub(self.first());
        self.items
            .iter()
            .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }
}

fn size_of(record: &Record) -> usize {
    let content = match &record.content {
        Content::Request(request) => {
            // Sizes of chunks take eight bytes each.
            request.target.len()
                + size_of_fields(&request.headers)
                + request.body.len()
                + 8 * request.chunks.len()
        }
        Content::Mqtt(message) => message.payload.len(),
        Content::Unparsed { bytes, .. } => bytes.len(),
    };
    let answer = |it: &Response| size_of_fields(&it.headers) + it.body.len();
    content + record.response.as_ref().map_or(0, answer)
}

fn size_of_fields(headers: &Headers) -> usize {
    let fields = headers.iter();
    fields
        .map(|(name, value)| name.len() + value.len() + 16)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Request;

    fn keep(shelf: &mut Shelf, body: usize) {
        let mut request = Request::new("POST", "/");
        request.body = vec![b'x'; body];
        shelf.keep(Entry::default(), Record::of(request), None);
    }

    #[test]
    fn the_oldest_is_gone_where_there_are_too_many_or_too_many_bytes() {
        let mut shelf = Shelf::default();
        assert_eq!((shelf.first(), shelf.last()), (1, 0));
        for _ in 0..MOST_RECORDS + 5 {
            keep(&mut shelf, 10);
        }
        assert_eq!((shelf.first(), shelf.last()), (6, 1_005));
        assert!(shelf.item(5).is_none() && shelf.item(1_006).is_none());
        assert_eq!(shelf.item(6).unwrap().entry.id, 6);
        assert_eq!(shelf.from(1_004).count(), 2);
        assert_eq!(shelf.from(0).count(), MOST_RECORDS);
        keep(&mut shelf, MOST_BYTES);
        assert_eq!(
            (shelf.first(), shelf.last()),
            (1_006, 1_006),
            "the last one is kept"
        );
        keep(&mut shelf, 1);
        assert_eq!(shelf.first(), 1_007);
    }
}
