//! The inspector: a page that shows what comes while it comes.
//!
//! It is served on the port that is listened on, under `/_pushrig/TOKEN/`, so that one address is
//! all that there is to know. A platform reaches that port, too, perhaps from the whole world
//! through a tunnel. Hence:
//!
//! - [`door`]: only this machine comes in, under a name that is always its own, and with a token
//!   of 128 bits that the operating system drew. All else below `/_pushrig/` is 404. What changes
//!   something is a POST with a header that only a page of ours sends.
//! - [`page`]: what is served is compiled in, and its policy lets nothing else run or be fetched.
//!   What arrived is data in JSON; the page makes text nodes of it and nothing else.
//! - A secret is hidden wherever it stands, as in all that pushrig prints, in the curl command too.
//!   One answer is evidence, and holds what arrived byte for byte, a secret that a peer sent
//!   included, as the capture does: the export.
//!
//! Requests for the page are not evidence: they are neither recorded nor counted, judged, passed on
//! or spoiled by a fault.
//!
//! [`shelf`] keeps the last records and [`feed`] tells the pages of them; each page reads at its
//! own pace, so that one that does not read costs no memory and misses what is gone by then.
//! [`detail`] is worked out when somebody looks, and [`proof`] once, on threads of their own.
//! Without `--ui` none of this is made.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use self::body::Extent;
use self::chain::Chain;
use self::detail::Detail;
use self::entry::Entry;
use self::proof::{Proof, Proofs};
use self::shelf::{Item, Shelf};
use crate::capture::{Record, curl};
use crate::error::Error;
use crate::message::{Request, Url};
use crate::net::server::{Listener, Refused, Reply, is_loopback};
use crate::receiver::{Received, Receiver};
use crate::signature::Veil;

mod about;
mod body;
mod chain;
mod detail;
mod door;
mod entry;
mod export;
mod feed;
mod page;
mod proof;
mod resend;
mod shelf;

/// The page of a run, and the records that it shows.
pub(super) struct Inspector {
    /// Where it listens, without a path.
    url: String,
    token: String,
    veil: Veil,
    /// Where `--forward` passes on to.
    forward: Option<Url>,
    /// Whether requests may be sent again to other machines.
    allow_remote: bool,
    shelf: RefCell<Shelf>,
    proofs: Proofs,
    /// A record is set out for one page after another: that takes memory.
    setting_out: Semaphore,
    /// The number of the newest record; none once the run ends.
    news: watch::Sender<Option<u64>>,
    pages: Cell<usize>,
    exports: Cell<usize>,
}

/// What is known of a request beside its record.
pub(super) struct Known<'k> {
    /// Which one it is, from 1.
    pub(super) number: u64,
    pub(super) received: &'k Received,
    /// The status that it was answered with; none if it was not.
    pub(super) status: Option<u16>,
    pub(super) trouble: Option<&'static str>,
    /// What is wrong with the answer of the server behind this one.
    pub(super) wrong: Option<&'k str>,
    /// When it came, since the start.
    pub(super) at: Duration,
    /// How long its answer took.
    pub(super) took: Duration,
}

impl Inspector {
    /// Whether a request line is for the inspector.
    pub(super) fn is_named_in(line: &[u8]) -> bool {
        memchr::memmem::find(line, door::PREFIX.as_bytes()).is_some()
    }

    /// The page beside a listener; `token` is 128 bits that nobody can guess.
    pub(super) fn new(
        listener: &Listener,
        token: [u8; 16],
        veil: Veil,
        forward: Option<Url>,
        allow_remote: bool,
    ) -> Result<Self, Error> {
        let ip = listener.address().ip();
        if !is_loopback(ip) && !ip.is_unspecified() {
            return Err(Error::usage(format!(
                "--ui is for this machine alone, and does not reach it at {ip}"
            ))
            .with_hint("give --bind 127.0.0.1, or 0.0.0.0 where others are to reach it"));
        }
        Ok(Self {
            url: listener.url(),
            token: hex::encode(token),
            veil,
            forward,
            allow_remote,
            shelf: RefCell::default(),
            proofs: Proofs::default(),
            setting_out: Semaphore::new(1),
            news: watch::Sender::new(Some(0)),
            pages: Cell::default(),
            exports: Cell::default(),
        })
    }

    /// Where the page is.
    pub(super) fn url(&self) -> String {
        format!("{}{}{}/", self.url, door::PREFIX, self.token)
    }

