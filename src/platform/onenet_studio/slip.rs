//! Mistakes that a token shows by itself: they are read off its text, whatever it is signed
//! with. What only the signature tells is the search's, [`crate::signature::explain`].

use jiff::{SignedDuration, Timestamp};

use super::{MILLIS_FROM, NAMES, VERSIONS, kind, versions_of};
use crate::signature::Digest;
use crate::signature::evidence::{pairs, percent_decoded};

/// A mistake that a token shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// `family.slug`, as a mistake of the search.
    pub id: &'static str,
    /// What was done, a sentence without a full stop.
    pub title: String,
    /// What to do instead.
    pub advice: &'static str,
    /// Whether the token proves it; else it is one way to explain what is seen.
    pub is_proved: bool,
}

/// What is known beside the token.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The time at which it is judged.
    pub now: Timestamp,
    /// When it should end, and how far off that may be, if anybody said so.
    pub end: Option<(Timestamp, SignedDuration)>,
    /// Whether its `sign` fits its other fields.
    pub is_signed: bool,
}

/// All that the text of a token shows to be wrong with it, in the order of its fields.
#[must_use]
pub fn slips(credential: &[u8], known: &Known) -> Vec<Slip> {
    let whole = whole(credential);
    if whole.iter().any(|slip| slip.id == "token.whole-encoded") {
        return whole;
    }
    if !NAMES.iter().any(|name| has_field(credential, name)) {
        let title = "this is no token: none of its five fields stands there";
        return vec![proved("token.field-missing", title, FIELDS)];
    }
    let mut found = whole;
    let mut values = NAMES.map(|name| value(credential, name, &mut found));
    // What stands around the whole token stands around its last field.
    for text in values.iter_mut().flatten() {
        *text = text.trim_ascii().to_owned();
    }
    let [version, res, et, method, _] = values;
    if let Some(res) = &res {
        found.extend(of_res(res, known.is_signed));
    }
    if let Some(version) = &version {
        found.extend(of_version(version, res.as_deref()));
    }
    found.extend(method.as_deref().and_then(of_method));
    found.extend(et.as_deref().and_then(|et| of_end(et, known)));
    found.extend(others(credential));
    found
}

fn proved(id: &'static str, title: impl Into<String>, advice: &'static str) -> Slip {
    Slip {
        id,
        title: title.into(),
        advice,
        is_proved: true,
    }
}

const ONCE: &str = "percent-encode the value of each field once, when the token is put together";

const FIELDS: &str = "a token is version=..&res=..&et=..&method=..&sign=.., each of the five once, \
                      in any order, in lower case";

