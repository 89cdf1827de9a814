//! What only all answers together show.

use super::judge::Ending;
use super::probes::{IN_QUERY, PROOF};
use super::{Kind, Probe};
use crate::check::Scheme;
use crate::platform::Platform;

/// Something that several answers show together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The names of the handshakes that show it.
    pub of: Vec<String>,
    /// What they show: a clause without a full stop.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// The conclusions from all handshakes that were answered.
#[must_use]
pub fn conclude(scheme: &Scheme, answers: &[(&Probe, Ending)]) -> Vec<Conclusion> {
    let mut found: Vec<Conclusion> = Vec::new();
    found.extend(lost_characters(answers));
    found.extend(reads_the_query(answers));
    found.extend(empty_token(answers));
    found.extend(no_check(scheme, answers));
    found
}

/// How each right handshake of chosen shape ended: `plain`, `slash`, `plus`.
fn lost_characters(answers: &[(&Probe, Ending)]) -> Option<Conclusion> {
    let find = |name: &str| answers.iter().find(|(probe, _)| probe.name == name);
    let passed = |name: &str| find(name).map(|(_, ending)| *ending == Ending::Right);
    let (plain, slash, plus) = (passed("plain")?, passed("slash")?, passed("plus")?);
    let (plus_probe, _) = find("plus")?;
    let raw = plus_probe.request.target.contains(&b'+');
    if !plain {
        return None;
    }
    let (of, what, hint) = match (slash, plus) {
        (true, true) => return None,
        (true, false) if raw && passed(PROOF) == Some(false) => (
            vec!["plus"],
            "only the handshake whose signature holds a `+` fails, and with %2B in its place it \
             fails too: your server, or something before it, changes or refuses that character"
                .to_owned(),
            "look at the raw request line as your server gets it",
        ),
        (true, false) if raw => {
            let proof = if passed(PROOF) == Some(true) {
                ", and passes with %2B in its place"
            } else {
                ""
            };
            (
                vec!["plus"],
                format!(
                    "only the handshake whose signature holds a `+` fails{proof}: your framework \
                     reads `+` as a blank (query.plus-to-blank), and {} of 100 signatures hold one",
                    share(&plus_probe.request.target)
                ),
                "take the signature from the raw query string and percent-decode it only, or put \
                 a `+` back for each blank before you compare",
            )
        }
        (true, false) => (
            vec!["plus"],
            "only the handshake whose signature holds a `+` fails: its %2B was decoded once more \
             (query.decoded-twice), to a blank"
                .to_owned(),
            "percent-decode each value of the raw query exactly once",
        ),
        (false, true) => (
            vec!["slash"],
            "only the handshake whose signature holds a `/` fails: your router, or something \
             before your server, changes or refuses a `/` in the query"
                .to_owned(),
            "look at the raw request line as your server gets it",
        ),
        (false, false) => (
            vec!["slash", "plus"],
            "only the handshakes whose signatures hold a `/` or a `+` fail: something changes \
             these characters in the query, or compares with a percent-encoded signature"
                .to_owned(),
            "take the signature from the raw query string, percent-decode it once, and compare \
             it with plain base64",
        ),
    };
    Some(Conclusion {
        of: of.into_iter().map(str::to_owned).collect(),
        what,
        hint: hint.to_owned(),
    })
}

/// How many of 100 base64 signatures of this length hold a certain character.
fn share(target: &[u8]) -> u32 {
    // An MD5 in base64 is 21 characters of 6 bits and one of 2; a SHA-256 is 42 and one of 4.
    const OF_MD5: u32 = 28;
    const OF_SHA_256: u32 = 49;
    let longest = target
        .split(|byte| b"?&=".contains(byte))
        .filter(|piece| piece.contains(&b'+'))
        .map(<[u8]>::len)
        .max();
    if longest.is_some_and(|length| length > 30) {
        OF_SHA_256
    } else {
        OF_MD5
    }
}

/// The server looks in the query for what the platform sends in headers.
fn reads_the_query(answers: &[(&Probe, Ending)]) -> Option<Conclusion> {
    let proved =
        |(probe, ending): &(&Probe, Ending)| probe.name == IN_QUERY && *ending == Ending::Right;
    if !answers.iter().any(proved) {
        return None;
    }
    let wrong = of_kind(answers, Kind::Right).filter(|(_, ending)| *ending == Ending::Wrong);
    Some(Conclusion {
        of: wrong.map(|(probe, _)| probe.name.clone()).collect(),
        what: "it passes where the query says what the headers say: your server reads the query, \
               and the platform sends headers"
            .to_owned(),
        hint: "read the headers, in PHP $_SERVER['HTTP_SIGNATURE'] in place of \
               $_GET[\"signature\"], and so on"
            .to_owned(),
    })
}

/// The server refuses right signatures and takes those of an empty token.
fn empty_token(answers: &[(&Probe, Ending)]) -> Option<Conclusion> {
    let mut right = of_kind(answers, Kind::Right).peekable();
    right.peek()?;
    if right.any(|(_, ending)| *ending == Ending::Right) {
        return None;
    }
    let let_in: Vec<_> = of_kind(answers, Kind::Wrong)
        .filter(|(_, ending)| *ending == Ending::LetIn)
        .map(|(probe, _)| probe.name.clone())
        .collect();
    let [only] = let_in.as_slice() else {
        return None;
    };
    let secret = only.strip_prefix("empty-")?;
    Some(Conclusion {
        what: format!(
            "your server's {secret} is empty: it refuses what is signed with yours, and takes \
             what is signed with none"
        ),
        hint: format!("is the variable that holds the {secret} set where the server runs?"),
        of: let_in,
    })
}

