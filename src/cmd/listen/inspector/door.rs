//! Who may come in: this machine's own browser, with the token, and nobody through it.

use std::net::{IpAddr, SocketAddr};

use subtle::ConstantTimeEq as _;

use crate::message::{Request, Scheme};
use crate::net::server::is_loopback;

/// Where all pages of the inspector are.
pub(super) const PREFIX: &str = "/_pushrig/";

/// The header that a page of ours sends with what changes something: a form of somebody else's
/// page cannot, and a script of it would have to ask first.
pub(super) const OWN_HEADER: &str = "X-Pushrig";

/// What proxies, tunnels and their services add: whom they forward for is not on this machine,
/// though the proxy may be.
const FORWARDED: [&str; 9] = [
    "Fastly-Client-IP",
    "Forwarded",
    "True-Client-IP",
    "Via",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Original-Forwarded-For",
    "X-Original-Host",
    "X-Real-IP",
];

/// Families of such headers: `X-Forwarded-For`, `CF-Connecting-IP`.
const FORWARDED_FAMILIES: [&[u8]; 2] = [b"X-Forwarded-", b"CF-"];

/// Whether a request is for the inspector, whoever sent it.
pub(super) fn is_for(request: &Request) -> bool {
    parts(&request.target).1.starts_with(PREFIX.as_bytes())
}

/// What stands behind the token, the query included; none for who may not come in.
pub(super) fn path<'r>(request: &'r Request, peer: SocketAddr, token: &str) -> Option<&'r str> {
    let (authority, target) = parts(&request.target);
    if !is_loopback(peer.ip())
        || is_forwarded(request)
        || !names_this_machine(request)
        || !authority.is_none_or(is_this_machine)
    {
        return None;
    }
    let target = std::str::from_utf8(target).ok()?;
    let (given, path) = target.strip_prefix(PREFIX)?.split_once('/')?;
    if !bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
        return None;
    }
    // A link to the page may stand anywhere; what the page fetches is fetched by the page alone.
    let is_own = match request.headers.first("Sec-Fetch-Site") {
        None | Some(b"none" | b"same-origin") => true,
        Some(_) => path.is_empty(),
    };
    is_own.then_some(path)
}

/// The authority and the path of a target: who takes this for a proxy names both (RFC 9112, 3.2.2).
fn parts(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let schemes = [b"http://".as_slice(), b"https://"];
    let rest = schemes.into_iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    match rest {
        Some(rest) => {
            let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, target),
    }
}

fn is_forwarded(request: &Request) -> bool {
    request.headers.iter().any(|(name, _)| {
        let is_of = |family: &[u8]| {
            let start = name.get(..family.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(family))
        };
        FORWARDED_FAMILIES.into_iter().any(is_of)
            || FORWARDED
                .iter()
                .any(|one| name.eq_ignore_ascii_case(one.as_bytes()))
    })
}

/// Whether a request that changes something came from a page of ours.
pub(super) fn may_change(request: &Request) -> bool {
    let scheme = request.scheme.unwrap_or(Scheme::Http);
    let Some(host) = request.authority() else {
        return false;
    };
    let own = [scheme.as_str().as_bytes(), b"://", host].concat();
    let mut origins = request.headers.all("Origin");
    let is_own = origins.next() == Some(own.as_slice()) && origins.next().is_none();
    let site = request.headers.first("Sec-Fetch-Site");
    request.method == b"POST"
        && request.headers.first(OWN_HEADER).is_some()
        && is_own
        && site.is_none_or(|site| site == b"same-origin")
}

/// Whether `Host` is a name or an address that is always this machine's: another name may be one
/// that somebody pointed here for a while, so that his page may read what is ours.
fn names_this_machine(request: &Request) -> bool {
    let mut hosts = request.headers.all("Host");
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    is_this_machine(host)
}

