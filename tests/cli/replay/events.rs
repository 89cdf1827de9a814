//! Every event of every platform, recorded and sent again: accepted by a right receiver, refused
//! by a wrong one.

use super::{SECRETS, always, replay};
use crate::harness::pushrig;
use crate::push::events::{events, is_right};
use crate::server::{Reply, Server};

const TOKEN: &str = "a-token-of-mine";
const APP_SECRET: &str = "a-secret-of-mine";
const NOW: &str = "--now 2026-11-21T20:00:00Z --seed 3";

/// All events of all platforms as records, and the platform of each.
fn day(rest: &str) -> (Vec<u8>, Vec<String>) {
    let ran = pushrig(&format!("samples --as record {NOW} {rest}"))
        .any_stdout()
        .any_stderr()
        .exits(0);
    let platforms = events().into_iter().map(|(platform, _)| platform);
    let platforms: Vec<_> = platforms.collect();
    assert_eq!(ran.json().len(), platforms.len());
    (ran.stdout, platforms)
}

fn receiver(platforms: Vec<String>, token: &'static str, app_secret: &'static str) -> Server {
    Server::start(move |request| {
        let platform = &platforms[request.number];
        if is_right(platform, request, token, app_secret) {
            Reply::ok()
        } else {
            Reply::status(403).body("no entry")
        }
    })
}

#[test]
fn every_recorded_event_is_accepted_by_a_right_receiver_as_it_was_and_signed_anew() {
    for rest in ["--keep", "--resign"] {
        let (day, platforms) = day(SECRETS);
        let count = platforms.len();
        let server = receiver(platforms, TOKEN, APP_SECRET);
        replay(&server, &day, &format!("{SECRETS} {rest}"))
            .stdout_has([format!("{count} cases: {count} passed  in ")])
            .exits(0);
    }
}

#[test]
fn every_recorded_event_is_refused_by_a_receiver_with_another_secret() {
    for rest in ["--keep", "--resign"] {
        let (day, platforms) = day(SECRETS);
        let count = platforms.len();
        let server = receiver(platforms, "another-token", "another-secret");
        let ran = replay(&server, &day, &format!("{SECRETS} {rest}"))
            .stdout_has([format!("{count} cases: 0 passed, {count} failed  in ")])
            .exits(1);
        assert_eq!(ran.text().matches("fail   day.ndjson:").count(), count);
        assert_eq!(ran.text().matches("body      no entry").count(), count);
    }
}

#[test]
fn signing_with_another_secret_is_refused_by_a_right_receiver() {
    let (day, platforms) = day(SECRETS);
    let count = platforms.len();
    let server = receiver(platforms, TOKEN, APP_SECRET);
    replay(
        &server,
        &day,
        "--resign --token another-token --app-secret another-secret",
    )
    .stdout_has([format!("{count} cases: 0 passed, {count} failed")])
    .exits(1);
}

#[test]
fn what_is_kept_is_what_was_recorded_and_what_is_resigned_is_fresh() {
    let (day, platforms) = day(SECRETS);
    let recorded = pushrig(&format!("samples --as request {NOW} {SECRETS}"))
        .any_stdout()
        .exits(0);
    let server = always(200);
    replay(&server, &day, "--keep").any_stdout().exits(0);
    let raw: Vec<_> = server.received().into_iter().map(|it| it.raw).collect();
    let text = String::from_utf8(recorded.stdout).unwrap();
    for raw in &raw {
        assert!(text.contains(std::str::from_utf8(raw).unwrap()));
    }
    // Each time it is sent is signed by itself.
    let server = always(200);
    replay(&server, &day, &format!("{SECRETS} --resign --duplicate 2"))
        .any_stdout()
        .exits(0);
    let fresh: Vec<_> = server.received().into_iter().map(|it| it.raw).collect();
    assert_eq!(fresh.len(), 2 * platforms.len());
    for ((pair, old), platform) in fresh.chunks(2).zip(&raw).zip(&platforms) {
        // SENSORO's nonce is the time in milliseconds, which may be the same.
        assert!(pair[0] != pair[1] || platform == "sensoro");
        assert_ne!(&pair[0], old);
    }
    // At a fixed moment both are the same in every run.
    let server = always(200);
    let rest = format!("{SECRETS} --resign {NOW}");
    for _ in 0..2 {
        replay(&server, &day, &rest).any_stdout().exits(0);
    }
    let received = server.received();
    let (first, second) = received.split_at(platforms.len());
    for (first, second) in first.iter().zip(second) {
        assert_eq!(first.raw, second.raw);
    }
}

