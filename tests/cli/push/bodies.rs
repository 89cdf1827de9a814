//! What a push carries: values that are set, bodies of one's own, batches, seals, no signature.

use super::{FIXED, SECRETS, always, body, msg, push};
use crate::harness::{pushrig, root};
use crate::server::Server;

const AES_KEY: &str = "--aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";

/// What arrived is valid by `verify`, and holds these texts.
fn verifies(platform: &str, server: &Server, texts: &[&str]) {
    let arrived = server.received().pop().unwrap();
    let body = String::from_utf8(arrived.body()).unwrap();
    for text in texts {
        assert!(body.contains(text), "{body} lacks {text}");
    }
    pushrig(&format!(
        "verify {platform} - {SECRETS} --public-url http://{}/",
        server.address()
    ))
    .stdin(&arrived.raw)
    .stdout_has(["valid  "])
    .any_stderr()
    .exits(0);
}

#[test]
fn set_replaces_a_value_and_leaves_every_other_byte() {
    let server = always(200);
    push(
        "onenet.datapoint",
        &server,
        &format!("{SECRETS} {FIXED} --set value=21.50 --set /ds_id=humidity --set at=1"),
    )
    .any_stdout()
    .exits(0);
    verifies(
        "onenet",
        &server,
        &[r#"{"msg":{"at":1,"type":1,"ds_id":"humidity","value":21.50,"dev_id":589888962},"#],
    );
}

#[test]
fn set_takes_json_of_any_kind_and_else_text() {
    let server = always(200);
    push("tencent.report", &server, SECRETS)
        .arg("--set")
        .arg("payload.params={\"b\": 1, \"a\":[null,1e2]}")
        .arg("--set")
        .arg("devicename=a \"b\"\u{1f600}")
        .arg("--set")
        .arg("payload.method=")
        .any_stdout()
        .exits(0);
    verifies(
        "tencent",
        &server,
        &[
            r#""params":{"b": 1, "a":[null,1e2]}}"#,
            "{\"devicename\":\"a \\\"b\\\"\u{1f600}\",",
            r#""method":"""#,
        ],
    );
}

#[test]
fn set_reaches_into_every_platforms_message() {
    for (platform, name, path, text) in [
        ("onenet", "onenet.online", "status=7", "\"status\":7}"),
        ("onenet", "onenet.online", "msg.status=7", "\"status\":7}"),
        ("onenet", "onenet.online", "/msg/status=7", "\"status\":7}"),
        (
            "onenet-studio-push",
            "onenet-studio-push.property",
            "data.params.Power.value=off",
            r#"\"value\":\"off\""#,
        ),
        (
            "onenet-studio-push",
            "onenet-studio-push.reply",
            "/msg/response/msg=bad",
            r#"\"msg\":\"bad\""#,
        ),
        (
            "sensoro",
            "sensoro.text",
            "data.battery=3",
            "\"battery\":3,",
        ),
    ] {
        let server = always(200);
        push(name, &server, &format!("{SECRETS} --set {path}"))
            .any_stdout()
            .exits(0);
        verifies(platform, &server, &[text]);
    }
}

#[test]
fn a_path_that_matches_nothing_is_an_error_and_nothing_is_sent() {
    for (name, path, said) in [
        (
            "onenet.online",
            "statu=1",
            "error: --set statu=1: there is no `statu`",
        ),
        ("onenet.online", "msg.statu=1", "there is no `statu`"),
        ("onenet.online", "msg=1", "there is no `msg`"),
        ("sensoro.text", "data.x.y=1", "there is no `x`"),
        ("tencent.report", "seq.x=1", "there is no `x`"),
    ] {
        let server = always(200).may_stay_idle();
        push(name, &server, &format!("{SECRETS} --set {path}"))
            .stderr_has([said])
            .exits(2);
        assert_eq!(server.connections(), 0);
    }
    for wrong in ["status", "=1", "a..b=1"] {
        pushrig(&format!(
            "push onenet.online http://127.0.0.1:9/ {SECRETS} --set {wrong}"
        ))
        .any_stderr()
        .exits(2);
    }
}

#[test]
fn a_batch_is_one_array_of_fresh_events_each_changed_as_asked() {
    let server = always(200);
    push(
        "onenet.command-result",
        &server,
        &format!("{SECRETS} --batch 3 --set send_status=6"),
    )
    .any_stdout()
    .exits(0);
    verifies("onenet", &server, &["{\"msg\":[{", "}],\"msg_signature\""]);
    let batch = msg(&server.received()[0]);
    let batch = batch.as_array().unwrap();
    assert_eq!(batch.len(), 3);
    assert!(batch.iter().all(|one| one["send_status"] == 6));
    assert_ne!(batch[0]["cmd_id"], batch[1]["cmd_id"]);
    pushrig(&format!(
        "push onenet http://127.0.0.1:9/ {SECRETS} --batch 2 --body 1"
    ))
    .any_stderr()
    .exits(2);
}

#[test]
fn a_sealed_batch_opens_to_the_array() {
    let server = always(200);
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} {AES_KEY} --batch 2 --encrypt"),
    )
    .any_stdout()
    .exits(0);
    let arrived = server.received().remove(0);
    assert!(body(&arrived)["enc_msg"].is_string());
    pushrig(&format!("verify onenet - {SECRETS} {AES_KEY} --show"))
        .stdin(&arrived.raw)
        .stdout_has(["valid", "[{", "},{", "}]"])
        .any_stderr()
        .exits(0);
}

