//! What comes is told to the pages: server-sent events.
//!
//! `hello` begins and says what the run is; `record` is a line of the list, with its number for
//! an id; `kept` says which record is the oldest that is still kept; `missed`, how many were gone
//! before they could be told; `end`, that the run is over. A page that comes back says the last id
//! that it has, by `Last-Event-ID` or as `after`, and is told what came since.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::about::About;
use super::{Inspector, page};
use crate::message::Request;
use crate::net::server::{Feed, Giver, Reply};
use crate::receiver::Receiver;

/// So many pages are told at once; connections that nobody reads are ended after a while.
const MOST_PAGES: usize = 32;

/// So many records are told at once.
const BATCH: usize = 100;

/// What comes within this is told together: no eye is faster, and the run has better to do.
const MOMENT: Duration = Duration::from_millis(40);

/// So often something is said although there is nothing to say.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A page that is being told.
struct Page {
    inspector: Rc<Inspector>,
    giver: Giver,
    /// The number of the record that is told next.
    next: u64,
    /// The oldest record that the page was told to be kept.
    first: Cell<u64>,
}

#[derive(Serialize)]
struct Kept {
    first: u64,
}

#[derive(Serialize)]
struct Missed {
    count: u64,
}

impl Inspector {
    /// The events from the record on that the page does not have.
    pub(super) fn feed(
        self: &Rc<Self>,
        query: &str,
        request: &Request,
        receiver: &RefCell<Receiver>,
    ) -> Reply {
        if self.pages.get() >= MOST_PAGES {
            return page::busy("so many pages are open that one more is not told anything");
        }
        let number = |bytes| std::str::from_utf8(bytes).ok()?.parse::<u64>().ok();
        let has = request.headers.first("Last-Event-ID").and_then(number);
        let after = query.strip_prefix("after=").and_then(|it| it.parse().ok());
        let has = has.or(after);
        let (giver, feed) = Feed::pair();
        let hello = event("hello", None, &About::new(self, &receiver.borrow()));
        let page = Page {
            inspector: Rc::clone(self),
            giver,
            // A number of another run is beyond this one's.
            next: match has {
                Some(has) if has <= self.shelf.borrow().last() => has + 1,
                Some(_) | None => self.shelf.borrow().first(),
            },
            first: Cell::new(0),
        };
        self.pages.set(self.pages.get() + 1);
        spawn_local(async move {
            let inspector = Rc::clone(&page.inspector);
            page.tell(hello).await;
            inspector.pages.set(inspector.pages.get() - 1);
        });
        page::events(feed)
    }
}

impl Page {
    /// Tells what comes until the run ends, or the page is gone.
    async fn tell(mut self, hello: Vec<u8>) {
        let mut news = self.inspector.news.subscribe();
        let mut piece = hello;
        loop {
            piece.extend(self.batch());
            if !piece.is_empty() && !self.giver.give(std::mem::take(&mut piece)).await {
                return;
            }
            if news.borrow_and_update().is_none() {
                self.giver.give(event("end", None, &())).await;
                return;
            }
            if self.next <= self.inspector.shelf.borrow().last() {
                // There is more, and the others want their turn.
                tokio::task::yield_now().await;
                continue;
            }
            tokio::select! {
                _ = news.changed() => {}
                () = sleep(HEARTBEAT) => piece.extend_from_slice(b":\n\n"),
                () = self.giver.gone() => return,
            }
            let is_over = news.borrow().is_none();
            if piece.is_empty() && !is_over {
                tokio::select! {
                    () = sleep(MOMENT) => {}
                    _ = news.wait_for(Option::is_none) => {}
                }
            }
        }
    }

    /// The next records as events.
    fn batch(&mut self) -> Vec<u8> {
        let kept = self.inspector.shelf.borrow();
        let mut events = Vec::new();
        let first = kept.first();
        if let Some(count) = first.checked_sub(self.next).filter(|count| *count > 0) {
            events.extend(event("missed", None, &Missed { count }));
            self.next = first;
        }
        for item in kept.from(self.next).take(BATCH) {
            events.extend(event("record", Some(item.entry.id), &item.entry));
            self.next = item.entry.id + 1;
        }
        if self.first.replace(first) != first {
            events.extend(event("kept", None, &Kept { first }));
        }
        events
    }
}

/// An event; JSON has no line breaks.
fn event(name: &str, id: Option<u64>, data: &impl Serialize) -> Vec<u8> {
    let mut text = format!("event: {name}\n");
    if let Some(id) = id {
        // A String takes any text.
        let _ = writeln!(text, "id: {id}");
    }
    text.push_str("data: ");
    text.push_str(&serde_json::to_string(data).unwrap_or_default());
    text.push_str("\n\n");
    text.into_bytes()
}
