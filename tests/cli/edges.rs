//! What newcomers and careful readers stumbled over, each as it should be.

use crate::harness::{fixture, pushrig};

const ONLINE: &str = r#"{"msg":{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1},"msg_signature":"1FtJkDnewfBiKFJKKheJPA==","nonce":"w&INtJ9+"}"#;
const TOKEN: &str = "20200321182801";
const SENSORO: &str = "S3cretS3cretS3cretS3cretS3cret00";

#[test]
fn an_import_that_fails_leaves_the_capture_that_was_there() {
    let ran = pushrig("capture import missing.har -o old.ndjson")
        .file("old.ndjson", "what was there\n")
        .any_stderr()
        .exits(3);
    assert_eq!(ran.read("old.ndjson"), b"what was there\n");
}

#[test]
fn a_capture_may_be_imported_into_itself() {
    let capture = fixture("capture/online.ndjson");
    let ran = pushrig("capture import c.ndjson -o c.ndjson")
        .file("c.ndjson", &capture)
        .any_stderr()
        .exits(0);
    assert!(ran.read("c.ndjson").starts_with(b"{\"v\":1,"));
}

#[test]
fn a_missing_file_among_others_does_not_end_the_run() {
    let call = format!("verify onenet a.json missing.json b.json --token {TOKEN}");
    pushrig(&call)
        .file("a.json", ONLINE)
        .file("b.json", ONLINE)
        .stdout_has(["a.json:1", "b.json:1", "2 records: 2 valid"])
        .stderr_has(["missing.json"])
        .exits(3);
    pushrig(&call)
        .file("a.json", ONLINE)
        .file("b.json", ONLINE.replace("\"type\":2", "\"type\":1"))
        .any_stdout()
        .any_stderr()
        .exits(1);
}

#[test]
fn quiet_or_not_the_verdicts_and_the_exit_code_are_the_same() {
    let lines = format!("{ONLINE}\n{{\"msg\": broken\n{ONLINE}\n{{\"v\":1}}\n[1]\n");
    for flags in [
        "",
        "--nonce x",
        "--body {}",
        "--aes-key short",
        "--tolerance 1s",
    ] {
        let summary = |quiet: &str| {
            let ran = pushrig(&format!("verify onenet f --token {TOKEN} {flags} {quiet}"))
                .args(["--format", "json"])
                .file("f", &lines)
                .any_stdout()
                .any_stderr()
                .exits(2);
            ran.json().pop().expect("there is a summary")
        };
        assert_eq!(summary(""), summary("-q"), "{flags}");
    }
}

#[test]
fn where_age_decides_a_time_that_cannot_be_read_is_a_no() {
    let signature = pushrig("sign tencent --token aaa --timestamp abc --nonce n")
        .any_stdout()
        .exits(0);
    let call = format!(
        "verify tencent --token aaa --timestamp abc --nonce n --signature {}",
        signature.text().trim()
    );
    pushrig(&call).any_stdout().any_stderr().exits(0);
    pushrig(&format!("{call} --tolerance 5m"))
        .any_stdout()
        .any_stderr()
        .exits(1);
}

#[test]
fn an_empty_variable_is_no_secret_and_an_empty_flag_is_warned_of() {
    pushrig("sign onenet --nonce n --msg m")
        .env("PUSHRIG_TOKEN", "")
        .stderr_has(["--token"])
        .exits(2);
    pushrig("sign onenet --nonce n --msg m --token")
        .arg("")
        .any_stdout()
        .stderr_has(["warning: --token: this secret is empty"])
        .exits(0);
}

#[test]
fn a_line_break_in_a_part_does_not_become_a_header() {
    pushrig("sign tencent --token abc --body {} --as request --url http://h/x --nonce")
        .arg("a\r\nEvil: 1")
        .stderr_has(["`Nonce` holds a line break"])
        .exits(2);
}

#[test]
fn a_push_is_made_only_of_json() {
    pushrig("sign onenet --token abc --msg hello --as request --url http://h/x")
        .stderr_has(["msg is a JSON value on the wire"])
        .exits(2);
}

