//! `/commands` and `/devices`: for whoever orders, on the port that devices poll.
//!
//! An order may open a door, so a web page or somebody else's machine must not give one. A page
//! names its `Origin`; a name that was rebound to this machine stands in `Host`; a proxy on this
//! machine, whose peers are anywhere, says whom it forwards for.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::desk::{Desk, Ordered};
use super::results::Answered;
use super::told::{Note, raw};
use crate::controlid::dispatch::{Entry, Policy, Standing, Tally, origin_form};
use crate::message::{Headers, Request, Response};
use crate::net::server::is_loopback;
use crate::term::cut;

/// What a command is to the one who asks.
#[derive(Serialize)]
struct Shown<'d> {
    number: u64,
    device: &'d str,
    endpoint: &'d str,
    policy: Policy,
    standing: Standing,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ShownResult<'d>>,
}

#[derive(Serialize)]
struct ShownResult<'d> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'d, str>>,
}

#[derive(Serialize)]
struct Accepted<'d> {
    number: u64,
    device: &'d str,
    endpoint: &'d str,
    /// Its key is known, and it is not queued again.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

/// What a device is to the one who asks.
#[derive(Serialize)]
pub(super) struct ShownDevice<'d> {
    pub(super) id: &'d str,
    pub(super) polls: u64,
    pub(super) last_poll: Option<String>,
    pub(super) waiting: usize,
    pub(super) in_flight: usize,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) lost: u64,
    pub(super) unknown: u64,
}

#[derive(Serialize)]
struct Commands<T> {
    commands: Vec<T>,
}

#[derive(Serialize)]
struct Devices<'d> {
    devices: Vec<ShownDevice<'d>>,
}

#[derive(Serialize)]
struct Wrong<'w> {
    error: &'w str,
}

/// The answer, if the request is for here.
pub(super) fn answer(desk: &mut Desk, request: &Request, peer: SocketAddr) -> Option<Response> {
    if let Err(why) = guard_page(request, desk.is_local) {
        return Some(refuse(desk, request, peer, why));
    }
    let target = origin_form(&request.target);
    let target = target.split(|&byte| byte == b'?').next()?;
    let path = std::str::from_utf8(target).ok()?;
    let number = path.strip_prefix("/commands/");
    if path != "/commands" && path != "/devices" && number.is_none() {
        return None;
    }
    if let Err(why) = guard(request, peer) {
        return Some(refuse(desk, request, peer, why));
    }
    let method = request.method.as_slice();
    Some(match (method, number) {
        (b"POST", None) if path == "/commands" => order(desk, &request.body),
        (b"GET", Some(number)) => one(desk, number),
        (b"GET", None) if path == "/devices" => json(
            200,
            &Devices {
                devices: devices(desk),
            },
        ),
        (b"GET", None) => json(
            200,
            &Commands {
                commands: desk
                    .dispatch
                    .entries()
                    .map(|(number, entry)| shown(number, entry, None))
                    .collect(),
            },
        ),
        _ => wrong(
            405,
            "there are POST /commands, GET /commands, GET /commands/N and GET /devices",
        ),
    })
}

fn refuse(desk: &mut Desk, request: &Request, peer: SocketAddr, why: &'static str) -> Response {
    let target = String::from_utf8_lossy(&request.target);
    let said = format!(
        "{} was asked for by {peer} and refused: {why}",
        cut(&target, 120)
    );
    desk.note(Note::about("guarded", why, said));
    wrong(403, why)
}

/// Whether no web page asks: it could poll a command away, or post a result.
fn guard_page(request: &Request, is_local: bool) -> Result<(), &'static str> {
    let headers = &request.headers;
    let mut sites = headers.all("Sec-Fetch-Site");
    if headers.first("Origin").is_some() || sites.any(|site| site != b"none") {
        return Err("a web page may not ask");
    }
    // Where only this machine is served, any other name was bound to it by somebody else.
    if is_local && !headers.all("Host").all(is_this_machine) {
        return Err("its Host is a name of somebody else");
    }
    Ok(())
}

/// Whether somebody on this machine asks for what is not for devices.
fn guard(request: &Request, peer: SocketAddr) -> Result<(), &'static str> {
    if !is_loopback(peer.ip()) {
        return Err("only this machine may ask");
    }
    // So a proxy asks that does not say for whom.
    if request.version == "HTTP/1.0" {
        return Err("HTTP/1.0 is what proxies speak");
    }
    let headers = &request.headers;
    let forwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via"];
    if forwarded.iter().any(|name| headers.first(name).is_some()) {
        return Err("it came through a proxy");
    }
    if headers.all("Host").all(is_this_machine) {
        Ok(())
    } else {
        Err("its Host is a name of somebody else")
    }
}

