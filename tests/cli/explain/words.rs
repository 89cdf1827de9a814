//! What an explanation says, to people and to machines.

use serde_json::json;

use crate::harness::{Pushrig, pushrig};

const BASE: &str = "\
base string 96 bytes, hashed with md5, written as base64
  token         14 bytes  hidden: 14 bytes
  nonce          8 bytes  w&INtJ9+
  msg           74 bytes  {\"at\":1585579321430,\"login_type\":7,\"type\":2,\"dev_id\":589888962,\"status\":1}
  digest     d45b499039dec1f06228524a2a17893c
  signature  1FtJkDnewfBiKFJKKheJPA==
";

fn onenet(rest: &str) -> Pushrig {
    pushrig(&format!(
        "explain onenet online.raw --token 20200321182801 {rest}"
    ))
    .fixture("capture/online.raw")
}

#[test]
fn a_right_signature_is_shown_with_its_base_string_and_what_to_do_next() {
    let next = "  next       the request is right: if your server refuses it, add --computed and \
                the signature that your server computed\n";
    onenet("")
        .stdout(format!(
            "valid       online.raw:1  onenet push\n\n{BASE}{next}"
        ))
        .exits(0);
}

#[test]
fn the_printed_examples_of_the_documentation_are_valid_once_compacted() {
    for name in ["online", "offline", "point"] {
        let file = format!("printed-{name}.txt");
        pushrig(&format!("explain onenet {file} --token 20200321182801"))
            .fixture(&format!("onenet/{file}"))
            .stdout_has([
                &format!("valid       {file}:1  onenet push"),
                "the body was read leniently: a comment whose line end was lost",
                "it is valid once compacted: these are the bytes that were sent",
                "base string",
            ])
            .exits(0);
    }
}

#[test]
fn what_my_server_computed_is_judged_too() {
    onenet("--computed 1FtJkDnewfBiKFJKKheJPA==")
        .stdout(format!(
            "valid       online.raw:1  onenet push\n  computed  1FtJkDnewfBiKFJKKheJPA==  (right)\n\n{BASE}"
        ))
        .exits(0);
    onenet("--computed HqqHnk/0AIYURJwwQXhypQ==")
        .stdout_has([
            "valid       online.raw:1  onenet push\n",
            "computed  HqqHnk/0AIYURJwwQXhypQ==  (wrong)\n",
            "expected  1FtJkDnewfBiKFJKKheJPA==\n",
            BASE,
            "mistake (proved: it gives exactly the value that your server computed)\n",
            "the order was token, msg, nonce  [order.permuted]\n",
            "advice  ",
            "hashed     ",
            "should be  ",
        ])
        .exits(1);
}

#[test]
fn only_the_parts_and_what_was_computed_are_enough() {
    pushrig("explain onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --computed 77f9dc0e0fa3adc5b6e7d747399072cb")
        .stdout_has(["77f9dc0e0fa3adc5b6e7d747399072cb  (wrong)", "[text.hex]"])
        .exits(1);
    pushrig("explain onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --computed d/ncDg+jrcW259dHOZByyw==")
        .stdout_has(["d/ncDg+jrcW259dHOZByyw==  (right)"])
        .exits(0);
}

#[test]
fn where_no_mistake_fits_it_says_what_was_ruled_out_and_what_to_give() {
    onenet("--computed AAAAAAAAAAAAAAAAAAAAAA==")
        .stdout_has([
            "no mistake fits: none of ",
            " mistakes, ",
            " pairs of them and 120 orders of JSON members gives it\n",
            "ruled out  secret, query, body, order, digest, text\n",
            "next       --token: is it the right one?",
        ])
        .exits(1);
    let line = onenet("--computed AAAAAAAAAAAAAAAAAAAAAA== --format json")
        .any_stdout()
        .exits(1)
        .one_json();
    assert_eq!(line["mistakes"], json!([]));
    let tried = &line["tried"];
    assert_eq!(
        tried["families"],
        json!(["secret", "query", "body", "order", "digest", "text"])
    );
    assert!(tried["singles"].as_u64().unwrap() > 100);
    assert!(tried["pairs"].as_u64().unwrap() > 5_000);
    assert_eq!(tried["key_orders"], 120);
    assert!(tried["advice"][0].as_str().unwrap().starts_with("--token"));
}

#[test]
fn as_json_it_is_the_verdict_with_base_string_and_mistakes() {
    let line = onenet("--computed HqqHnk/0AIYURJwwQXhypQ== --format json")
        .any_stdout()
        .exits(1)
        .one_json();
    assert_eq!(line["v"], 1);
    assert_eq!(line["type"], "verdict");
    assert_eq!(line["record"], "online.raw:1");
    assert_eq!(line["verdict"], "valid");
    assert_eq!(line["expected"], "1FtJkDnewfBiKFJKKheJPA==");
    assert_eq!(
        line["base_string"],
        json!([
            { "part": "token", "secret": true, "bytes": 14 },
            { "part": "nonce", "bytes": 8, "text": "w&INtJ9+" },
            {
                "part": "msg", "bytes": 74,
                "text": r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#,
            },
        ])
    );
    let mistake = line["mistakes"][0].as_object().unwrap();
    assert_eq!(mistake["ids"], json!(["order.permuted"]));
    assert!(mistake["also"].is_array());
    assert_eq!(mistake["of"], "computed");
    assert_eq!(mistake["depth"], 1);
    assert!(mistake["title"].is_string());
    assert!(mistake["advice"].is_string());
    let right = onenet("--format json").any_stdout().exits(0).one_json();
    assert_eq!(right["mistakes"], json!([]));
    assert_eq!(right["base_string"], line["base_string"]);
}

#[test]
fn reveal_shows_the_secret_and_nothing_else_does() {
    onenet("--reveal")
        .reveals()
        .stdout_has(["  token         14 bytes  20200321182801\n"])
        .exits(0);
    let line = onenet("--reveal --format json")
        .reveals()
        .any_stdout()
        .exits(0)
        .one_json();
    assert_eq!(
        line["base_string"][0],
        json!({ "part": "token", "secret": true, "bytes": 14, "text": "20200321182801" })
    );
    // The harness looks for the secret in all of these.
    for rest in [
        "",
        "-v",
        "--format json",
        "--computed x",
        "--color always",
        "--show",
    ] {
        onenet(rest)
            .any_stdout()
            .exits(i32::from(rest.contains("computed")));
    }
}

#[test]
fn a_secret_in_what_arrived_is_hidden_too() {
    let msg = r#"{"token":"a-token-of-mine"}"#;
    let signed = pushrig("sign onenet --token a-token-of-mine --nonce n --msg")
        .arg(msg)
        .any_stdout()
        .exits(0);
    let call = || {
        pushrig("explain onenet --token a-token-of-mine --nonce n --computed x --signature")
            .arg(signed.text().trim_end())
            .args(["--msg", msg])
    };
    call().stdout_has([r#"{"token":"[secret]"}"#]).exits(1);
    call().arg("--format=json").any_stdout().exits(1);
}

#[test]
fn odd_characters_of_a_secret_are_told_without_showing_it() {
    pushrig("explain onenet --nonce n --msg {} --computed x --token")
        .arg("my-token-value \u{feff}\n")
        .stdout_has(["token ", "hidden: "])
        .exits(1);
}

#[test]
fn what_a_peer_sent_cannot_steer_the_terminal() {
    let body = r#"{"msg":1,"msg_signature":"\u001b]0;x\u0007","nonce":"\u001b[2J"}"#;
    let raw = format!("POST /\u{1b}[31m HTTP/1.1\r\nHost: a\r\n\r\n{body}");
    let ran = pushrig("explain onenet - --token a-token-of-mine")
        .stdin(raw)
        .any_stdout()
        .exits(1);
    assert!(
        !ran.stdout.contains(&0x1b) && !ran.stdout.contains(&7),
        "{}",
        ran.text()
    );
}

#[test]
fn every_record_of_a_file_is_explained_and_the_worst_decides() {
    pushrig("explain auto online.ndjson --token 20200321182801")
        .fixture("capture/online.ndjson")
        .stdout_has(["valid       online.ndjson:1", "valid       online.ndjson:2"])
        .exits(0);
    pushrig("explain auto - --token 20200321182801")
        .stdin(
            [
                crate::harness::fixture("capture/online.ndjson"),
                b"garbage\n".to_vec(),
            ]
            .concat(),
        )
        .stdout_has(["valid       <stdin>:1", "valid       <stdin>:2"])
        .stderr_has(["error: <stdin>:3"])
        .exits(2);
}

#[test]
fn its_age_counts_with_a_tolerance_here_too() {
    let call = |rest: &str| {
        pushrig(&format!(
            "explain tencent tencent.raw --token aaa --now 1795290000 {rest}"
        ))
        .fixture("capture/tencent.raw")
        .stdout_has(["valid       tencent.raw:1  tencent handshake  stale: 2208 d old"])
    };
    call("").exits(0);
    call("--tolerance 5m").exits(1);
}

/// The handshake of the README, signed with another token than the one that is given here.
const WITH_A_BLANK: &str = "msg=m9KVkA&signature=4Qx4THWsJE w6ZlGXTVa/w==&nonce=XCdKXyzX\n";

#[test]
fn a_blank_in_base64_is_told_though_the_secret_is_another_and_not_as_proved() {
    // That of the vendor's samples would be tried.
    let query = WITH_A_BLANK.replace("4Qx4", "5Qx4");
    pushrig("explain onenet - --token Other77")
        .stdin(&query)
        .stdout_has([
            "a query alone: path, headers and body are not known",
            "seen (not proved: the text alone tells it",
            "the signature that arrived holds a blank, which base64 never does",
            "[query.plus-to-blank]",
            "no mistake fits: ",
        ])
        .exits(1);
    let line = pushrig("explain onenet - --token Other77 --format json")
        .stdin(&query)
        .any_stdout()
        .exits(1)
        .one_json();
    let mistakes = line["mistakes"].as_array().unwrap();
    assert_eq!(mistakes.len(), 1, "{line}");
    assert_eq!(mistakes[0]["ids"][0], "query.plus-to-blank");
    assert_eq!(mistakes[0]["proved"], false);
    // Once it is proved, nothing more is said of it.
    let proved = pushrig("explain onenet - --token 20200321182801")
        .stdin(WITH_A_BLANK)
        .stdout_has(["mistake (proved", "[query.plus-to-blank]"])
        .exits(1);
    assert!(!proved.text().contains("seen (not"), "{}", proved.text());
}

#[test]
fn what_was_cut_short_and_what_is_empty_is_told() {
    let call = |computed: &str| {
        pushrig("explain onenet --token x --nonce n --msg m --computed").arg(computed)
    };
    call("fjv4IkU0BM0IM8k")
        .stdout_has([
            "what your server computed has 11 bytes, and 16 are right: it was cut short",
            "[text.length]",
        ])
        .exits(1);
    call("").stdout_has(["  computed  empty  (wrong)"]).exits(1);
}

#[test]
fn a_request_in_a_line_of_a_json_log_is_judged_and_that_is_said() {
    let query = "/he/data/push/global?msg=m9KVkA&signature=4Qx4THWsJE+w6ZlGXTVa/w==&nonce=XCdKXyzX";
    let line = format!(r#"{{"level":"warn","msg":"invalid signature","path":"{query}"}}"#);
    for lines in [line.clone(), format!("{line}\n{line}\n")] {
        for command in ["explain", "verify"] {
            let call = pushrig(&format!("{command} onenet - --token 20200321182801"));
            let call = call.stdin(&lines).stdout_has(["valid       <stdin>:1"]);
            let ran = call.any_stderr().exits(0);
            let said = format!("{}{}", ran.text(), ran.talk());
            let note = "taken out of a log's line: the request stands in its member `path`";
            assert!(said.contains(note), "{said}");
        }
    }
}