#[test]
fn a_body_of_ones_own_is_wrapped_as_the_platform_does() {
    for (name, id) in [("onenet", "onenet"), ("onenet.online", "onenet.online")] {
        let server = always(200);
        push(name, &server, &format!("{SECRETS} --body @mine.json"))
            .file("mine.json", "{\"b\": 1.0, \"a\":\"\\u4e2d\"}")
            .stdout_has([format!("pass   {id}  onenet  200")])
            .exits(0);
        verifies(
            "onenet",
            &server,
            &["{\"msg\":{\"b\": 1.0, \"a\":\"\\u4e2d\"},\"msg_signature\""],
        );
    }
    let server = always(200);
    push(
        "onenet-studio-push",
        &server,
        &format!("{SECRETS} --body -"),
    )
    .stdin("{\"a\":\"\u{4e2d}\"}\n")
    .any_stdout()
    .exits(0);
    verifies(
        "onenet-studio-push",
        &server,
        &["{\"msg\":\"{\\\"a\\\":\\\"\u{4e2d}\\\"}\\n\","],
    );
    for (platform, rest) in [("tencent", ""), ("sensoro", "--app-id me")] {
        let server = always(200);
        push(
            platform,
            &server,
            &format!("{SECRETS} {rest} --body {{\"x\":1}}"),
        )
        .any_stdout()
        .exits(0);
        verifies(platform, &server, &["{\"x\":1}"]);
        assert_eq!(server.received()[0].body(), b"{\"x\":1}");
    }
}

#[test]
fn blanks_around_a_body_are_not_part_of_msg_and_what_is_no_json_is_refused() {
    let server = always(200);
    push("onenet", &server, &format!("{SECRETS} --body @mine.json"))
        .file("mine.json", "\n{\"a\":1}\r\n")
        .any_stdout()
        .stderr("note: the blanks around the JSON of --body are not part of `msg`\n")
        .exits(0);
    verifies("onenet", &server, &["{\"msg\":{\"a\":1},\"msg_signature\""]);
    pushrig(&format!(
        "push onenet http://127.0.0.1:9/ {SECRETS} --body {{a}}"
    ))
    .stderr_has(["error: --body: msg is a JSON value on the wire, and this is none: "])
    .exits(2);
}

#[test]
fn the_envelope_of_a_push_is_opened_and_signed_anew_which_is_said() {
    let old = "{\"msg\": {\"a\": 1.0},\"msg_signature\":\"old\",\"nonce\":\"older\"}";
    let server = always(200);
    push(
        "onenet",
        &server,
        &format!("{SECRETS} --set a=2 --body @old.json"),
    )
    .file("old.json", old)
    .any_stdout()
    .stderr("note: the body is a signed push already: what its `msg` carries is signed anew\n")
    .exits(0);
    verifies(
        "onenet",
        &server,
        &["{\"msg\":{\"a\": 2},\"msg_signature\""],
    );
    for (platform, key) in [
        ("onenet", AES_KEY),
        ("onenet-studio-push", "--aes-key cz0Y93YkGH6Jyvoi"),
    ] {
        let sealed = pushrig(&format!(
            "samples {platform}.online {SECRETS} {key} --encrypt {FIXED}"
        ))
        .any_stdout()
        .exits(0);
        let plain = pushrig(&format!("samples {platform}.online {SECRETS} {FIXED}"))
            .any_stdout()
            .exits(0);
        let server = always(200);
        push(platform, &server, &format!("{SECRETS} {key} --body -"))
            .stdin(&sealed.stdout)
            .any_stdout()
            .stderr_has(["note: the body is a signed push already"])
            .exits(0);
        verifies(platform, &server, &[]);
        let plain: serde_json::Value = serde_json::from_slice(&plain.stdout).unwrap();
        assert_eq!(msg(&server.received()[0]), plain["msg"]);
    }
    let sealed = "{\"msg_signature\":\"x\",\"enc_msg\":\"AAAA\",\"nonce\":\"n\"}";
    pushrig(&format!(
        "push onenet http://127.0.0.1:9/ {SECRETS} --body {sealed}"
    ))
    .stderr_has(["error: --body: the message is encrypted and no --aes-key was given"])
    .exits(2);
}

