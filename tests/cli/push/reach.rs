//! How the server is reached, and what is written about a run beside its output.

use super::{SECRETS, always, push};
use crate::harness::pushrig;
use crate::server::{Reply, Server};

#[test]
fn the_time_limit_is_the_platforms_unless_one_is_given() {
    let server = Server::start(|_| Reply::silence());
    for (rest, limit) in [("", "5s"), ("--timeout 20ms", "20ms")] {
        push("tencent.report", &server, &format!("{SECRETS} {rest}"))
            .stdout_has([format!("no answer within {limit}: nothing came back")])
            .exits(3);
    }
}

#[test]
fn a_push_goes_over_tls_to_a_server_that_is_trusted() {
    let server = Server::tls("push.example", |_| Reply::ok());
    let port = server.address().port();
    let call = |rest: &str| {
        pushrig(&format!(
            "push sensoro.text https://push.example:{port}/hook {SECRETS} \
             --resolve push.example:{port}:127.0.0.1 {rest}"
        ))
        .file("ca.pem", server.ca())
    };
    call("--cacert ca.pem").stdout_has(["pass   "]).exits(0);
    call("--insecure").stdout_has(["pass   "]).exits(0);
    call("")
        .stdout_has(["error  sensoro.text", "TLS with "])
        .exits(3);
    let arrived = server.received().remove(0);
    assert_eq!(
        arrived.header("Host").unwrap(),
        format!("push.example:{port}")
    );
    pushrig(&format!(
        "verify sensoro - {SECRETS} --public-url https://push.example:{port}"
    ))
    .stdin(&arrived.raw)
    .stdout_has(["valid  "])
    .any_stderr()
    .exits(0);
}

#[cfg(unix)]
#[test]
fn a_push_goes_to_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Server::unix(&path, |_| Reply::ok());
    pushrig(&format!(
        "push onenet.online http://any.example/push {SECRETS} --rate 10 --unix-socket"
    ))
    .arg(&path)
    .stdout_has(["pass   onenet.online"])
    .exits(0);
    assert_eq!(server.received()[0].header("Host").unwrap(), "any.example");
}

#[test]
fn reports_are_written_and_conditions_fail_the_run() {
    let server = always(500);
    let ran = push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --count 2 --report junit=report.xml --report json=report.json"),
    )
    .any_stdout()
    .any_stderr()
    .exits(1);
    let junit = String::from_utf8(ran.read("report.xml")).unwrap();
    for text in ["onenet.online#1", "the answer is 500, and only 200 counts"] {
        assert!(junit.contains(text), "{junit}");
    }
    let json: serde_json::Value = serde_json::from_slice(&ran.read("report.json")).unwrap();
    assert_eq!(json["cases"].as_array().unwrap().len(), 2);
    let server = always(200);
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --fail-if max>0ms"),
    )
    .stdout_has(["pass   onenet.online", "missed"])
    .any_stderr()
    .exits(1);
}

#[test]
fn the_password_of_a_url_is_not_repeated() {
    let server = always(500);
    let url = format!("http://me:hunter2hunter2@{}/push", server.address());
    let ran = pushrig(&format!(
        "push onenet.online {url} {SECRETS} --report json=r.json"
    ))
    .secret("hunter2hunter2")
    .any_stdout()
    .any_stderr()
    .answers();
    let report = String::from_utf8(ran.read("r.json")).unwrap();
    assert!(!report.contains("hunter2"), "{report}");
}