#[test]
fn the_signature_and_the_request_cover_the_same_url() {
    let parts =
        "--app-secret abcdefgh --nonce 1467018792599 --method POST --body {} --url http://h";
    let signature = pushrig(&format!("sign sensoro {parts}"))
        .any_stdout()
        .exits(0);
    pushrig(&format!("sign sensoro {parts} --app-id A --as request"))
        .stdout_has([format!("X-ACCESS-SIGNATURE: {}", signature.text().trim())])
        .exits(0);
}

#[test]
fn a_secret_of_a_profile_lies_beside_its_configuration() {
    pushrig("sign onenet --nonce 5xp7vzm3fN --msg hello --config conf/pushrig.toml")
        .file(
            "conf/pushrig.toml",
            "[profile.default]\ntoken = \"@token\"\n",
        )
        .file("conf/token", "ricnsmart")
        .stdout("d/ncDg+jrcW259dHOZByyw==\n")
        .exits(0);
}

#[test]
fn a_secret_at_the_wrong_place_of_a_configuration_is_not_quoted() {
    pushrig("sign onenet --nonce n --msg m --token x --profile p --config c.toml")
        .file("c.toml", "[profile]\ntoken = \"hunter2hunter2\"\n")
        .secret("hunter2hunter2")
        .stderr_has(["c.toml:2:9: ", "expected a table [profile.NAME]"])
        .exits(2);
}

#[test]
fn a_raw_message_is_explained_although_it_does_not_tell_its_scheme() {
    pushrig(&format!("explain sensoro r.raw --app-secret {SENSORO}"))
        .file("r.raw", fixture("capture/sensoro.raw"))
        .stdout_has([
            "valid",
            "a raw message does not tell its scheme: http is taken",
        ])
        .exits(0);
}

#[test]
fn a_public_url_whose_path_is_there_already_is_not_added_twice() {
    pushrig(&format!("explain sensoro r.raw --app-secret {SENSORO}"))
        .args(["--public-url", "http://hook.example.com/sensoro/webhooks"])
        .file("r.raw", fixture("capture/sensoro.raw"))
        .stdout_has(["valid", "it is not added twice"])
        .exits(0);
    pushrig("verify sensoro r.raw --app-secret abcdefgh --public-url http://h/a?b=c")
        .file("r.raw", "")
        .stderr_has(["give the URL without it"])
        .exits(2);
}

#[test]
fn a_server_that_computed_what_arrived_is_not_called_wrong() {
    pushrig("explain onenet b.json --token another-token --computed 1FtJkDnewfBiKFJKKheJPA==")
        .file("b.json", ONLINE.replace("\"status\":1", "\"status\":8"))
        .stdout_has([
            "what arrived, and not what these bytes give",
            "your server computed what arrived",
        ])
        .exits(1);
}

#[test]
fn a_pretty_printed_copy_is_valid_once_compacted() {
    let pretty = ONLINE.replace(',', ",\n  ").replace("\":", "\": ");
    pushrig(&format!(
        "explain onenet b.json --token {TOKEN} --computed fjv4IkU0BM0IM8knirSfOw=="
    ))
    .file("b.json", pretty)
    .stdout_has(["valid ", "once compacted", "[body.python-default-json]"])
    .exits(1);
}

#[test]
fn a_hundred_thousand_members_are_judged_in_no_time() {
    let members: Vec<String> = (0..100_000).map(|n| format!("\"m{n}\":{n}")).collect();
    let body = format!(
        "{{{},\"msg\":1,\"msg_signature\":\"x\",\"nonce\":\"n\"}}",
        members.join(",")
    );
    pushrig("verify onenet b.json --token abcdefgh")
        .file("b.json", body)
        .any_stdout()
        .any_stderr()
        .exits(1);
}

#[test]
fn what_python_prints_of_a_body_is_the_body_byte_for_byte() {
    let printed = r#"b'{"msg":{"at":1795291200000,"type": 1,"ds_id":"temperature","value":"12.34"},"msg_signature":"n1iVQn88AmexWHsqCGvHJA==","nonce":"aB3$x&+9"}'"#;
    pushrig("explain onenet b.txt --token MyPushTok2024")
        .file("b.txt", printed)
        .stdout_has(["valid ", "the body was taken out of what stood around it"])
        .exits(0);
}

#[test]
fn a_part_that_the_scheme_does_not_have_is_refused() {
    pushrig("sign onenet --token abc --nonce n --msg m --in nosuch=1")
        .stderr_has(["onenet has no part `nosuch` for --in"])
        .exits(2);
}
