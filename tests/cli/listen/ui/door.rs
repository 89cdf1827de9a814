//! Who comes in, and what the page may do.

use std::io::Write as _;
use std::net::UdpSocket;

use super::open;
use crate::harness::pushrig;
use crate::listen::bench::listen;

#[test]
fn the_url_is_told_at_the_start_and_nobody_can_guess_it() {
    let (first, second) = (open("onenet"), open("onenet --seed 1"));
    let tokens = [&first, &second].map(|running| running.page(""));
    for token in &tokens {
        let token = token.strip_prefix("/_pushrig/").unwrap();
        assert_eq!(
            token.len(),
            33,
            "128 bits in hexadecimal, and a slash: {token}"
        );
    }
    assert_ne!(tokens[0], tokens[1]);
    assert_ne!(
        tokens[1],
        open("onenet --seed 1").page(""),
        "no seed fixes it"
    );
    assert!(
        String::from_utf8(first.get("").body)
            .unwrap()
            .contains("<title>pushrig</title>")
    );
    assert_eq!(listen("onenet").ui, None);
}

#[test]
fn people_are_told_below_the_first_line_and_the_quiet_too() {
    for (words, lines) in [("", 2), ("-q", 1)] {
        let ran = pushrig(&format!(
            "listen onenet --token a-token-of-mine --ui --for 100ms {words}"
        ))
        .any_stdout()
        .any_stderr()
        .exits(0);
        let said = String::from_utf8(ran.stderr).unwrap();
        let last = said.lines().nth(lines - 1).unwrap();
        assert!(
            last.starts_with("inspector: open in a browser on this machine: http://127.0.0.1:")
                && last.contains("/_pushrig/"),
            "{said}"
        );
    }
}

#[test]
fn who_may_not_come_in_is_told_nothing_and_leaves_no_trace() {
    let running = open("onenet --capture c.ndjson --fault never");
    let host = running.host();
    let page = running.page("");
    let wrong = page.replace(|it: char| it.is_ascii_digit(), "x");
    let foreign = format!("http://evil.test{page}");
    for (path, fields) in [
        (wrong.as_str(), vec![host.as_str()]),
        ("/_pushrig/", vec![&host]),
        (&page, vec!["Host: evil.test"]),
        (&page, vec![]),
        (&page, vec![&host, "X-Forwarded-For: 10.0.0.1"]),
        (&page, vec![&host, "CF-Connecting-IP: 10.0.0.1"]),
        (&foreign, vec![&host]),
        (
            &format!("{page}record/1"),
            vec![&host, "Sec-Fetch-Site: cross-site"],
        ),
        (&format!("{page}nothing"), vec![&host]),
    ] {
        let answer = running.ask("GET", path, &fields, "");
        assert_eq!(
            (answer.status(), answer.body.len()),
            (404, 0),
            "{path} {fields:?}"
        );
        assert!(!answer.head.contains("Policy"), "{}", answer.head);
    }
    assert_eq!(running.get("").status(), 200);
    let absolute = running.url(&page);
    let answer = running.ask("GET", &absolute, &[&host], "");
    assert_eq!(answer.status(), 200, "as a client of a proxy asks");
    assert_eq!(running.ask("PUT", &page, &[&host], "").status(), 404);
    let ended = running.stop();
    assert_eq!(ended.counter("requests"), 0);
    assert!(ended.records().is_empty());
}

#[test]
fn without_ui_its_path_is_like_any_other() {
    let running = listen("onenet");
    let answer = running.ask("GET", "/_pushrig/x/", &["Host: localhost"], "");
    assert_eq!(answer.status(), 403);
    assert_eq!(running.stop().counter("requests"), 1);
}

#[test]
fn every_file_has_a_policy_that_lets_nothing_in() {
    let running = open("onenet");
    let page = String::from_utf8(running.get("").body).unwrap();
    let mut names = vec!["", "export", "icon.svg", "list.js", "record.js"];
    for part in page.split("=\"").skip(1) {
        let name = part.split('"').next().unwrap();
        if [".js", ".css"].iter().any(|end| name.ends_with(end)) {
            names.push(name);
        }
    }
    for name in names {
        let answer = running.get(name);
        assert_eq!(answer.status(), 200, "{name}");
        for field in [
            "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "X-Content-Type-Options: nosniff",
            "Referrer-Policy: no-referrer",
            "Cache-Control: no-store",
        ] {
            assert!(
                answer.head.contains(field),
                "{name}: {field}: {}",
                answer.head
            );
        }
        assert!(!answer.head.contains("unsafe"), "{}", answer.head);
    }
}

#[test]
fn it_is_served_over_tls_too() {
    let running = open("onenet --tls self-signed");
    assert!(
        running
            .ui
            .as_ref()
            .unwrap()
            .starts_with("https://127.0.0.1:")
    );
    if !crate::interop::runs("curl", &["--version"]) {
        return;
    }
    let got = std::process::Command::new("curl")
        .args(["-sk", running.ui.as_ref().unwrap()])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&got.stdout).contains("<title>pushrig"));
}

#[test]
fn a_browser_that_does_not_trust_the_certificate_yet_leaves_no_record() {
    let running = open("onenet --tls self-signed --capture c.ndjson");
    let url = running.url("/");
    pushrig(&format!("push onenet.online {url} --token a-token-of-mine"))
        .any_stdout()
        .any_stderr()
        .exits(3);
    // Others go before they say anything.
    let mut stream = running.connect();
    stream.write_all(b"\x16\x03\x01").unwrap();
    drop(stream);
    running.takes("onenet.online", "--insecure");
    let records = running.records();
    assert_eq!(records.len(), 1, "{records:?}");
    let ended = running.stop();
    let noted = ended.talk.matches("if that is the browser").count();
    // The first one may say why it goes; the same is said once.
    assert!((1..=2).contains(&noted), "{}", ended.talk);
}

#[test]
fn an_address_that_is_not_this_machines_alone_cannot_have_a_page() {
    // No packet is sent: this asks which address would send it.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let Ok(()) = socket.connect("192.0.2.1:9") else {
        return;
    };
    let ip = socket.local_addr().unwrap().ip();
    let ran = pushrig(&format!(
        "listen onenet --token a-token-of-mine --ui --allow-remote --bind {ip}:0 --for 1s"
    ))
    .any_stderr()
    .exits(2);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("--ui is for this machine alone"), "{said}");
    assert!(said.contains("hint: give --bind 127.0.0.1"), "{said}");
    open("onenet --allow-remote --bind 0.0.0.0:0").get("");
}
