//! `pushrig capture`.

use serde_json::{Value, json};

use crate::harness::{fixture, pushrig, root};

/// Every fixture, how many requests it holds, and the method and target of the first.
const FILES: [(&str, usize, &str, &str); 19] = [
    ("bodies.ndjson", 3, "POST", "/"),
    ("handshake.log", 1, "GET", HANDSHAKE),
    ("handshake.target", 1, "GET", HANDSHAKE),
    ("offline.json", 1, "POST", "/"),
    ("online-chrome-cmd.curl", 1, "POST", "/push"),
    ("online-chrome.curl", 1, "POST", "/push"),
    ("online-exchange.raw", 1, "POST", "/push"),
    ("online-postman.curl", 1, "POST", "/push"),
    ("online.curl", 1, "POST", "/push"),
    ("online.har", 2, "POST", "/push"),
    ("online.http", 2, "POST", "/push"),
    ("online.json", 1, "POST", "/"),
    ("online.log", 2, "POST", "/"),
    ("online.ndjson", 2, "POST", "/push"),
    ("online.raw", 1, "POST", "/push"),
    ("sensoro.curl", 1, "POST", "/sensoro/webhooks"),
    ("sensoro.raw", 1, "POST", "/sensoro/webhooks"),
    ("tencent.headers", 1, "GET", "/"),
    ("tencent.raw", 1, "GET", "/"),
];

const HANDSHAKE: &str =
    "/he/data/push/global?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe";

const ONLINE: &str = r#"{"msg":{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1},"msg_signature":"1FtJkDnewfBiKFJKKheJPA==","nonce":"w&INtJ9+"}"#;

