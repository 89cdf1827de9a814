//! Records as they are, in the lines of a capture: piece by piece, as fast as they are taken.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use tokio::task::{spawn_blocking, spawn_local};

use super::shelf::Item;
use super::{Inspector, page};
use crate::net::server::{Feed, Giver, Reply};

/// So many exports go on at once: each keeps its records until they are taken.
const MOST_EXPORTS: usize = 4;

/// So many bytes are given at once, and the rest of a line.
const PIECE: usize = 256 << 10;

impl Inspector {
    /// The lines of the records that were asked for, each once: `ids=1-3,7`, or all.
    pub(super) fn export(self: &Rc<Self>, query: &str) -> Reply {
        if self.exports.get() >= MOST_EXPORTS {
            return page::busy("so many exports go on that one more has to wait");
        }
        let ranges = match query.strip_prefix("ids=") {
            Some(list) => merged(list.split(',').filter_map(range).collect()),
            None => vec![(0, u64::MAX)],
        };
        let kept = self.shelf.borrow();
        let items: VecDeque<_> = ranges
            .into_iter()
            .flat_map(|(from, to)| kept.from(from).take_while(move |item| item.entry.id <= to))
            .cloned()
            .collect();
        let (giver, feed) = Feed::pair();
        let inspector = Rc::clone(self);
        self.exports.set(self.exports.get() + 1);
        spawn_local(async move {
            give(items, giver).await;
            inspector.exports.set(inspector.exports.get() - 1);
        });
        page::capture(feed)
    }
}

/// Gives all lines; a large body is not written out by the thread that serves.
async fn give(mut items: VecDeque<Arc<Item>>, giver: Giver) {
    while !items.is_empty() {
        let written = spawn_blocking(move || (piece(&mut items), items)).await;
        let Ok((lines, rest)) = written else { return };
        if !giver.give(lines).await {
            return;
        }
        items = rest;
    }
}

/// The next lines.
fn piece(items: &mut VecDeque<Arc<Item>>) -> Vec<u8> {
    let mut lines = Vec::new();
    while lines.len() < PIECE
        && let Some(item) = items.pop_front()
    {
        item.record.write_line(&mut lines);
        lines.push(b'\n');
    }
    lines
}

/// `3`, or `3-7`.
fn range(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// The same numbers, none of them in two ranges.
fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (from, to) in ranges {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_in_one_range_however_often_it_is_asked_for() {
        let ask = |list: &str| merged(list.split(',').filter_map(range).collect());
        assert_eq!(ask("1,1,1,1"), [(1, 1)]);
        assert_eq!(ask("7,1-3,2-5,5,9-8,x,"), [(1, 5), (7, 7), (9, 8)]);
        assert_eq!(ask("1-18446744073709551615,5"), [(1, u64::MAX)]);
    }
}
