use std::io::Write as _;

use super::*;
use crate::handshake::{Call, probes};
use crate::message::Headers;
use crate::moment::Moment;
use crate::platform::Platform;
use crate::signature::{Given, SecretName};

/// The plain right handshake of a platform, or its wrong one of that name, answered.
struct Bench {
    scheme: Scheme,
    to: Url,
    secrets: Secrets,
}

impl Bench {
    fn of(platform: Platform) -> Self {
        Self {
            scheme: Scheme::of(platform),
            to: "http://h:8000/push".parse().unwrap(),
            secrets: Secrets::new().with(SecretName::Token, "a-token-of-mine"),
        }
    }

    fn probe(&self, name: &str) -> Probe {
        let call = Call {
            scheme: &self.scheme,
            to: &self.to,
            secrets: &self.secrets,
            given: &Given::new(),
        };
        let plan = probes(&call, &mut Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 1)).unwrap();
        let mut probes = plan.probes.into_iter();
        probes.find(|probe| probe.name == name).unwrap()
    }

    fn judge(&self, probe: &Probe, response: &Response) -> Finding {
        let limit = Duration::from_secs(5);
        Judge::new(&self.scheme, &self.to, &self.secrets, limit).judge(probe, response)
    }

    #[track_caller]
    fn fails(&self, probe: &Probe, response: &Response) -> String {
        let finding = self.judge(probe, response);
        assert_eq!(finding.ending, Ending::Wrong);
        finding.why.unwrap()
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
    Response {
        status,
        headers: headers.iter().copied().collect::<Headers>(),
        body: body.to_vec(),
        ms: Some(3.0),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_echo_and_200_are_right() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plain");
    let finding = bench.judge(&probe, &answer(200, &[], &probe.echo));
    assert_eq!(finding.ending, Ending::Right);
    assert!(finding.warnings.is_empty() && finding.why.is_none());
    let case = finding.case("onenet", &probe, &answer(200, &[], &probe.echo), true);
    assert_eq!(case.id, "onenet.handshake.plain");
    assert_eq!(case.outcome, CaseOutcome::Pass);
}

#[test]
fn a_status_other_than_200_is_named_with_its_usual_cause() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plain");
    for (status, words) in [
        (404, "nothing answers a GET"),
        (405, "does not take GET"),
        (401, "computes another signature"),
        (500, "its log says more"),
        (502, "a proxy answered"),
    ] {
        let response = answer(status, &[], b"no");
        assert_eq!(
            bench.fails(&probe, &response),
            format!("the status is {status}: only 200 counts")
        );
        let hint = bench.judge(&probe, &response).hint.unwrap();
        assert!(hint.contains(words), "{status}: {hint}");
    }
    assert_eq!(
        bench.fails(&probe, &answer(201, &[], &probe.echo)),
        "the body is right, and the status is 201: only 200 counts"
    );
}

#[test]
fn a_redirect_is_named_with_its_location() {
    let bench = Bench::of(Platform::Onenet);
    let response = answer(302, &[("location", "/push/?\x1b[2J")], b"");
    assert_eq!(
        bench.fails(&bench.probe("plain"), &response),
        "302 to /push/?\\x1b[2J: the platform does not follow"
    );
}

#[test]
fn a_redirect_does_not_show_the_token() {
    let bench = Bench::of(Platform::Onenet);
    let response = answer(302, &[("location", "/?t=a-token-of-mine")], b"");
    let why = bench.fails(&bench.probe("plain"), &response);
    assert!(why.contains("[secret]"), "{why}");
}

#[test]
fn gzip_that_was_asked_for_is_undone_with_a_warning() {
    let bench = Bench::of(Platform::Tencent);
    let probe = bench.probe("first");
    let header = [("Content-Encoding", "gzip")];
    let finding = bench.judge(&probe, &answer(200, &header, &gzip(&probe.echo)));
    assert_eq!(finding.ending, Ending::Right);
    assert!(finding.warnings[0].contains("is compressed"), "{finding:?}");
    let inner = [&probe.echo, b"\n".as_slice()].concat();
    assert_eq!(
        bench.fails(&probe, &answer(200, &header, &gzip(&inner))),
        "the body is the echo followed by 0x0A (a newline)"
    );
    assert_eq!(
        bench.fails(&probe, &answer(200, &header, &probe.echo)),
        "Content-Encoding says gzip, and the body is not gzip"
    );
    assert_eq!(
        bench.fails(&probe, &answer(200, &[("Content-Encoding", "br")], b"x")),
        "the body is compressed (Content-Encoding: br): the platform asked for gzip alone"
    );
}

#[test]
fn gzip_that_was_not_asked_for_is_a_failure() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plain");
    let header = [("Content-Encoding", "gzip")];
    assert_eq!(
        bench.fails(&probe, &answer(200, &header, &gzip(&probe.echo))),
        "the body is compressed (Content-Encoding: gzip): the echo must be bare bytes, although \
         the platform sends Accept-Encoding: *"
    );
    assert_eq!(
        bench.fails(&probe, &answer(200, &[], &gzip(&probe.echo))),
        "the body is gzip, and no Content-Encoding says so"
    );
}

#[test]
fn a_chunked_echo_is_right_with_a_warning() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plain");
    let header = [("Transfer-Encoding", "Chunked")];
    let finding = bench.judge(&probe, &answer(200, &header, &probe.echo));
    assert_eq!(finding.ending, Ending::Right);
    assert!(finding.warnings[0].starts_with("the answer is chunked"));
}

