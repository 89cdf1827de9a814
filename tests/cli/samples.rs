//! `pushrig samples`.

use std::collections::BTreeMap;

use crate::harness::pushrig;

const SECRETS: &str = "--token a-token-of-mine --app-secret a-secret-of-mine";

/// Platforms and their events, as the list tells them.
fn list() -> Vec<(String, String)> {
    let lines = pushrig("samples --format json")
        .any_stdout()
        .exits(0)
        .json();
    lines
        .iter()
        .map(|line| {
            assert_eq!(line["type"], "sample");
            assert!(line["about"].is_string());
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("platform"), text("event"))
        })
        .collect()
}

#[test]
fn the_list_names_every_event_of_the_contract() {
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (platform, event) in list() {
        events.entry(platform).or_default().push(event);
    }
    let expected = [
        (
            "onenet",
            "online offline datapoint command-result nb-online nb-offline nb-datapoint",
        ),
        (
            "onenet-studio-push",
            "online offline property event reply scene-log location",
        ),
        (
            "tencent",
            "report event info status control-reply action-reply binary",
        ),
        ("sensoro", "text event"),
    ];
    assert_eq!(events.len(), expected.len());
    for (platform, names) in expected {
        assert_eq!(
            events[platform],
            names.split(' ').collect::<Vec<_>>(),
            "{platform}"
        );
    }
}

#[test]
fn the_list_for_people_names_the_same() {
    let all: Vec<_> = list()
        .iter()
        .map(|(platform, event)| format!("{platform}.{event}  "))
        .collect();
    pushrig("samples")
        .stdout_has(all.iter().map(|name| name.trim_end().to_owned()))
        .exits(0);
    let tencent = pushrig("samples tencent").any_stdout().exits(0);
    assert!(
        tencent
            .text()
            .lines()
            .all(|line| line.starts_with("tencent."))
    );
}

#[test]
fn every_event_in_every_form_is_valid() {
    for (platform, event) in list() {
        for form in ["body", "request", "curl", "record"] {
            // Where the signature stands in headers, a body alone has none.
            if form == "body" && !platform.starts_with("onenet") {
                continue;
            }
            for sealed in ["", "--encrypt"] {
                if platform == "tencent" && !sealed.is_empty() {
                    continue;
                }
                let key = match platform.as_str() {
                    "onenet" => "--aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
                    "onenet-studio-push" => "--aes-key cz0Y93YkGH6Jyvoi",
                    _ => "--app-key abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
                };
                let sample = pushrig(&format!(
                    "samples {platform}.{event} --as {form} {SECRETS} {key} {sealed} --url http://a.example/push"
                ))
                .any_stdout()
                .exits(0);
                let auto = if form == "body" && platform == "onenet-studio-push" {
                    "onenet-studio-push"
                } else {
                    "auto"
                };
                pushrig(&format!(
                    "verify {auto} - {SECRETS} {key} --tolerance 5m --public-url http://a.example/"
                ))
                .stdin(&sample.stdout)
                .stdout_has([format!("valid       <stdin>:1  {platform} ")])
                .any_stderr()
                .exits(0);
            }
        }
    }
}

#[test]
fn all_samples_of_a_platform_are_a_capture_that_verifies() {
    for (platform, count) in [
        ("onenet", 7),
        ("onenet-studio-push", 7),
        ("tencent", 7),
        ("sensoro", 2),
    ] {
        let records = pushrig(&format!("samples {platform} --as record {SECRETS}"))
            .any_stdout()
            .exits(0);
        assert_eq!(records.json().len(), count);
        pushrig(&format!("verify auto - {SECRETS} -q"))
            .stdin(&records.stdout)
            .stdout(format!("{count} records: {count} valid\n"))
            .exits(0);
    }
}

#[test]
fn seed_and_now_make_samples_repeatable() {
    for (platform, event) in list() {
        let sample = |fixed: &str| {
            let call = format!("samples {platform}.{event} --as request {SECRETS} {fixed}");
            pushrig(&call).any_stdout().exits(0).stdout
        };
        let fixed = "--seed 3 --now 2026-11-21T20:00:00Z";
        assert_eq!(sample(fixed), sample(fixed), "{platform}.{event}");
        assert_ne!(
            sample(fixed),
            sample("--seed 4 --now 2026-11-21T20:00:01Z"),
            "{platform}.{event}"
        );
    }
}

#[test]
fn the_published_message_comes_out_at_its_time_and_nonce() {
    pushrig("samples onenet.online --token 20200321182801 --now 1585579321430 --nonce w&INtJ9+")
        .stdout("{\"msg\":{\"at\":1585579321430,\"login_type\":7,\"type\":2,\"dev_id\":589888962,\"status\":1},\"msg_signature\":\"1FtJkDnewfBiKFJKKheJPA==\",\"nonce\":\"w&INtJ9+\"}\n")
        .exits(0);
}

#[test]
fn without_secrets_the_vendors_samples_are_used_and_that_is_said() {
    let ran = pushrig("samples onenet.online")
        .any_stdout()
        .stderr("note: signed with onenet's sample credentials, since no --token was given\n")
        .exits(0);
    pushrig("verify onenet - --token 20200321182801")
        .stdin(&ran.stdout)
        .stdout_has(["valid"])
        .any_stderr()
        .exits(0);
}

#[test]
fn a_name_that_is_none_is_answered_with_those_there_are() {
    pushrig("samples nowhere")
        .stderr("error: there are no samples of a platform `nowhere`\nhint: one of onenet, onenet-studio-push, tencent, sensoro\n")
        .exits(2);
    pushrig("samples sensoro.nothing")
        .stderr("error: sensoro has no event `nothing`\nhint: one of text, event\n")
        .exits(2);
}