fn is_this_machine(authority: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(authority) else {
        return false;
    };
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
        return false;
    }
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn request(host: &str) -> Request {
        let mut request = Request::new("GET", format!("/_pushrig/{TOKEN}/events?after=1"));
        request.scheme = Some(Scheme::Http);
        request.headers.push("Host", host);
        request
    }

    fn enters(request: &Request, peer: &str) -> bool {
        path(request, SocketAddr::new(peer.parse().unwrap(), 9), TOKEN).is_some()
    }

    #[test]
    fn this_machine_comes_in_by_its_own_names() {
        for host in [
            "127.0.0.1:8000",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8",
            "127.9.9.9",
        ] {
            let request = request(host);
            assert_eq!(
                path(&request, "127.0.0.1:9".parse().unwrap(), TOKEN),
                Some("events?after=1"),
                "{host}"
            );
            assert!(enters(&request, "::ffff:127.0.0.1"));
        }
    }

    #[test]
    fn nobody_else_does_whatever_he_says() {
        for host in [
            "",
            "evil.test",
            "127.0.0.1.evil.test",
            "10.0.0.1",
            "localhost.evil.test",
            "[::1].evil.test",
            "localhost:evil.test",
        ] {
            assert!(!enters(&request(host), "127.0.0.1"), "{host}");
        }
        assert!(!enters(&request("localhost"), "10.0.0.1"));
        let mut two = request("localhost");
        two.headers.push("host", "evil.test");
        assert!(!enters(&two, "127.0.0.1"));
        for (name, value) in [
            ("X-Forwarded-For", "10.0.0.1"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let mut other = request("localhost");
            other.headers.push(name, value);
            assert!(!enters(&other, "127.0.0.1"), "{name}");
        }
        for name in ["cf-ray", "CF-IPCountry", "x-forwarded-proto"] {
            let mut other = request("localhost");
            other.headers.push(name, "1");
            assert!(!enters(&other, "127.0.0.1"), "{name}");
        }
        for name in FORWARDED {
            let mut other = request("localhost");
            other.headers.push(name.to_ascii_lowercase(), "1");
            assert!(!enters(&other, "127.0.0.1"), "{name}");
        }
        for token in [
            "",
            "0123456789abcdef0123456789abcdee",
            "0123456789abcdef0123456789abcde",
        ] {
            let peer = "127.0.0.1:9".parse().unwrap();
            assert_eq!(path(&request("localhost"), peer, token), None, "{token}");
        }
    }

    #[test]
    fn whoever_takes_it_for_a_proxy_comes_to_the_same_door() {
        let to = |target: &str| {
            let mut request = request("localhost:1");
            request.target = target.into();
            request
        };
        let page = format!("/_pushrig/{TOKEN}/");
        for own in ["http://localhost:1", "HTTP://127.0.0.1:1", "https://[::1]"] {
            let request = to(&format!("{own}{page}"));
            assert!(is_for(&request) && enters(&request, "127.0.0.1"), "{own}");
        }
        for foreign in ["http://evil.test", "http://u@localhost:1", "http://"] {
            let request = to(&format!("{foreign}{page}"));
            assert!(is_for(&request), "{foreign}: it has the token all the same");
            assert!(!enters(&request, "127.0.0.1"), "{foreign}");
        }
        for other in ["http://localhost:1", "http://a/b", "*", "x://a/_pushrig/"] {
            assert!(!is_for(&to(other)), "{other}");
        }
    }

    #[test]
    fn only_a_page_of_ours_changes_anything() {
        let fields = [("X-Pushrig", "1"), ("Origin", "http://localhost:1")];
        let right = || {
            let mut request = request("localhost:1");
            request.method = b"POST".to_vec();
            for (name, value) in fields {
                request.headers.push(name, value);
            }
            request
        };
        assert!(may_change(&right()));
        for (name, _) in fields {
            let mut request = right();
            request.headers.remove(name);
            assert!(!may_change(&request), "without {name}");
        }
        for (name, value) in [
            ("Origin", "http://localhost:2"),
            ("Origin", "null"),
            ("Origin", "https://localhost:1"),
            ("Sec-Fetch-Site", "cross-site"),
        ] {
            let mut request = right();
            request.headers.set(name, value);
            assert!(!may_change(&request), "{name}: {value}");
        }
        let mut get = right();
        get.method = b"GET".to_vec();
        assert!(!may_change(&get));
    }
}