#[test]
fn presets_and_recipe_files_push_a_body() {
    let whsec = "--token whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for (platform, secrets) in [
        ("wechat", SECRETS),
        ("huawei-iotda", SECRETS),
        ("standard-webhooks", whsec),
    ] {
        let server = always(201);
        push(
            platform,
            &server,
            &format!("{secrets} --body {{\"a\":1}} --count 2"),
        )
        .stdout_has([
            format!("pass   {platform}#1  {platform}  201"),
            format!("{platform}#2"),
        ])
        .exits(0);
        for arrived in server.received() {
            assert_eq!(arrived.body(), b"{\"a\":1}");
            pushrig(&format!("verify {platform} - {secrets}"))
                .stdin(&arrived.raw)
                .stdout_has(["valid  "])
                .any_stderr()
                .exits(0);
        }
    }
    let server = always(200);
    let recipe = root().join("examples/recipes/acme.toml");
    pushrig("push")
        .arg(&recipe)
        .args([server.url("/push"), "--body={\"a\":1}".to_owned()])
        .args(["--app-secret", "kettle-and-toast"])
        .stdout_has(["pass   acme  acme  200"])
        .exits(0);
    pushrig("verify")
        .arg(&recipe)
        .args(["-", "--app-secret", "kettle-and-toast"])
        .stdin(&server.received()[0].raw)
        .stdout_has(["valid  "])
        .any_stderr()
        .exits(0);
}

#[test]
fn an_unsigned_push_has_no_signature_and_nothing_that_serves_it_alone() {
    let heads = |platform: &str, rest: &str| {
        let server = always(200);
        push(platform, &server, &format!("--unsigned {rest}"))
            .any_stdout()
            .exits(0);
        let arrived = server.received().remove(0);
        let names: Vec<_> = arrived
            .headers()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(
            arrived.header("Content-Length").unwrap(),
            arrived.body().len().to_string()
        );
        (arrived.clone(), names.join(" "))
    };
    let (arrived, _) = heads("onenet.online", FIXED);
    assert_eq!(
        String::from_utf8(arrived.body()).unwrap(),
        r#"{"msg":{"at":1795291200000,"login_type":7,"type":2,"dev_id":589888962,"status":1}}"#
    );
    let (arrived, _) = heads("onenet.online", &format!("{AES_KEY} --encrypt"));
    let sealed = String::from_utf8(arrived.body()).unwrap();
    assert!(
        sealed.starts_with("{\"enc_msg\":\"") && sealed.ends_with("\"}"),
        "{sealed}"
    );
    let (arrived, _) = heads("onenet-studio-push.online", "");
    let members: Vec<_> = body(&arrived)
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(members, ["id", "msg", "time"]);
    let (_, names) = heads("tencent.report", "");
    assert_eq!(
        names,
        "Host User-Agent Content-Length Content-Type Accept-Encoding"
    );
    let (_, names) = heads("sensoro.text", "--nonce 1");
    assert_eq!(names, "Host Content-Type Content-Length X-ACCESS-ID");
    let (arrived, _) = heads("wechat", "--body x");
    assert_eq!(arrived.target(), "/push");
    let (_, names) = heads("standard-webhooks", "--body x");
    assert_eq!(names, "Host Content-Type webhook-id Content-Length");
    pushrig("push onenet.online http://127.0.0.1:9/ --unsigned --encrypt")
        .stderr_has(["error: no --aes-key was given"])
        .exits(2);
}

#[test]
fn nonce_and_timestamp_may_be_fixed() {
    let server = always(200);
    push(
        "tencent.report",
        &server,
        &format!("{SECRETS} --nonce n0 --timestamp 1604458421"),
    )
    .any_stdout()
    .exits(0);
    verifies("tencent", &server, &[]);
    let arrived = server.received().remove(0);
    assert_eq!(arrived.header("Nonce").unwrap(), "n0");
    assert_eq!(arrived.header("Timestamp").unwrap(), "1604458421");
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --nonce w&INtJ9+"),
    )
    .any_stdout()
    .exits(0);
    assert_eq!(body(&server.received()[1])["nonce"], "w&INtJ9+");
}

#[test]
fn headers_are_added_replaced_and_taken_away_after_signing() {
    let server = always(200);
    push("tencent.report", &server, SECRETS)
        .args([
            "-H",
            "X-Mine: 1",
            "-H",
            "user-agent: me",
            "-H",
            "Accept-Encoding:",
        ])
        .args(["-H", "Signature: wrong"])
        .any_stdout()
        .exits(0);
    let arrived = server.received().remove(0);
    assert_eq!(arrived.header("X-Mine").unwrap(), "1");
    assert_eq!(arrived.header("User-Agent").unwrap(), "me");
    assert_eq!(arrived.header("Accept-Encoding"), None);
    assert_eq!(arrived.header("Signature").unwrap(), "wrong");
}
