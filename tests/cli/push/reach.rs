//! How the server is reached, and what is written about a run beside its output.

use super::{SECRETS, always, push};
use crate::harness::pushrig;
use crate::server::{Gate, Reply, Server};

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
    for text in ["onenet.online#1", "the status is 500: only 200 counts"] {
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
fn the_password_of_a_url_is_neither_sent_nor_shown() {
    let server = always(500);
    let host = server.address();
    let url = format!("http://me:hunter2hunter2@{host}/push");
    for call in [
        format!("push onenet.online {url} --report html=r.html"),
        format!("handshake onenet {url} --report html=r.html"),
        format!("push tencent.report http://{host}/ --error-url {url} --report html=r.html"),
    ] {
        let ran = pushrig(&format!("{call} {SECRETS}"))
            .secret("hunter2hunter2")
            .any_stdout()
            .stderr(
                "note: the user and password of the URL are not sent; a header is, by \
                 -H 'Authorization: …'\n",
            )
            .exits(1);
        let page = String::from_utf8(ran.read("r.html")).unwrap();
        assert!(!page.contains("hunter2"), "{page}");
    }
    for request in server.received() {
        assert_eq!(request.header("Host").unwrap(), host.to_string());
    }
    pushrig(&format!("push onenet.online {url} {SECRETS} --dry-run"))
        .stdout_has([format!("\r\nHost: {host}\r\n")])
        .any_stderr()
        .exits(0);
}

#[test]
fn a_report_names_the_url_without_its_query_and_without_secrets() {
    let server = always(500);
    for command in ["push onenet.online", "handshake onenet"] {
        let url = server.url("/a-token-of-mine/push?key=hunter2hunter2");
        let ran = pushrig(&format!("{command} {url} {SECRETS} --report json=r.json"))
            .secret("hunter2hunter2")
            .any_stdout()
            .exits(1);
        let report = String::from_utf8(ran.read("r.json")).unwrap();
        let host = server.address();
        let target = format!("\"target\": \"http://{host}/[secret]/push\"");
        assert!(report.contains(&target), "{report}");
        assert!(!report.contains("hunter2"), "{report}");
    }
}

#[test]
fn two_names_of_one_file_are_one_report_too_many() {
    pushrig(&format!(
        "push onenet.online http://127.0.0.1:9/ {SECRETS} --report tap=r --report json=./r"
    ))
    .stderr_has(["two reports would be written to ./r"])
    .exits(2);
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_anything_is_sent() {
    let server = always(200).may_stay_idle();
    let call = |report: &str| push("onenet.online", &server, &format!("{SECRETS} {report}"));
    call("--report tap=no/such/r")
        .stderr("error: cannot write no/such/r: there is no such folder\n")
        .exits(3);
    call("--report tap=.")
        .stderr_has(["cannot write ."])
        .exits(3);
    assert!(server.received().is_empty());
}

#[cfg(unix)]
#[test]
fn a_report_on_standard_output_stands_behind_what_is_there() {
    let server = always(200);
    let shell = |call: String| {
        let folder = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(folder.path().join("out")).unwrap();
        let words = call.split(' ');
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_pushrig"))
            .args(words)
            .stdout(file)
            .status()
            .unwrap();
        assert!(status.success());
        std::fs::read_to_string(folder.path().join("out")).unwrap()
    };
    let url = server.url("/");
    let text = shell(format!(
        "push onenet.online {url} {SECRETS} --report tap=/dev/stdout"
    ));
    assert!(text.starts_with("pass   onenet.online"), "{text}");
    assert!(text.contains("\nTAP version 14\n1..1\n"), "{text}");
}

#[test]
fn what_comes_behind_the_end_of_an_answer_is_a_warning() {
    let server = Server::start(|_| Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\n"));
    push("onenet.online", &server, SECRETS)
        .stdout_has([
            "pass   onenet.online",
            "warning   1 byte came behind the end of the answer",
        ])
        .exits(0);
}

#[test]
fn reports_list_pushes_in_the_order_in_which_they_began() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Server::start(move |request| match request.number {
        0 => Reply::ok().after(&held),
        last => {
            if last == 2 {
                held.open();
            }
            Reply::ok()
        }
    });
    let ran = push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --count 3 --rate 20 --report json=r.json"),
    )
    .any_stdout()
    .exits(0);
    drop(gate);
    let report: serde_json::Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let ids: Vec<_> = cases.map(|case| case["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        ["onenet.online#1", "onenet.online#2", "onenet.online#3"]
    );
    assert!(
        ran.text().starts_with("pass   onenet.online#2"),
        "{}",
        ran.text()
    );
}