fn has_field(credential: &[u8], name: &str) -> bool {
    pairs(credential).any(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
}

/// What was done to the token as a whole.
fn whole(credential: &[u8]) -> Vec<Slip> {
    let mut found = Vec::new();
    if credential.trim_ascii().len() != credential.len() {
        let what = match credential.last() {
            Some(b'\n') => "a newline stands behind the token",
            _ => "blanks stand around the token",
        };
        let advice = "trim the token: a command that prints it, or a file, adds a newline";
        found.push(proved("token.blanks-around", what, advice));
    }
    let fields = |text: &[u8]| pairs(text).filter(|(name, _)| is_name(name)).count();
    if fields(credential) <= 1 && fields(&percent_decoded(credential)) > 1 {
        found.push(proved(
            "token.whole-encoded",
            "the whole token was percent-encoded, its `=` and `&` too",
            ONCE,
        ));
    }
    found
}

fn is_name(name: &[u8]) -> bool {
    NAMES.iter().any(|known| known.as_bytes() == name)
}

/// The value of a field, decoded once, and what is wrong with how it stands there.
fn value(credential: &[u8], name: &'static str, found: &mut Vec<Slip>) -> Option<String> {
    let mut values = pairs(credential).filter(|(have, _)| *have == name.as_bytes());
    let Some((_, raw)) = values.next() else {
        let other = pairs(credential)
            .map(|(have, _)| have)
            .find(|have| have.eq_ignore_ascii_case(name.as_bytes()));
        let title = match other.map(String::from_utf8_lossy) {
            Some(other) => format!("the field `{name}` is written `{}`", other.escape_debug()),
            None => format!("the field `{name}` is missing"),
        };
        found.push(proved("token.field-missing", title, FIELDS));
        return None;
    };
    if values.next().is_some() {
        let title = format!("the field `{name}` stands there twice");
        found.push(proved("token.field-twice", title, FIELDS));
    }
    if raw.is_empty() {
        let title = format!("the field `{name}` is empty");
        found.push(proved("token.field-empty", title, FIELDS));
        return None;
    }
    if let Some(title) = not_encoded(name, raw) {
        let id = match name {
            "res" => "token.res-not-encoded",
            "sign" => "token.sign-not-encoded",
            _ => "token.not-encoded",
        };
        found.push(proved(id, title, ONCE));
    }
    String::from_utf8(percent_decoded(raw)).ok()
}

/// What stands in a field without being percent-encoded, of the eight characters that must be,
/// as a sentence without a full stop.
pub(super) fn not_encoded(name: &str, raw: &[u8]) -> Option<String> {
    let raw = raw.trim_ascii();
    let is_lone_percent = |at: usize| {
        let digits = raw.get(at + 1..at + 3);
        raw[at] == b'%' && !digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    // The blank that a `+` becomes is told before the `=` behind it.
    let first = [b'+', b' ', b'/', b'=', b'?', b'#']
        .into_iter()
        .find(|byte| raw.contains(byte));
    let byte = first.or_else(|| (0..raw.len()).any(is_lone_percent).then_some(b'%'))?;
    Some(match byte {
        b'+' => format!(
            "`{name}` is not percent-encoded: its `+` stands for a blank, and must be `%2B`"
        ),
        b' ' if name == "sign" => {
            "`sign` holds a blank: a `+` that was not percent-encoded as `%2B` became one"
                .to_owned()
        }
        b' ' => format!("`{name}` is not percent-encoded: it holds a blank, which must be `%20`"),
        _ => format!(
            "`{name}` is not percent-encoded: it holds `{}`, which must be `%{byte:02X}`",
            char::from(byte)
        ),
    })
}

/// Fields that no token has.
fn others(credential: &[u8]) -> Option<Slip> {
    let is_known = |field: &[u8]| {
        let mut names = NAMES.iter();
        names.any(|name| field.eq_ignore_ascii_case(name.as_bytes()))
    };
    let others: Vec<String> = pairs(credential)
        .filter(|(name, _)| !is_known(name))
        .map(|(name, _)| format!("`{}`", String::from_utf8_lossy(name).escape_debug()))
        .collect();
    (!others.is_empty()).then(|| Slip {
        id: "token.field-unknown",
        title: format!(
            "the token has what is no field of it: {}",
            others.join(", ")
        ),
        advice: "leave it out, and percent-encode a `&` in a value as `%26`: it is passed over \
                 here, and not documented",
        is_proved: false,
    })
}

fn of_res(res: &str, is_signed: bool) -> Option<Slip> {
    if res.starts_with("user/") {
        return Some(proved(
            "token.user-for-userid",
            "`res` begins with `user/` instead of `userid/`",
            "write `userid/…` in `res` and in the username: the vendor's Java sample is wrong there",
        ));
    }
    let decoded = percent_decoded(res.as_bytes());
    let names = std::str::from_utf8(&decoded).is_ok_and(|decoded| kind(decoded).is_some());
    (is_signed && decoded != res.as_bytes() && names).then(|| {
        proved(
            "token.res-encoded",
            "`res` was percent-encoded before it was signed, and once more in the token",
            "sign `res` un-encoded, and percent-encode it once when the token is put together",
        )
    })
}

fn of_version(version: &str, res: Option<&str>) -> Option<Slip> {
    let shown = version.escape_debug();
    let title = if VERSIONS.contains(&version) {
        let res = res?;
        let fitting = versions_of(kind(res)?);
        if fitting.contains(&version) {
            return None;
        }
        format!(
            "version {shown} does not go with `{}`: that takes {}",
            res.escape_debug(),
            fitting.join(" or ")
        )
    } else {
        format!(
            "there is no version `{shown}`: known are {}",
            VERSIONS.join(", ")
        )
    };
    Some(proved(
        "token.version",
        title,
        "devices and the product API take 2018-10-31, the open API and the application long \
         connection 2020-05-29, the newer platform API 2022-05-01: sign and send the same one",
    ))
}

fn of_method(method: &str) -> Option<Slip> {
    if Digest::from_name(method.as_bytes()).is_some() {
        return None;
    }
    let shown = method.escape_debug();
    Some(match method_meant(method) {
        Some(digest) => proved(
            "token.method-name",
            format!(
                "the method is written `{shown}`: it must be `{}`",
                digest.name()
            ),
            "write md5, sha1 or sha256, in the token and in what is signed",
        ),
        None => proved(
            "token.method-unknown",
            format!("there is no method `{shown}`"),
            "sign with md5, sha1 or sha256",
        ),
    })
}

/// The method that is meant by `SHA1`, `sha-256` or `HmacMD5`.
pub(super) fn method_meant(text: &str) -> Option<Digest> {
    let lower = text.to_ascii_lowercase().replace(['-', '_'], "");
    Digest::from_name(lower.trim_start_matches("hmac").as_bytes())
}

const SECONDS: &str = "`et` is in unix seconds, ten digits: divide milliseconds by 1000, and sign \
                       what is sent";
const CLOCK: &str = "count `et` from the unix clock, which knows no time zone: a clock time that \
                     is read in the wrong zone is eight hours off between Beijing and UTC";

/// What is wrong with the end.
fn of_end(et: &str, known: &Known) -> Option<Slip> {
    let number = et.parse::<i64>().ok();
    let Some(end) = number.filter(|_| et.bytes().all(|byte| byte.is_ascii_digit())) else {
        let title = format!("`et` is not a number of seconds: `{}`", et.escape_debug());
        return Some(proved("token.et-not-a-number", title, SECONDS));
    };
    if end >= MILLIS_FROM {
        let title = "`et` is in milliseconds, so that it lies tens of thousands of years ahead";
        return Some(proved("token.et-millis", title, SECONDS));
    }
    let left = end.saturating_sub(known.now.as_second());
    match known.end {
        Some((meant, tolerance)) => beside(end.saturating_sub(meant.as_second()), tolerance),
        None if left <= 0 => Some(passed(left.saturating_neg())),
        None => too_long(left),
    }
}

const HOUR: i64 = 3600;
const ZONE: i64 = 8 * HOUR;

/// An end that is so many seconds later than it was meant to be.
fn beside(off: i64, tolerance: SignedDuration) -> Option<Slip> {
    let tolerance = tolerance.as_secs();
    let near = |to: i64| (off - to).abs() <= tolerance.min(HOUR / 4);
    if off.abs() <= tolerance {
        return None;
    }
    let direction = if off > 0 { "later" } else { "earlier" };
    let size = span(off.abs());
    Some(if near(ZONE) {
        let title = "`et` is eight hours later than it should be: a clock time of Beijing was \
                     read as UTC";
        proved("token.et-zone", title, CLOCK)
    } else if near(-ZONE) {
        let title = "`et` is eight hours earlier than it should be: a clock time of UTC was read \
                     as Beijing's";
        proved("token.et-zone", title, CLOCK)
    } else if near((off + off.signum() * HOUR / 2) / HOUR * HOUR) {
        let title = format!(
            "`et` is {size} {direction} than it should be: the clock that made it, or its time \
             zone, is off by hours"
        );
        proved("token.et-hours", title, CLOCK)
    } else {
        let title = format!("`et` is {size} {direction} than it should be");
        let advice = "add the token's life to the time at which it is made, in seconds";
        proved("token.et-off", title, advice)
    })
}

/// An end that passed so many seconds ago.
fn passed(ago: i64) -> Slip {
    let size = span(ago);
    let (id, title) = if ago < ZONE {
        let title = format!(
            "`et` passed {size} ago: if the token was just made, it is eight hours early (a clock \
             time of UTC was read as Beijing's) and would be good for another {}",
            span(ZONE - ago)
        );
        ("token.et-zone", title)
    } else {
        let title = format!(
            "`et` passed {size} ago: the token is old, or the clock that made it is at least that \
             far behind"
        );
        ("token.expired", title)
    };
    Slip {
        id,
        title,
        advice: "make a new token; if this one is new, set the clock and count `et` in unix \
                 seconds, which know no time zone",
        is_proved: false,
    }
}

/// A life that is a usual one and eight hours more.
fn too_long(left: i64) -> Option<Slip> {
    const MINUTES: [i64; 8] = [5, 10, 15, 30, 60, 120, 180, 360];
    /// A token may be this much older than it is judged.
    const SLACK: i64 = 120;
    let usual = MINUTES
        .into_iter()
        .map(|minutes| minutes * 60)
        .find(|life| (life - SLACK..=*life).contains(&(left - ZONE)))?;
    Some(Slip {
        id: "token.et-zone",
        title: format!(
            "`et` is {} ahead: if {} was meant, it is eight hours late (a clock time of Beijing \
             was read as UTC)",
            span(left),
            span(usual)
        ),
        advice: CLOCK,
        is_proved: false,
    })
}

/// "7 h 59 min", "12 min", "30 s".
pub(super) fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / HOUR, seconds % HOUR / 60);
    match seconds {
        ..120 => format!("{seconds} s"),
        120..HOUR => format!("{minutes} min"),
        _ if hours < 48 && minutes == 0 => format!("{hours} h"),
        _ if hours < 48 => format!("{hours} h {minutes} min"),
        _ => format!("{days} d"),
    }
}
