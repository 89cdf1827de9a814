//! The inspector, as far as no browser is needed for it; `interop::inspector` has one.

mod acts;
mod door;
mod feed;
mod views;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::bench::{LIMIT, Running, listen};

/// A run with its page.
fn open(words: &str) -> Running {
    listen(&format!("{words} --ui"))
}

/// An answer: its head, and its body.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    #[track_caller]
    fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {}{text}", self.head))
    }
}

impl Running {
    /// The path of a file of the page.
    fn page(&self, name: &str) -> String {
        let ui = self.ui.as_ref().unwrap();
        let at = ui.find("/_pushrig/").unwrap();
        format!("{}{name}", &ui[at..])
    }

    /// What is answered to a request of these header lines.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, fields: &[&str], body: &str) -> Answer {
        let fields = [fields, &["Connection: close"]].concat().join("\r\n");
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{fields}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let came = self.raw_bytes(request);
        let end = memchr::memmem::find(&came, b"\r\n\r\n").unwrap();
        let head = String::from_utf8(came[..end].to_vec()).unwrap();
        let body = came[end + 4..].to_vec();
        let is_chunked = head.contains("Transfer-Encoding: chunked");
        let body = if is_chunked { joined(&body) } else { body };
        Answer { head, body }
    }

    fn host(&self) -> String {
        format!("Host: {}", self.address())
    }

    /// A file of the page, as the page asks for it.
    #[track_caller]
    fn get(&self, name: &str) -> Answer {
        self.ask("GET", &self.page(name), &[&self.host()], "")
    }

    /// What is known of a record.
    #[track_caller]
    fn record(&self, id: u64) -> Value {
        self.get(&format!("record/{id}")).json()
    }

    /// The events from that record on.
    fn events(&self, after: &str) -> Events {
        let mut stream = self.connect();
        let (path, host) = (self.page("events"), self.host());
        write!(stream, "GET {path} HTTP/1.1\r\n{host}\r\n{after}\r\n").unwrap();
        Events(BufReader::new(stream))
    }
}

/// A body whose chunks came one after another, to the last one.
#[track_caller]
fn joined(mut chunked: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = memchr::memmem::find(chunked, b"\r\n").unwrap();
        let size = std::str::from_utf8(&chunked[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        let chunk = &chunked[end + 2..];
        body.extend_from_slice(&chunk[..size]);
        chunked = &chunk[size + 2..];
    }
}

/// Events as they come; what stands between them, and how they are chunked, is passed over.
struct Events(BufReader<TcpStream>);

/// An event: its name, its id, its data.
struct Event {
    name: String,
    id: Option<u64>,
    data: Value,
}

impl Events {
    /// The next event; none when the connection is over.
    fn next(&mut self) -> Option<Event> {
        let (mut name, mut id) = (String::new(), None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", text)) => text.clone_into(&mut name),
                Some(("id", text)) => id = text.parse().ok(),
                Some(("data", text)) => {
                    let data = serde_json::from_str(text).unwrap();
                    return Some(Event { name, id, data });
                }
                _ => {}
            }
        }
    }

    /// The next one of that name.
    #[track_caller]
    fn wait(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().unwrap_or_else(|| panic!("no {name} came"));
            if event.name == name {
                return event;
            }
        }
    }
}

/// Waits until so many records are there.
#[track_caller]
fn wait_for(running: &Running, id: u64) {
    let begun = Instant::now();
    while running.get(&format!("record/{id}")).status() != 200 {
        assert!(begun.elapsed() < LIMIT, "there is no record {id}");
        thread::sleep(Duration::from_millis(5));
    }
}
