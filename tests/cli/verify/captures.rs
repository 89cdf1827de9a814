//! Many records: in order, whatever is between them.

use std::fmt::Write as _;

use crate::harness::{fixture, pushrig};

const SECRETS: &str = "--token 20200321182801 --app-secret S3cretS3cretS3cretS3cretS3cret00";
const COUNT: usize = 20_000;

fn lines(name: &str) -> Vec<String> {
    let text = String::from_utf8(fixture(name)).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A capture of so many records: valid ones, now and then one whose body was changed.
fn long_capture() -> (String, usize) {
    let records = lines("capture/online.ndjson");
    let mut text = String::new();
    let mut wrong = 0;
    for number in 1..=COUNT {
        let record = &records[number % records.len()];
        if number % 1000 == 17 {
            wrong += 1;
            text.push_str(&record.replace("login_type\\\":7", "login_type\\\":8"));
        } else {
            text.push_str(record);
        }
        text.push('\n');
    }
    (text, wrong)
}

#[test]
fn twenty_thousand_records_are_judged_in_their_order() {
    let (text, wrong) = long_capture();
    let ran = pushrig(&format!("verify onenet {SECRETS} - --format json"))
        .stdin(text)
        .any_stdout()
        .exits(1);
    let lines = ran.json();
    assert_eq!(lines.len(), COUNT + 1);
    for (index, line) in lines[..COUNT].iter().enumerate() {
        let number = index + 1;
        assert_eq!(line["record"], format!("<stdin>:{number}"));
        let right = if number % 1000 == 17 {
            "mismatch"
        } else {
            "valid"
        };
        assert_eq!(line["verdict"], right, "{number}");
    }
    let summary = &lines[COUNT];
    assert_eq!(summary["records"], COUNT);
    assert_eq!(summary["mismatch"], wrong);
}

#[test]
fn a_few_bad_lines_are_told_by_number_and_the_rest_is_judged() {
    let (text, wrong) = long_capture();
    let mut bad = String::new();
    for (index, line) in text.lines().enumerate() {
        match index + 1 {
            7 => bad.push_str("garbage"),
            9_999 => bad.push_str(r#"{"v":1,"request":{"method":5}}"#),
            15_000 => bad.push_str(r#"{"v":1,"request":{"target":"/"}}"#),
            // An empty line counts, and is nothing.
            15_001 => {}
            _ => bad.push_str(line),
        }
        bad.push('\n');
    }
    let ran = pushrig(&format!("verify onenet {SECRETS} long.ndjson -q"))
        .file("long.ndjson", bad)
        .any_stdout()
        .stderr_has([
            "error: long.ndjson:7:1: ",
            "error: long.ndjson:9999:28: ",
            "error: long.ndjson:15000:",
        ])
        .exits(2);
    assert_eq!(ran.talk().lines().count(), 3, "{}", ran.talk());
    let mismatches = ran.text().matches("mismatch    long.ndjson:").count();
    assert_eq!(mismatches, wrong);
    let last = ran.text().lines().last().unwrap();
    assert_eq!(
        last,
        format!(
            "{} records: {} valid, {wrong} mismatch, 3 not read",
            COUNT - 4,
            COUNT - 4 - wrong
        )
    );
}

#[test]
fn quiet_says_only_what_is_not_right_and_the_summary() {
    let call = || {
        pushrig(&format!(
            "verify onenet {SECRETS} online.ndjson bodies.ndjson -q"
        ))
        .fixture("capture/online.ndjson")
        .fixture("capture/bodies.ndjson")
    };
    call().stdout("5 records: 5 valid\n").exits(0);
    let lines = call().arg("--format=json").any_stdout().exits(0).json();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["type"], "summary");
    assert_eq!(lines[0]["valid"], 5);
}

#[test]
fn auto_recognises_each_record_of_a_mixed_capture() {
    let mut mixed = String::new();
    for (call, named) in [
        ("samples onenet.online --token 20200321182801", true),
        ("samples tencent.report --token 20200321182801", true),
        (
            "samples onenet-studio-push.event --token 20200321182801",
            false,
        ),
        (
            "samples sensoro.text --app-secret S3cretS3cretS3cretS3cretS3cret00",
            false,
        ),
        ("samples tencent.event --token 20200321182801", false),
        ("samples onenet.online --token 20200321182801", false),
    ] {
        let record = pushrig(&format!("{call} --as record"))
            .any_stdout()
            .any_stderr()
            .exits(0);
        let line = record.text().trim_end();
        let line = if named {
            line.to_owned()
        } else {
            let from = line.find(r#""platform":"#).unwrap();
            let to = from + line[from..].find(',').unwrap() + 1;
            format!("{}{}", &line[..from], &line[to..])
        };
        mixed.push_str(&line);
        mixed.push('\n');
    }
    let lines = pushrig(&format!("verify auto - {SECRETS} --format json"))
        .stdin(mixed)
        .any_stdout()
        .exits(0)
        .json();
    let platforms: Vec<_> = lines[..6]
        .iter()
        .map(|line| line["platform"].as_str().unwrap())
        .collect();
    assert_eq!(
        platforms,
        [
            "onenet",
            "tencent",
            "onenet-studio-push",
            "sensoro",
            "tencent",
            "onenet"
        ]
    );
    assert_eq!(lines[6]["valid"], 6);
}

#[test]
fn assume_names_the_platform_of_what_shows_none() {
    let raw = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    let call = |rest: &str| pushrig(&format!("verify auto - {SECRETS} {rest}")).stdin(raw);
    call("")
        .stdout("unsigned    <stdin>:1  no known platform\n  why       no platform's signature was found in it\n")
        .exits(1);
    call("--assume onenet")
        .stdout_has(["unsigned    <stdin>:1  onenet push\n", "there is neither"])
        .exits(1);
    call("--assume nowhere")
        .stderr_has(["there is no platform `nowhere`"])
        .exits(2);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm_to_a_capture() {
    for name in ["online.ndjson", "bodies.ndjson"] {
        let mut text = "\u{feff}".to_owned();
        for line in lines(&format!("capture/{name}")) {
            let _ = write!(text, "{line}\r\n");
        }
        let count = text.lines().count();
        pushrig(&format!("verify onenet {SECRETS} - -q"))
            .stdin(text)
            .stdout(format!("{count} records: {count} valid\n"))
            .exits(0);
    }
}

#[test]
fn a_torn_last_line_is_a_warning_and_a_torn_line_before_it_an_error() {
    let records = lines("capture/online.ndjson");
    let torn = &records[1][..records[1].len() / 2];
    pushrig(&format!("verify onenet {SECRETS} -"))
        .stdin(format!("{}\n{torn}", records[0]))
        .stdout("valid       <stdin>:1  onenet push\n")
        .stderr("warning: <stdin>:2: the last line breaks off (its writer was stopped); it is left out\n")
        .exits(0);
    pushrig(&format!("verify onenet {SECRETS} -"))
        .stdin(format!("{torn}\n{}\n", records[0]))
        .stdout_has([
            "valid       <stdin>:2  onenet push\n",
            "1 record: 1 valid, 1 not read",
        ])
        .stderr_has(["error: <stdin>:1:"])
        .exits(2);
}

#[test]
fn what_is_no_http_request_is_an_error_and_the_rest_is_judged() {
    let record = &lines("capture/online.ndjson")[0];
    let mqtt = r#"{"v":1,"mqtt":{"topic":"$sys/a/b","payload":"x"}}"#;
    let unparsed = r#"{"v":1,"unparsed":{"base64":"AAA=","error":"no HTTP"}}"#;
    pushrig(&format!("verify onenet {SECRETS} -"))
        .stdin(format!("{mqtt}\n{record}\n{unparsed}\n"))
        .stdout_has(["valid       <stdin>:2", "1 record: 1 valid, 2 not read"])
        .stderr(
            "error: <stdin>:1: this record holds an MQTT message and no HTTP request\n\
             error: <stdin>:3: this record holds no HTTP request\n",
        )
        .exits(2);
}

#[test]
fn several_files_are_judged_though_one_cannot_be_read_at_the_end() {
    pushrig(&format!(
        "verify onenet {SECRETS} online.ndjson missing.ndjson"
    ))
    .fixture("capture/online.ndjson")
    .stdout_has(["valid       online.ndjson:1", "valid       online.ndjson:2"])
    .stderr_has(["error: cannot read missing.ndjson: "])
    .exits(3);
}
