//! How the server is reached.

use super::*;

#[test]
fn a_device_polls_by_tls() {
    let server = Server::tls("localhost", |request| {
        if is_result(request) {
            return Reply::ok();
        }
        match request.number {
            0 => greets(),
            _ => Reply::ok(),
        }
    });
    let port = server.address().port();
    pushrig(&format!(
        "device --server https://localhost:{port} --id 478435 --until-idle -q --cacert ca.pem"
    ))
    .file("ca.pem", server.ca())
    .any_stdout()
    .exits(0);
    assert_eq!(bodies(&server), [GREETED]);
    let host = format!("localhost:{port}");
    assert_eq!(server.received()[0].header("Host").unwrap(), host);
    pushrig(&format!(
        "device --server https://localhost:{port} --id 478435 --until-idle"
    ))
    .stderr_has(["note: device"])
    .stdout_has(["error  push  controlid  the last poll was not answered: "])
    .exits(3);
}

/// Only the end of the connection tells that the answer is whole, and anybody can make that.
#[test]
fn an_answer_by_tls_that_may_be_cut_off_is_a_finding() {
    let server = Server::tls("localhost", |request| match request.number {
        0 => Reply::raw("HTTP/1.1 200 OK\r\n\r\n{}").and_close(),
        _ => Reply::ok(),
    });
    let port = server.address().port();
    let lines = pushrig(&format!(
        "device --server https://localhost:{port} --id 478435 --polls 2 --period 10ms \
         --format json --cacert ca.pem"
    ))
    .file("ca.pem", server.ca())
    .any_stdout()
    .exits(0)
    .json();
    assert_eq!(outcomes(&lines, "finding"), ["wire.cut-off pass"]);
}

#[cfg(unix)]
#[test]
fn a_device_polls_by_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let server = Server::unix(&path, |_| Reply::ok());
    pushrig("device --server http://app.internal/x --id 478435 --until-idle -q --unix-socket")
        .arg(&path)
        .any_stdout()
        .exits(0);
    let request = &server.received()[0];
    assert_eq!(request.header("Host").unwrap(), "app.internal");
    assert!(request.target().starts_with("/x/push?deviceId="));
}

#[test]
fn the_address_may_be_host_and_port_or_stand_in_a_profile() {
    let server = Server::start(|_| Reply::ok());
    let address = server.address();
    pushrig(&format!(
        "device --server {address} --id 478435 --until-idle"
    ))
    .stderr(format!(
        "note: device 478435 (serial A95V) polls http://{address}/push every 5s\n\
         note: no command came; --commands N makes that a failure\n"
    ))
    .stdout_has(["0 cases"])
    .exits(0);
    pushrig("device --profile dev --id 478435 --until-idle -q")
        .file(
            "pushrig.toml",
            format!("[profile.dev]\nurl = \"http://{address}/x\"\n"),
        )
        .any_stdout()
        .exits(0);
    let paths: Vec<_> = server.received().iter().map(path).collect();
    assert_eq!(paths, ["/push", "/x/push"]);
}

#[test]
fn a_password_in_the_address_is_not_sent_and_not_shown() {
    let server = Server::start(|_| Reply::ok());
    let address = server.address();
    let ran = pushrig(&format!(
        "device --server http://me:s3cretword@{address} --id 478435 --until-idle --report json=r"
    ))
    .secret("s3cretword")
    .stderr_has(["note: the user name and password of the URL are not sent"])
    .any_stdout()
    .exits(0);
    assert_eq!(server.received()[0].header("Authorization"), None);
    let report = String::from_utf8(ran.read("r")).unwrap();
    assert!(!report.contains("s3cretword"), "{report}");
}

/// As Python's own server does, unless it is told otherwise.
#[test]
fn a_server_of_http_1_0_that_closes_each_connection() {
    let old = |body: &str| {
        let length = body.len();
        let bytes = format!("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        Reply::raw(bytes).and_close()
    };
    let server = answers_results(
        [
            old(r#"{"endpoint":"message_to_screen","body":{"message":"hi"}}"#),
            old(""),
        ],
        move |_| old(""),
    );
    let lines = told(&server, "--until-idle --strict", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 pass"]
    );
    assert_eq!(server.connections(), 3);
}

/// Without a length, the end of the connection is the end of the answer.
#[test]
fn a_server_that_ends_its_answers_by_closing() {
    let server = answers_results(
        [
            Reply::raw("HTTP/1.1 200 OK\r\n\r\n{\"endpoint\":\"logout\"}").and_close(),
            Reply::raw("HTTP/1.1 200 OK\r\n\r\n").and_close(),
        ],
        |_| Reply::ok().and_close(),
    );
    let lines = told(&server, "--until-idle", 0);
    assert_eq!(outcomes(&lines, "case"), ["478435/logout#1 pass"]);
}

#[test]
fn a_chunked_answer_is_an_answer() {
    let server = hands_out([Reply::raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"end\r\n10\r\npoint\":\"logout\"}\r\n0\r\n\r\n",
    )]);
    let lines = told(&server, "--until-idle --strict", 0);
    assert_eq!(outcomes(&lines, "case"), ["478435/logout#1 pass"]);
}

/// An idle connection may close as the poll comes; one that closes again swallows polls.
#[test]
fn a_poll_over_a_connection_that_idled_is_sent_again_once_and_that_is_said() {
    let server = Server::start(|request| match request.number {
        1 | 3 => Reply::close(),
        _ => Reply::ok(),
    });
    let url = server.url("");
    let call = format!("device --server {url} --id 1 --polls 3 --period 1100ms --format json");
    let lines = pushrig(&call).any_stdout().exits(3).json();
    let found = ["wire.sent-again pass", "push.broken pass"];
    assert_eq!(outcomes(&lines, "finding"), found);
    assert_eq!(outcomes(&lines, "case"), ["push error"]);
    assert_eq!(server.received().len(), 4);
}

/// A result that may have arrived is never sent twice unasked.
#[test]
fn a_result_whose_connection_closes_is_not_sent_again() {
    let server = answers_results([greets()], |_| Reply::close());
    told(&server, "--polls 2", 3);
    assert_eq!(results(&server).len(), 1);
}