fn is_this_machine(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else {
        return false;
    };
    if host.is_empty() || host.parse::<SocketAddr>().is_ok() {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let bare = host.trim_matches(['[', ']']);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok()
        || bare.parse::<IpAddr>().is_ok()
}

fn order(desk: &mut Desk, body: &[u8]) -> Response {
    let orders = match desk.defaults.orders(body) {
        Ok(orders) => orders,
        Err(why) => return wrong(400, &why),
    };
    if desk.is_ending() {
        return wrong(503, "it ends");
    }
    if let Some(why) = desk.clash(&orders) {
        return wrong(409, &why);
    }
    let ordered = if desk.is_broken() {
        Vec::new()
    } else {
        desk.order(orders)
    };
    if desk.is_broken() {
        return wrong(503, "the state file cannot be written");
    }
    let is_new = ordered.iter().any(|it| matches!(it, Ordered::New(_)));
    let accepted = ordered.iter().filter_map(|ordered| {
        let (Ordered::New(number) | Ordered::Known(number) | Ordered::Clash(number)) = *ordered;
        let entry = desk.dispatch.entry(number)?;
        Some(Accepted {
            number,
            device: &entry.device,
            endpoint: &entry.endpoint,
            known: (!matches!(ordered, Ordered::New(_))).then_some(true),
        })
    });
    json(
        if is_new { 202 } else { 200 },
        &Commands {
            commands: accepted.collect(),
        },
    )
}

fn one(desk: &Desk, number: &str) -> Response {
    let number = number.parse().ok();
    let found = number.and_then(|number| Some((number, desk.dispatch.entry(number)?)));
    match found {
        Some((number, entry)) => json(200, &shown(number, entry, desk.result(number))),
        None => wrong(404, "there is no such command"),
    }
}

fn shown<'d>(number: u64, entry: &'d Entry, answered: Option<&'d Answered>) -> Shown<'d> {
    Shown {
        number,
        device: &entry.device,
        endpoint: &entry.endpoint,
        policy: entry.policy,
        standing: entry.standing,
        tries: entry.tries,
        result: answered.map(|answered| ShownResult {
            success: answered.success,
            response: answered.response.as_deref().map(raw),
            error: answered.why(),
        }),
    }
}

/// Every device that polled or has commands.
pub(super) fn devices(desk: &Desk) -> Vec<ShownDevice<'_>> {
    let tallies = desk.tallies();
    let devices = desk.dispatch.devices();
    devices
        .map(|(id, device)| {
            let Tally {
                done,
                failed,
                lost,
                unknown,
                ..
            } = tallies.get(id).copied().unwrap_or_default();
            let last_poll = device
                .last_poll
                .and_then(|at| Timestamp::from_millisecond(at).ok());
            ShownDevice {
                id,
                polls: device.polls,
                last_poll: last_poll.map(|at| at.to_string()),
                waiting: device.waiting(),
                in_flight: device.in_flight(),
                done,
                failed,
                lost,
                unknown,
            }
        })
        .collect()
}

fn wrong(status: u16, error: &str) -> Response {
    json(status, &Wrong { error })
}

fn json(status: u16, value: &impl Serialize) -> Response {
    // Texts, numbers and JSON that was checked: nothing in it can fail to be written.
    let mut body = serde_json::to_vec(value).unwrap_or_default();
    body.push(b'\n');
    let mut headers = Headers::new();
    headers.push("Content-Type", "application/json");
    headers.push("Content-Length", body.len().to_string());
    Response {
        status,
        headers,
        body,
        ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_asks_without_a_word_of_whom_it_asks_for_is_refused() {
        let mut request = Request::new("GET", "/devices");
        let peer = "127.0.0.1:5".parse().unwrap();
        assert!(guard(&request, peer).is_ok());
        request.version = "HTTP/1.0".to_owned();
        assert!(guard(&request, peer).is_err());
    }

    #[test]
    fn only_somebody_on_this_machine_may_ask() {
        let may = |peer: &str, fields: &[(&str, &str)]| {
            let mut request = Request::new("POST", "/commands");
            request.headers = fields.iter().copied().collect();
            let peer = peer.parse().unwrap();
            guard_page(&request, false)
                .and_then(|()| guard(&request, peer))
                .is_ok()
        };
        let here = "127.0.0.1:5";
        for host in [
            "localhost:8000",
            "127.0.0.1:8000",
            "[::1]:8000",
            "[::1]",
            "10.0.0.2",
        ] {
            assert!(may(here, &[("host", host)]), "{host}");
        }
        assert!(may("[::1]:5", &[]) && may("[::ffff:127.0.0.1]:5", &[]));
        assert!(!may("192.168.0.7:5", &[]));
        for field in [
            ("origin", "null"),
            ("Origin", "http://127.0.0.1:8000"),
            ("Host", "evil.example:8000"),
            ("Host", "127.0.0.1.evil.example"),
            ("x-forwarded-for", "1.2.3.4"),
            ("Via", "1.1 proxy"),
            ("Sec-Fetch-Site", "cross-site"),
        ] {
            assert!(!may(here, &[field]), "{field:?}");
        }
    }
}
