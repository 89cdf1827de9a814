//! What would bite with a real device: each habit of a server is said once, and is a failure
//! under `--strict` only.

use pushrig::controlid::finding::Kind;

use super::*;

/// A habit: which finding it gives, with which flags, and the server that has it.
struct Habit {
    kind: Kind,
    flags: &'static str,
    server: fn() -> Server,
}

fn habit(kind: Kind, flags: &'static str, server: fn() -> Server) -> Habit {
    Habit {
        kind,
        flags,
        server,
    }
}

/// This answer twice, then nothing to do.
fn twice(answer: fn() -> Reply) -> Server {
    hands_out([answer(), answer()])
}

fn text(body: &'static str) -> Reply {
    Reply::ok().body(body)
}

/// A command, and this answer to its result.
fn result_is(answer: fn(&Received) -> Reply) -> Server {
    answers_results([greets(), greets()], answer)
}

fn answers_to_push() -> Vec<Habit> {
    vec![
        habit(Kind::NotACommand, "", || {
            twice(|| says(&json!({"command": 1})))
        }),
        habit(Kind::NotACommand, "", || {
            twice(|| says(&json!([{"endpoint": "logout"}])))
        }),
        habit(Kind::Echo, "", || twice(|| text(GREETED))),
        habit(Kind::NoContent, "", || {
            twice(|| Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"))
        }),
        habit(Kind::OtherSuccess, "", || twice(|| Reply::status(202))),
        habit(Kind::Status, "", || twice(|| Reply::status(500))),
        habit(Kind::Redirect, "", || {
            twice(|| Reply::status(302).header("Location", "/login"))
        }),
        habit(Kind::Auth, "", || twice(|| Reply::status(401))),
        habit(Kind::Auth, "", || twice(|| Reply::status(403))),
        habit(Kind::NotFound, "", || twice(|| Reply::status(404))),
        habit(Kind::Html, "", || {
            let page = || text("<!DOCTYPE html><p>Hello").header("Content-Type", "text/html");
            twice(page)
        }),
        habit(Kind::BadJson, "", || {
            twice(|| text("{\"endpoint\":\"logout\""))
        }),
        habit(Kind::UnquotedKeys, "", || {
            twice(|| text("{verb: \"POST\", endpoint: \"logout\"}"))
        }),
        habit(Kind::Blank, "", || twice(|| text("\r\n"))),
        habit(Kind::Broken, "", || twice(Reply::reset)),
        habit(Kind::TooSlow, "--timeout 150ms", || twice(Reply::silence)),
        habit(Kind::TransactionTwice, "", || {
            let one = json!({"transactionid": "1", "endpoint": "logout"});
            hands_out([says(&json!({"transactions": [one, one]}))])
        }),
        habit(Kind::Surplus, "", || {
            twice(|| Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nxx"))
        }),
        habit(Kind::EmptyTransactions, "", || {
            twice(|| says(&json!({"transactions": []})))
        }),
    ]
}

/// What is odd about a command that a device may run all the same.
fn commands() -> Vec<Habit> {
    vec![
        habit(Kind::BothForms, "", || {
            twice(|| {
                text(
                    r#"{"endpoint":"x","transactions":[{"transactionid":"1","endpoint":"logout"}]}"#,
                )
            })
        }),
        habit(Kind::TransactionId, "", || {
            twice(|| text(r#"{"transactions":[{"endpoint":"logout"}]}"#))
        }),
        habit(Kind::NumericTransaction, "", || {
            twice(|| text(r#"{"transactions":[{"transactionid":1,"endpoint":"logout"}]}"#))
        }),
        habit(Kind::Verb, "", || {
            twice(|| text(r#"{"verb":"post","endpoint":"logout"}"#))
        }),
        habit(Kind::Fcgi, "", || twice(|| asks("logout.fcgi"))),
        habit(Kind::LeadingSlash, "", || twice(|| asks("/logout"))),
        habit(Kind::QueryInEndpoint, "", || {
            twice(|| asks("logout?session=1"))
        }),
        habit(Kind::QueryString, "", || {
            twice(|| {
                says(&json!({"endpoint": "user_list_images", "queryString": "?get_timestamp=1"}))
            })
        }),
        habit(Kind::BodyType, "", || {
            twice(|| text(r#"{"endpoint":"logout","body":7}"#))
        }),
        habit(Kind::BodyJson, "", || {
            twice(|| text(r#"{"endpoint":"logout","body":"a=b"}"#))
        }),
        habit(Kind::ContentType, "", || {
            twice(|| says(&json!({"endpoint": "logout", "contentType": "text/plain"})))
        }),
        habit(Kind::Base64, "", || {
            twice(|| {
                says(
                    &json!({"endpoint": "user_test_image", "body": "data:image/png;base64,AAAA",
                    "contentType": "application/octet-stream"}),
                )
            })
        }),
        habit(Kind::HotLoop, "--hot-loop-cap 0", || {
            hands_out((0..60).map(|_| greets()))
        }),
        habit(Kind::LostDigits, "--id 1152921504606846977", || {
            twice(|| text(r#"{"deviceId":1152921504606847000,"endpoint":"logout"}"#))
        }),
    ]
}

fn answers_to_results() -> Vec<Habit> {
    vec![
        habit(Kind::NoAnswer, "--timeout 150ms", || {
            result_is(|_| Reply::silence())
        }),
        habit(Kind::ResultEcho, "", || {
            result_is(|it| Reply::ok().body(it.body()))
        }),
        habit(Kind::ResultBody, "", || result_is(|_| text("OK"))),
        habit(Kind::LostCommand, "--fault lost-result:first=1", || {
            hands_out([greets()])
        }),
    ]
}

fn habits() -> Vec<Habit> {
    let all = [answers_to_push(), commands(), answers_to_results()];
    all.into_iter().flatten().collect()
}

#[test]
fn each_habit_is_said_once_and_fails_a_strict_run_only() {
    for Habit {
        kind,
        flags,
        server,
    } in habits()
    {
        let polls = match kind {
            Kind::HotLoop => 61,
            Kind::LostCommand => 12,
            _ => 3,
        };
        // A result that nobody answers is no complete answer, whatever is found out by it.
        let lenient = if kind == Kind::NoAnswer { 3 } else { 0 };
        for (strict, code, outcome) in [("", lenient, "pass"), ("--strict", 1, "fail")] {
            let server = server();
            let lines = told(&server, &format!("--polls {polls} {flags} {strict}"), code);
            let found = of_type(&lines, "finding");
            let mine: Vec<_> = found.iter().filter(|it| it["id"] == kind.id()).collect();
            assert_eq!(mine.len(), 1, "{kind:?} {strict}: {found:?}");
            assert_eq!(mine[0]["outcome"], outcome, "{kind:?}");
            assert_eq!(mine[0]["hint"], kind.advice(), "{kind:?}");
            let said = match outcome {
                "pass" => &mine[0]["warnings"][0],
                _ => &mine[0]["why"],
            };
            assert!(
                said.as_str().unwrap().starts_with(kind.sentence()),
                "{said}"
            );
            let cases = of_type(&lines, "case").len();
            let findings = if strict.is_empty() { 0 } else { found.len() };
            assert_eq!(lines.last().unwrap()["cases"], cases + findings, "{kind:?}");
        }
    }
}

/// A result that is refused fails its command whether the run is strict or not.
#[test]
fn a_refused_result_is_a_finding_and_a_failure() {
    let server = result_is(|_| Reply::status(500));
    let lines = told(&server, "--polls 3", 1);
    assert_eq!(outcomes(&lines, "finding"), ["result.status pass"]);
    assert_eq!(
        outcomes(&lines, "case"),
        [
            "478435/message_to_screen#1 fail",
            "478435/message_to_screen#2 fail"
        ]
    );
}

#[test]
fn what_is_odd_about_the_address_is_said_before_the_first_poll() {
    for (path, kind, polled) in [
        (
            "/push",
            Kind::BaseEndsWithPush,
            "/push/push?deviceId=478435",
        ),
        ("/a/", Kind::BaseSlash, "/a/push?deviceId=478435"),
        ("/a?key=1", Kind::BaseQuery, "/a/push?key=1&deviceId=478435"),
    ] {
        // The query of an address may be a key, which is not shown.
        let shown = polled.replace("key=1", "…");
        let server = Server::start(|_| Reply::ok());
        let url = server.url(path);
        for (strict, code) in [("", 0), ("--strict", 1)] {
            let lines = pushrig(&format!(
                "device --server {url} --id 478435 --until-idle --no-uuid --format json {strict}"
            ))
            .any_stdout()
            .exits(code)
            .json();
            let kinds: Vec<_> = lines
                .iter()
                .map(|line| line["type"].as_str().unwrap())
                .collect();
            assert_eq!(kinds, ["ready", "finding", "poll", "summary"], "{path}");
            assert_eq!(lines[1]["id"], kind.id());
            assert_eq!(lines[2]["target"], shown);
            assert!(!lines[1].to_string().contains("key=1"));
        }
        assert_eq!(server.received()[0].target(), polled);
    }
}

/// The state limit needs a fleet, the address no server at all: with them no kind is left.
#[test]
fn every_finding_there_is_has_a_test_here() {
    let elsewhere = [
        Kind::ResultStatus,
        Kind::SentAgain,
        Kind::CutOff,
        Kind::TooManyStates,
        Kind::BaseEndsWithPush,
        Kind::BaseSlash,
        Kind::BaseQuery,
    ];
    let listed = habits();
    for kind in Kind::ALL {
        let here = listed.iter().any(|habit| habit.kind == kind);
        assert!(here != elsewhere.contains(&kind), "{kind:?}");
    }
}

#[test]
fn people_read_a_finding_with_its_advice_and_what_a_server_sent_is_escaped() {
    let server = hands_out([asks("\u{1b}[31mx.fcgi")]);
    let ran = device(&server, "--until-idle")
        .stdout_has([
            "warn   push.fcgi  controlid  the endpoint ends in `.fcgi`",
            "  hint      write load_objects, not load_objects.fcgi",
            "pass   478435/\\x1b[31mx#1",
        ])
        .exits(0);
    assert!(!ran.text().contains('\u{1b}'), "{}", ran.text());
}

#[test]
fn a_strict_run_fails_for_a_command_that_the_device_cannot_do() {
    let server = hands_out([asks("fly")]);
    let lines = told(&server, "--until-idle", 0);
    assert_eq!(outcomes(&lines, "case"), ["478435/fly#1 pass"]);
    let server = hands_out([asks("fly")]);
    let lines = told(&server, "--until-idle --strict", 1);
    assert_eq!(outcomes(&lines, "case"), ["478435/fly#1 fail"]);
    assert_eq!(outcomes(&lines, "finding"), [""; 0]);
}
