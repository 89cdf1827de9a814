//! Small servers, right and wrong, and the signature computed by other means than pushrig's.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use base64::Engine as _;
use md5::{Digest as _, Md5};
use sha1::Sha1;

/// The token of every server here.
pub(crate) const TOKEN: &str = "a-token-of-mine";

/// What arrived: the head of a request, as it is.
pub(crate) struct Seen(String);

impl Seen {
    /// The request line and the headers.
    pub(crate) fn head(&self) -> &str {
        &self.0
    }

    /// A query parameter as it stands.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let target = self.0.split(' ').nth(1)?;
        let (_, query) = target.split_once('?')?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| {
            let (have, value) = line.split_once(": ")?;
            have.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The `msg` of a OneNET handshake whose signature is right.
    pub(crate) fn onenet(&self, token: &str) -> Option<&str> {
        let (nonce, msg) = (self.query("nonce")?, self.query("msg")?);
        let right = md5_base64(&format!("{token}{nonce}{msg}"));
        (self.query("signature")? == right).then_some(msg)
    }

    /// The `Echostr` of a Tencent handshake whose signature is right.
    pub(crate) fn tencent(&self, token: &str) -> Option<&str> {
        let (nonce, timestamp) = (self.header("Nonce")?, self.header("Timestamp")?);
        let right = sha1_sorted([token, nonce, timestamp]);
        (self.header("Signature")? == right).then_some(self.header("Echostr")?)
    }

    /// The `echostr` of a WeChat handshake whose signature is right.
    pub(crate) fn wechat(&self, token: &str) -> Option<&str> {
        let (nonce, timestamp) = (self.query("nonce")?, self.query("timestamp")?);
        let right = sha1_sorted([token, nonce, timestamp]);
        (self.query("signature")? == right).then_some(self.query("echostr")?)
    }
}

pub(crate) fn md5_base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(Md5::digest(text))
}

fn sha1_sorted(mut parts: [&str; 3]) -> String {
    parts.sort_unstable();
    hex::encode(Sha1::digest(parts.concat()))
}

/// Serves until the tests end; hands out the URL. An answer of `None` never comes: the connection
/// stays open until the client has enough.
pub(crate) fn serve(answer: impl Fn(&Seen) -> Option<Vec<u8>> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Some(seen) = read_head(&mut stream) else {
                continue;
            };
            if let Some(answer) = answer(&seen) {
                // A client that has gone is the test's to judge.
                let _ = stream.write_all(&answer);
            } else {
                let _ = stream.read(&mut [0]);
            }
        }
    });
    format!("http://{address}/push")
}

fn read_head(stream: &mut TcpStream) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok().map(Seen)
}

/// A server that answers 200 and what `echo` makes of a right handshake, and 403 to others.
pub(crate) fn serve_if<E>(
    check: impl for<'s> Fn(&'s Seen) -> Option<&'s str> + Send + 'static,
    echo: E,
) -> String
where
    E: Fn(&str) -> Vec<u8> + Send + 'static,
{
    serve(move |seen| {
        Some(match check(seen) {
            Some(text) => echo(text),
            None => answer("403 Forbidden", "", b"invalid signature"),
        })
    })
}

/// A whole answer; `headers` are lines that end in CRLF.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// 200 and this body.
pub(crate) fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer("200 OK", "Content-Type: text/plain\r\n", body.as_ref())
}