/// The schema of the capture format, as the repository has it.
pub(crate) fn schema() -> jsonschema::Validator {
    let text = std::fs::read(root().join("schema/capture-v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&text).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn import(name: &str) -> Vec<u8> {
    let call = pushrig(&format!("capture import {name}")).fixture(&format!("capture/{name}"));
    // One of them names another file.
    let call = call.fixture("capture/offline.json");
    call.any_stdout().any_stderr().exits(0).stdout
}

#[test]
fn the_list_of_fixtures_is_complete() {
    let mut names: Vec<_> = std::fs::read_dir(root().join("tests/fixtures/capture"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, FILES.map(|(name, ..)| name));
}

#[test]
fn every_format_becomes_records_of_the_schema() {
    let schema = schema();
    for (name, count, method, target) in FILES {
        let text = String::from_utf8(import(name)).unwrap();
        let records: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(records.len(), count, "{name}");
        for record in &records {
            if let Err(why) = schema.validate(record) {
                panic!("{name}: {why}: {record}");
            }
            assert_eq!(record["by"], "pushrig 0.1.0", "{name}");
        }
        assert_eq!(records[0]["request"]["method"], method, "{name}");
        assert_eq!(records[0]["request"]["target"], target, "{name}");
        if name.starts_with("online") {
            assert_eq!(records[0]["request"]["body"], ONLINE, "{name}");
        }
    }
}

#[test]
fn what_was_imported_is_imported_again_unchanged() {
    for (name, ..) in FILES {
        let records = import(name);
        pushrig("capture import -")
            .stdin(&records)
            .stdout(&records)
            .exits(0);
        pushrig("capture show --as record -")
            .stdin(&records)
            .stdout(&records)
            .exits(0);
    }
}

#[test]
fn what_was_imported_has_the_verdict_of_the_original() {
    for (name, count, ..) in FILES {
        let verdicts = |call: &str, bytes: &[u8]| {
            let call = format!(
                "verify auto {call} --token 20200321182801 --token aaa --format json \
                 --app-secret S3cretS3cretS3cretS3cretS3cret00 --public-url http://hook.example.com"
            );
            let mut lines = pushrig(&call)
                .fixture("capture/offline.json")
                .file(name, bytes)
                .any_stdout()
                .any_stderr()
                .exits(0)
                .json();
            lines.pop();
            let told = ["platform", "form", "verdict", "received", "expected"];
            let lines: Vec<_> = lines
                .iter()
                .map(|line| told.map(|name| line[name].clone()))
                .collect();
            assert_eq!(lines.len(), count, "{name}");
            lines
        };
        let original = verdicts(name, &fixture(&format!("capture/{name}")));
        assert_eq!(verdicts(name, &import(name)), original, "{name}");
    }
}

#[test]
fn raw_http_is_shown_again_byte_for_byte() {
    for name in ["online.raw", "sensoro.raw", "tencent.raw"] {
        let raw = fixture(&format!("capture/{name}"));
        pushrig("capture show --as request -")
            .stdin(import(name))
            .stdout(raw)
            .exits(0);
    }
    let raw = b"POST /a%20b?+=\xff&x HTTP/1.1\r\nhOsT: a\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 4\r\n\r\n\x00\xff\r\n";
    let record = pushrig("capture import -")
        .stdin(raw)
        .any_stdout()
        .exits(0)
        .stdout;
    assert!(schema().is_valid(&serde_json::from_slice(&record).unwrap()));
    pushrig("capture show --as request -")
        .stdin(record)
        .stdout(raw)
        .exits(0);
}

#[test]
fn a_curl_command_of_a_record_is_imported_as_the_same_request() {
    for (name, ..) in FILES {
        let records = import(name);
        let curl = pushrig("capture show --as curl -")
            .stdin(&records)
            .any_stdout()
            .exits(0)
            .stdout;
        let again = pushrig("capture import -")
            .stdin(&curl)
            .any_stdout()
            .any_stderr()
            .exits(0);
        let requests = |text: &str| -> Vec<Vec<Value>> {
            text.lines()
                .map(|line| {
                    let record: Value = serde_json::from_str(line).unwrap();
                    ["method", "target", "body"]
                        .map(|name| record["request"][name].clone())
                        .into()
                })
                .collect()
        };
        assert_eq!(
            requests(again.text()),
            requests(std::str::from_utf8(&records).unwrap()),
            "{name}"
        );
    }
}

#[test]
fn records_are_shown_as_text_body_and_by_number() {
    let call = |rest: &str| {
        pushrig(&format!("capture show online.ndjson {rest}")).fixture("capture/online.ndjson")
    };
    call("--select 1")
        .stdout(format!(
            "online.ndjson:1  2020-03-30T14:42:01.430Z  onenet  from 183.230.40.1:51234  valid\n\
             POST /push HTTP/1.1\n  \
             User-Agent: OneNET\n  \
             Content-Type: application/json; charset=utf-8\n  \
             Accept-Encoding: *\n  \
             Connection: Keep-Alive\n  \
             Host: example.com\n  \
             Content-Length: 144\n\
             {ONLINE}\n\
             → 200\nok\n"
        ))
        .exits(0);
    call("--select 1 --as body")
        .stdout(format!("{ONLINE}\n"))
        .exits(0);
    let bodies = fixture("capture/bodies.ndjson");
    let two = bodies
        .split_inclusive(|&byte| byte == b'\n')
        .take(2)
        .collect::<Vec<_>>()
        .concat();
    call("--select 1-2 --as body").stdout(two).exits(0);
    call("--select 2- --as body")
        .stdout_has([r#""status":0"#])
        .exits(0);
    call("--select 3")
        .stderr("error: --select leaves no record\n")
        .exits(2);
    call("--select 0")
        .stderr_has(["expected record numbers such as 1,3-5 or 8-"])
        .exits(2);
    let line = &call("--select 2 --format json")
        .any_stdout()
        .exits(0)
        .one_json();
    assert_eq!(line["request"]["method"], "POST");
}

#[test]
fn a_capture_is_written_to_a_file_and_the_platform_noted() {
    let ran = pushrig("capture import online.json --platform onenet -o out.ndjson")
        .fixture("capture/online.json")
        .stderr(
            "note: online.json:1: the newline at the end is not taken for a part of the body\n\
             note: 1 record written to out.ndjson\n",
        )
        .exits(0);
    let record: Value = serde_json::from_slice(&ran.read("out.ndjson")).unwrap();
    assert_eq!(record["platform"], "onenet");
    assert_eq!(
        record["note"],
        "only the body is known; method and target are made up"
    );
    pushrig("capture import online.json --platform nowhere")
        .fixture("capture/online.json")
        .stderr_has(["there is no platform `nowhere`"])
        .exits(2);
    pushrig("capture import online.json -o no/folder/out.ndjson")
        .fixture("capture/online.json")
        .stderr_has(["error: cannot write no/folder/out.ndjson: "])
        .exits(3);
}

#[test]
fn a_har_that_lost_bytes_is_a_loud_warning() {
    let har = String::from_utf8(fixture("capture/online.har")).unwrap();
    let lossy = har
        .replacen("\"bodySize\": 144", "\"bodySize\": 146", 1)
        .replacen("\"value\": \"144\"", "\"value\": \"146\"", 1);
    for call in ["capture import online.har", "capture show online.har"] {
        pushrig(call)
            .file("online.har", &lossy)
            .any_stdout()
            .stderr_has([
                "warning: online.har:10: WARNING: the body is not what was sent: it has 144 bytes here, Content-Length says 146",
            ])
            .exits(0);
    }
    pushrig("verify onenet online.har --token not-the-token --format json")
        .file("online.har", &lossy)
        .any_stdout()
        .any_stderr()
        .exits(1);
}

#[test]
fn what_a_har_cannot_say_is_said_and_what_is_no_http_left_out() {
    pushrig("capture import online.har")
        .fixture("capture/online.har")
        .any_stdout()
        .stderr(
            "warning: online.har:143: entry 3 is left out: `data:` is not HTTP\n\
             note: online.har:79: HTTP/2 pseudo-headers became Host and the request line\n\
             note: online.har:79: it was H2; it is kept as HTTP/1.1\n",
        )
        .exits(0);
}

#[test]
fn a_secret_in_a_record_is_kept_with_a_warning() {
    let raw =
        "POST /x HTTP/1.1\r\nHost: a\r\nX-Token: a-token-of-mine\r\nAuthorization: Basic x\r\n\r\n";
    pushrig("capture import -")
        .env("PUSHRIG_TOKEN", "a-token-of-mine")
        .stdin(raw)
        .reveals()
        .stdout_has(["a-token-of-mine"])
        .stderr(
            "warning: <stdin>:1: the request holds your --token: keep the capture to yourself\n\
             warning: <stdin>:1: the request holds credentials (Authorization or Cookie): keep the capture to yourself\n",
        )
        .exits(0);
}

#[test]
fn a_bad_line_is_told_and_the_rest_imported() {
    let records = fixture("capture/online.ndjson");
    // What is left of a line whose beginning was cut off.
    for garbage in [
        "garbage",
        r#"ue":1}}"#,
        r#"":1}}"#,
        "{",
        r#"{"v":1,"request":"#,
    ] {
        let ran = pushrig("capture import -")
            .stdin([garbage.as_bytes(), b"\n", &records].concat())
            .any_stdout()
            .stderr_has(["error: <stdin>:1:"])
            .exits(2);
        assert_eq!(ran.text().as_bytes(), records, "{garbage}");
    }
}

#[test]
fn members_that_nobody_knows_are_kept() {
    let line = r#"{"v":1,"mine":{"a":1.0},"request":{"method":"GET","target":"/","also":"mine"},"by":"me"}"#;
    let record = pushrig("capture import -")
        .stdin(line)
        .any_stdout()
        .exits(0)
        .one_json();
    assert_eq!(record["mine"], json!({"a": 1.0}));
    assert_eq!(record["request"]["also"], "mine");
    assert_eq!(record["by"], "me");
}