/// Every wrong handshake was echoed.
fn no_check(scheme: &Scheme, answers: &[(&Probe, Ending)]) -> Option<Conclusion> {
    let of: Vec<String> = of_kind(answers, Kind::Wrong)
        .map(|(probe, _)| probe.name.clone())
        .collect();
    let all = of_kind(answers, Kind::Wrong).all(|(_, ending)| *ending == Ending::LetIn);
    if of.is_empty() || !all {
        return None;
    }
    let allowed = match scheme.platform {
        Some(Platform::Onenet | Platform::OnenetStudioPush) => {
            " (OneNET's documentation allows it for the handshake)"
        }
        _ => "",
    };
    Some(Conclusion {
        what: format!("the server checks nothing: it echoes to whoever asks{allowed}"),
        hint: "compare the signature before you echo, and refuse what has none".to_owned(),
        of,
    })
}

fn of_kind<'a, 'p>(
    answers: &'a [(&'p Probe, Ending)],
    kind: Kind,
) -> impl Iterator<Item = &'a (&'p Probe, Ending)> {
    answers.iter().filter(move |(probe, _)| probe.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::{Call, probes};
    use crate::moment::Moment;
    use crate::signature::{Given, SecretName, Secrets};

    /// The handshake that would prove a lost `+` is sent, and not echoed.
    const REFUTED: &str = "-";

    /// The conclusions where the handshakes of these names are echoed.
    fn of(platform: Platform, echoed: &[&str]) -> Vec<Conclusion> {
        let scheme = Scheme::of(platform);
        let call = Call {
            scheme: &scheme,
            to: &"http://h/".parse().unwrap(),
            secrets: &Secrets::new().with(SecretName::Token, "a-token-of-mine"),
            given: &Given::new(),
        };
        let plan = probes(&call, &mut Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 1)).unwrap();
        let proof = plan.probes.iter().find_map(Probe::with_escaped_plus);
        let mut all = plan.probes.clone();
        if let Some(proof) = proof.filter(|_| echoed.contains(&PROOF) || echoed.contains(&REFUTED))
        {
            all.push(proof);
        }
        let answers: Vec<_> = all
            .iter()
            .map(|probe| {
                let ending = match (probe.kind, echoed.contains(&probe.name.as_str())) {
                    (Kind::Right, true) => Ending::Right,
                    (Kind::Right, false) => Ending::Wrong,
                    (Kind::Wrong, true) => Ending::LetIn,
                    (Kind::Wrong, false) => Ending::Refused,
                };
                (probe, ending)
            })
            .collect();
        conclude(&scheme, &answers)
    }

    #[track_caller]
    fn one(platform: Platform, echoed: &[&str]) -> String {
        let mut found = of(platform, echoed);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0).what
    }

    #[test]
    fn a_server_that_is_right_needs_no_words() {
        assert_eq!(of(Platform::Onenet, &["plain", "slash", "plus"]), []);
        assert_eq!(of(Platform::Tencent, &["first", "second"]), []);
        assert_eq!(of(Platform::Tencent, &[]), []);
    }

    #[test]
    fn only_the_plus_fails() {
        let what = one(Platform::Onenet, &["plain", "slash"]);
        assert_eq!(
            what,
            "only the handshake whose signature holds a `+` fails: your framework reads `+` as a \
             blank (query.plus-to-blank), and 28 of 100 signatures hold one"
        );
    }

    #[test]
    fn a_lost_plus_is_proved_by_an_escaped_one() {
        let what = one(Platform::Onenet, &["plain", "slash", PROOF]);
        assert!(what.contains("fails, and passes with %2B in its place: your framework reads"));
        let what = one(Platform::Onenet, &["plain", "slash", REFUTED]);
        assert!(
            what.contains("with %2B in its place it fails too"),
            "{what}"
        );
        assert!(!what.contains("query.plus-to-blank"), "{what}");
    }

    #[test]
    fn only_the_slash_fails() {
        let what = one(Platform::Onenet, &["plain", "plus"]);
        assert!(what.starts_with("only the handshake whose signature holds a `/` fails"));
        let what = one(Platform::Onenet, &["plain"]);
        assert!(what.starts_with("only the handshakes whose signatures hold a `/` or a `+`"));
    }

    #[test]
    fn a_server_without_a_token_is_recognised() {
        for platform in [Platform::Onenet, Platform::Tencent] {
            let what = one(platform, &["empty-token"]);
            assert!(what.starts_with("your server's token is empty"), "{what}");
        }
    }

    #[test]
    fn a_server_that_checks_nothing_is_said_to_and_what_the_vendor_allows() {
        let wrong = ["wrong-signature", "no-signature", "no-nonce", "empty-token"];
        let all = [&["plain", "slash", "plus"], wrong.as_slice()].concat();
        let found = of(Platform::Onenet, &all);
        assert_eq!(found[0].of, wrong);
        assert!(
            found[0]
                .what
                .ends_with("(OneNET's documentation allows it for the handshake)")
        );
        let all = [&["first", "second", "no-timestamp"], wrong.as_slice()].concat();
        let what = one(Platform::Tencent, &all);
        assert!(what.ends_with("to whoever asks"), "{what}");
    }

    #[test]
    fn some_wrong_handshakes_that_are_echoed_are_not_all() {
        let echoed = ["plain", "slash", "plus", "no-signature"];
        assert_eq!(of(Platform::Onenet, &echoed), []);
    }

    #[test]
    fn signatures_of_sha_256_hold_a_plus_more_often() {
        let long = format!("/?sign={}+", "a".repeat(43));
        assert_eq!(share(long.as_bytes()), 49);
        assert_eq!(share(b"/?signature=ab+c&x=1"), 28);
    }
}