#[test]
fn what_arrived_verifies_sealed_events_and_fresh_times_too() {
    let keys = "--aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";
    for (platform, key) in [
        ("onenet", keys),
        ("onenet-studio-push", "--aes-key cz0Y93YkGH6Jyvoi"),
        (
            "sensoro",
            "--app-key abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        ),
    ] {
        let sealed = pushrig(&format!(
            "samples {platform} --encrypt --as record {SECRETS} {key} {NOW}"
        ))
        .any_stdout()
        .exits(0);
        for rest in ["--keep", "--resign"] {
            let server = always(200);
            let rest = format!("{SECRETS} {key} {rest}");
            replay(&server, &sealed.stdout, &rest).any_stdout().exits(0);
            for arrived in server.received() {
                let host = arrived.header("Host").unwrap();
                let url = format!("--public-url http://{host}/");
                pushrig(&format!("verify {platform} - {SECRETS} {key} {url}"))
                    .stdin(&arrived.raw)
                    .stdout_has(["valid  "])
                    .any_stderr()
                    .exits(0);
            }
        }
    }
    // A time that is signed is fresh.
    let (day, _) = day(SECRETS);
    let server = always(200);
    let rest = format!("{SECRETS} --resign --platform tencent");
    replay(&server, &day, &rest).any_stdout().exits(0);
    for arrived in server.received() {
        pushrig(&format!("verify tencent - {SECRETS} --tolerance 5m"))
            .stdin(&arrived.raw)
            .stdout_has(["valid  "])
            .any_stderr()
            .exits(0);
    }
}

#[test]
fn presets_are_signed_anew_as_well() {
    for (platform, secrets) in [
        ("wechat", SECRETS),
        ("huawei-iotda", SECRETS),
        (
            "standard-webhooks",
            "--token whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ),
    ] {
        let day = pushrig(&format!(
            "push {platform} http://h.example/x {secrets} --body {{\"a\":1}} --dry-run --as record"
        ))
        .any_stdout()
        .exits(0);
        let server = always(202);
        replay(&server, &day.stdout, &format!("{secrets} --resign"))
            .stdout_has([format!("pass   day.ndjson:1  {platform}  202")])
            .exits(0);
        pushrig(&format!("verify {platform} - {secrets} --tolerance 5m"))
            .stdin(&server.received()[0].raw)
            .stdout_has(["valid  "])
            .any_stderr()
            .exits(0);
    }
}

#[test]
fn a_recorded_handshake_must_echo() {
    for (platform, rest) in [
        ("onenet", "--msg LeoTAq"),
        ("onenet-studio-push", "--msg LeoTAq"),
        ("tencent", "--echostr LeoTAq"),
    ] {
        let day = pushrig(&format!(
            "sign {platform} --handshake --as record --url http://h.example/x {rest} {SECRETS}"
        ))
        .any_stdout()
        .any_stderr()
        .exits(0);
        for how in ["--keep", "--resign"] {
            let server = Server::start(|_| Reply::ok().body("LeoTAq"));
            let rest = format!("{SECRETS} {how}");
            replay(&server, &day.stdout, &rest)
                .stdout_has(["pass   day.ndjson:1"])
                .any_stderr()
                .exits(0);
            let server = Server::start(|_| Reply::ok().body("{\"echo\":\"LeoTAq\"}"));
            replay(&server, &day.stdout, &rest)
                .stdout_has(["fail   day.ndjson:1", "200"])
                .any_stderr()
                .exits(1);
            let server = Server::start(|_| Reply::status(201).body("LeoTAq"));
            replay(&server, &day.stdout, &rest)
                .stdout_has(["fail   day.ndjson:1", "the status is 201; "])
                .any_stderr()
                .exits(1);
        }
    }
}

#[test]
fn what_cannot_be_signed_is_refused_in_words_and_the_rest_is_sent() {
    let (day, platforms) = day(SECRETS);
    let foreign = super::capture([super::record("/x", "{\"a\":1}")]);
    let day = [foreign.as_bytes(), &day].concat();
    let server = always(200);
    let ran = replay(&server, &day, "--resign --token a-token-of-mine")
        .stdout_has([
            "error  day.ndjson:1  it cannot be signed: no platform's signature was found in it\n",
        ])
        .exits(2);
    let sensoro = platforms.iter().filter(|it| *it == "sensoro").count();
    let words = "it cannot be signed: it is signed with a secret that was not given: --app-secret";
    assert_eq!(ran.text().matches(words).count(), sensoro);
    assert_eq!(server.received().len(), platforms.len() - sensoro);
    pushrig("replay day.ndjson --to http://127.0.0.1:9/ --resign")
        .file("day.ndjson", &day)
        .stderr(
            "error: --resign needs a secret to sign with\n\
             hint: give --token or --app-secret, or set PUSHRIG_TOKEN\n",
        )
        .exits(2);
}
