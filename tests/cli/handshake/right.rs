//! What a right server checks, computed by other means than pushrig's.

use base64::Engine as _;
use md5::{Digest as _, Md5};
use sha1::Sha1;

use crate::server::{Received, Reply, Server};

/// The token of every server here.
pub(crate) const TOKEN: &str = "a-token-of-mine";

/// A query parameter as it stands.
pub(crate) fn query(request: &Received, name: &str) -> Option<String> {
    let target = request.target();
    let (_, query) = target.split_once('?')?;
    let value = |pair: &str| Some(pair.strip_prefix(name)?.strip_prefix('=')?.to_owned());
    query.split('&').find_map(value)
}

/// The `msg` of a `OneNET` handshake whose signature is right.
pub(crate) fn onenet(request: &Received, token: &str) -> Option<String> {
    let (nonce, msg) = (query(request, "nonce")?, query(request, "msg")?);
    let right = md5_base64(&format!("{token}{nonce}{msg}"));
    (query(request, "signature")? == right).then_some(msg)
}

/// The `Echostr` of a Tencent handshake whose signature is right.
pub(crate) fn tencent(request: &Received, token: &str) -> Option<String> {
    let (nonce, timestamp) = (request.header("Nonce")?, request.header("Timestamp")?);
    let right = sha1_sorted([token, &nonce, &timestamp]);
    (request.header("Signature")? == right).then_some(request.header("Echostr")?)
}

/// The `echostr` of a WeChat handshake whose signature is right.
pub(crate) fn wechat(request: &Received, token: &str) -> Option<String> {
    let (nonce, timestamp) = (query(request, "nonce")?, query(request, "timestamp")?);
    let right = sha1_sorted([token, &nonce, &timestamp]);
    (query(request, "signature")? == right).then_some(query(request, "echostr")?)
}

pub(crate) fn md5_base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(Md5::digest(text))
}

fn sha1_sorted(mut parts: [&str; 3]) -> String {
    parts.sort_unstable();
    hex::encode(Sha1::digest(parts.concat()))
}

/// A server that answers a right handshake with what `reply` makes of its echo, and 403 to others.
pub(crate) fn serve_if(
    check: impl Fn(&Received) -> Option<String> + Send + Sync + 'static,
    reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
) -> Server {
    Server::start(move |request| match check(request) {
        Some(echo) => reply(&echo),
        None => Reply::status(403).body("invalid signature"),
    })
}

/// 200 and this text.
pub(crate) fn ok(body: impl AsRef<[u8]>) -> Reply {
    Reply::ok()
        .header("Content-Type", "text/plain")
        .body(body.as_ref())
}