    /// Keeps a request that was answered, or is not going to be.
    pub(super) fn keep(&self, record: Record, known: &Known<'_>) {
        let entry = Entry::of_request(&record, known, &self.veil);
        self.put(entry, record, Some(known.received));
    }

    /// Keeps what did not become a request.
    pub(super) fn keep_refused(&self, record: Record, refused: &Refused, since: Duration) {
        let entry = Entry::of_refused(&record, refused, since.as_secs_f64(), &self.veil);
        self.put(entry, record, None);
    }

    fn put(&self, entry: Entry, record: Record, received: Option<&Received>) {
        let mut kept = self.shelf.borrow_mut();
        let attempt = received.and_then(|it| Some((it.message()?, it.arrival.attempt)));
        kept.keep(entry, record, attempt);
        self.news.send_replace(Some(kept.last()));
    }

    /// The run ends, and the pages are told so.
    pub(super) fn end(&self) {
        self.news.send_replace(None);
    }

    /// Whether a request is for here.
    pub(super) fn is_for(request: &Request) -> bool {
        door::is_for(request)
    }

    /// Answers a request that is for here.
    pub(super) async fn answer(
        self: &Rc<Self>,
        request: &Request,
        peer: SocketAddr,
        receiver: &RefCell<Receiver>,
    ) -> Reply {
        let Some(path) = door::path(request, peer, &self.token) else {
            return page::nothing();
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let reply = match &*request.method {
            b"GET" => self.show(path, query, request, receiver).await,
            b"POST" => match path.strip_prefix("resend/") {
                Some(id) if door::may_change(request) => self.resend(id, &request.body).await,
                Some(_) => page::refused("this is for the page itself"),
                _ => page::nothing(),
            },
            _ => page::nothing(),
        };
        Reply {
            // Pages do not take the places of platforms.
            is_apart: true,
            ..reply
        }
    }

    async fn show(
        self: &Rc<Self>,
        path: &str,
        query: &str,
        request: &Request,
        receiver: &RefCell<Receiver>,
    ) -> Reply {
        if let Some(reply) = page::file(path) {
            return reply;
        }
        match path.split_once('/') {
            None if path == "events" => self.feed(query, request, receiver),
            None if path == "export" => self.export(query),
            Some(("record", id)) => match self.item(id) {
                Some(item) => self.detail(item, query, receiver).await,
                None => page::nothing(),
            },
            Some(("curl", id)) => self
                .item(id)
                .map_or_else(page::nothing, |item| self.curl(&item)),
            _ => page::nothing(),
        }
    }

    fn item(&self, id: &str) -> Option<Arc<Item>> {
        let id = id.parse().ok()?;
        self.shelf.borrow().item(id).cloned()
    }

    async fn detail(&self, item: Arc<Item>, query: &str, receiver: &RefCell<Receiver>) -> Reply {
        let extent = if query == "whole" {
            Extent::MOST
        } else {
            Extent::USUAL
        };
        let checker = Arc::new(receiver.borrow().checker().clone());
        let search = {
            let (item, checker) = (Arc::clone(&item), Arc::clone(&checker));
            move || Proof::of(&item.record, &checker)
        };
        let proof = self.proofs.of(item.entry.id, search).await;
        let _turn = self.setting_out.acquire().await;
        let chain = Chain::new(
            &item,
            &receiver.borrow(),
            &self.shelf.borrow(),
            &checker.veil,
        );
        let set_out = spawn_blocking(move || {
            let proof = proof.unwrap_or_default();
            page::json(&Detail::new(&item, extent, chain, &proof, &checker))
        });
        let failed = |_| page::busy("it could not be worked out");
        set_out.await.unwrap_or_else(failed)
    }

    fn curl(&self, item: &Item) -> Reply {
        let Some(request) = item.record.request() else {
            return page::nothing();
        };
        // Hidden before it is quoted: a quote within a secret would tear it.
        let hide = |bytes: &[u8]| self.veil.hide(bytes).into_owned();
        let hidden = Request {
            method: hide(&request.method),
            target: hide(&request.target),
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (hide(name), hide(value)))
                .collect(),
            body: hide(&request.body),
            ..request.clone()
        };
        let mut shown = curl::write(&hidden);
        if hidden != *request {
            shown.splice(..0, *b"# a secret stood where [secret] stands\n");
        }
        page::text(shown)
    }
}