#[test]
fn an_answer_behind_the_time_limit_is_a_failure() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plain");
    let response = Response {
        ms: Some(6100.0),
        ..answer(200, &[], &probe.echo)
    };
    assert_eq!(
        bench.fails(&probe, &response),
        "the answer took 6.1 s, and the platform waits 5 s"
    );
}

#[test]
fn an_answer_that_was_kept_from_an_earlier_handshake_is_named() {
    let bench = Bench::of(Platform::Onenet);
    let limit = Duration::from_secs(5);
    let mut judge = Judge::new(&bench.scheme, &bench.to, &bench.secrets, limit);
    let [plain, slash] = [bench.probe("plain"), bench.probe("slash")];
    let kept = answer(200, &[], &plain.echo);
    assert_eq!(judge.judge(&plain, &kept).ending, Ending::Right);
    assert_eq!(
        judge.judge(&slash, &kept).why.unwrap(),
        "the body is the echo of `plain`, an earlier handshake, not the echo"
    );
}

#[test]
fn the_nonce_the_signature_and_the_query_are_recognised() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plus");
    let target = String::from_utf8(probe.request.target.clone()).unwrap();
    let (_, query) = target.split_once('?').unwrap();
    let (_, signature) = query.split_once("signature=").unwrap();
    let (signature, nonce) = signature.split_once("&nonce=").unwrap();
    for (body, what) in [
        (nonce.to_owned(), "the nonce"),
        (signature.to_owned(), "the signature"),
        (
            signature.replace('+', " "),
            "the signature with blanks for its `+`",
        ),
        (query.to_owned(), "the whole query"),
        (target.clone(), "the whole target"),
    ] {
        assert_eq!(
            bench.fails(&probe, &answer(200, &[], body.as_bytes())),
            format!("the body is {what}, not the echo")
        );
    }
}

#[test]
fn a_wrong_handshake_that_is_echoed_is_a_warning_and_under_strict_a_failure() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("no-signature");
    for end in ["", "\n", "\""] {
        let body = [end.as_bytes(), &probe.echo, end.as_bytes()].concat();
        let response = answer(200, &[], &body);
        let finding = bench.judge(&probe, &response);
        assert_eq!(finding.ending, Ending::LetIn);
        let lenient = finding.clone().case("onenet", &probe, &response, false);
        assert_eq!(lenient.outcome, CaseOutcome::Pass);
        assert!(lenient.warnings[0].starts_with("echoed, although it has no signature"));
        let strict = finding.case("onenet", &probe, &response, true);
        assert_eq!(strict.outcome, CaseOutcome::Fail);
        assert!(strict.why.unwrap().starts_with("echoed, although"));
    }
}

#[test]
fn a_wrong_handshake_is_refused_by_any_status_or_body_but_the_echo() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("wrong-signature");
    let reflected = [b"no handler for msg=".as_slice(), &probe.echo].concat();
    for response in [
        answer(403, &[], &probe.echo),
        answer(200, &[], b"invalid token"),
        answer(404, &[], &reflected),
        answer(200, &[], &reflected),
    ] {
        assert_eq!(bench.judge(&probe, &response).ending, Ending::Refused);
    }
}

#[test]
fn a_right_handshake_that_is_refused_shows_how_to_explain_it() {
    let bench = Bench::of(Platform::Onenet);
    let finding = bench.judge(&bench.probe("plain"), &answer(200, &[], b"invalid token"));
    let (_, next) = finding
        .details
        .iter()
        .find(|(name, _)| *name == "next")
        .unwrap();
    assert!(
        next.starts_with("pushrig explain onenet --url 'http://h:8000/push?msg="),
        "{next}"
    );
    assert!(!next.contains("a-token-of-mine"), "{next}");
    let bench = Bench::of(Platform::Tencent);
    let finding = bench.judge(&bench.probe("first"), &answer(403, &[], b""));
    let (_, next) = finding
        .details
        .iter()
        .find(|(name, _)| *name == "next")
        .unwrap();
    assert!(
        next.starts_with("pushrig explain tencent --timestamp '0' --nonce '"),
        "{next}"
    );
    assert!(next.contains(" --signature '"), "{next}");
    let lines = finding.details.iter();
    let headers: Vec<_> = lines
        .filter(|(name, _)| *name == "request")
        .filter_map(|(_, line)| line.split_once(": "))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(headers, ["Echostr", "Nonce", "Signature", "Timestamp"]);
}

#[test]
fn a_body_that_shows_that_the_signature_was_right_is_not_called_a_refusal() {
    let bench = Bench::of(Platform::Onenet);
    let probe = bench.probe("plain");
    let says_next = |body: &[u8]| {
        let finding = bench.judge(&probe, &answer(200, &[], body));
        let hint = finding.hint.unwrap();
        let next = finding.details.iter().any(|(name, _)| *name == "next");
        assert_eq!(hint.contains("another token"), next, "{hint}");
        next
    };
    let nonce = probe.known.iter().find(|known| known.what == "the nonce");
    for body in [
        &probe.echo[..3],
        &hex::encode(&probe.echo).into_bytes(),
        &nonce.unwrap().value,
    ] {
        assert!(!says_next(body), "{body:?}");
    }
    assert!(says_next(b"invalid token"));
}
