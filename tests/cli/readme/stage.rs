//! The servers that the README's sessions talk to, at `http://127.0.0.1:8000` in its text: what
//! a path answers is what the text around it says of that server. MQTT is at `127.0.0.1:1883`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use crate::harness::{pushrig, root};
use crate::server::{Received, Reply, Server};

/// How the README writes the address.
pub(crate) const WRITTEN: &str = "127.0.0.1:8000";

/// How the README writes the address of a broker.
pub(crate) const WRITTEN_BROKER: &str = "127.0.0.1:1883";

/// The access key of the vendor's example, which the README has put into PUSHRIG_ACCESS_KEY.
pub(crate) const ACCESS_KEY: &str =
    "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";

const TOKEN: &str = "20200321182801";

/// A server with a path for each session.
pub(crate) fn server() -> Server {
    let polls = AtomicUsize::new(0);
    Server::start(move |request| {
        let target = request.target();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        match path.as_str() {
            "/he/data/push/global" => echo(&target, false),
            "/as-a-form" => echo(&target, true),
            "/iot" => Reply::status(500)
                .header("Content-Type", "application/json")
                .body(r#"{"error":"no such device"}"#),
            // The commands are for the first of several devices, whoever comes first.
            "/door/push" if !is_first(&target) => Reply::ok(),
            "/door/push" => command(polls.fetch_add(1, SeqCst)),
            "/door/result" => Reply::ok(),
            "/push" if request.method() == "GET" => echo(&target, false),
            "/push" => push(request),
            other => panic!("the README shows no server at {other}"),
        }
    })
}

fn is_first(target: &str) -> bool {
    let names = |id: &str| target.contains(&format!("deviceId={id}&"));
    names("478435") || names("1000")
}

/// A simulated device that polls the server at this port as soon as there is one, until it has run
/// a command.
pub(crate) fn device(port: u16) {
    let call = format!(
        "device --server 127.0.0.1:{port} --id 478435 --seed-users 2 --period 50ms --commands 1 \
         --for 30s -q"
    );
    // Whoever runs the command of the README waits for the device, not for this thread.
    std::thread::spawn(move || pushrig(&call).any_stdout().any_stderr().exits(0));
}

/// OneNET, with a server at this port as soon as there is one: it tells of a device, once more
/// after half a second where that failed, and then with a token that was typed wrongly.
pub(crate) fn platform(port: u16) {
    std::thread::spawn(move || {
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        let call = format!("push onenet.online http://127.0.0.1:{port}/push --retry 500ms");
        let push = |token: &str| {
            let call = pushrig(&call).arg("--token").arg(token);
            call.any_stdout().any_stderr().any_end()
        };
        push(TOKEN);
        push(&format!("{TOKEN} "));
    });
}

/// An application that sets a property of a device, as soon as there is a platform at this port.
pub(crate) fn setter(port: u16) {
    std::thread::spawn(move || while set(port).contains("connection refused") {});
}

fn set(port: u16) -> String {
    let call =
        format!("mqtt set 127.0.0.1:{port} --user 10311 --device 00001/iot-0001 temperature=30.5");
    let call = pushrig(&call).env("PUSHRIG_ACCESS_KEY", ACCESS_KEY);
    let ran = call.any_stdout().any_stderr().any_end();
    format!("{}{}", ran.text(), ran.talk())
}

/// OneNET Studio's platform at this port; where `sets`, an application sets a property when
/// another one has subscribed to all of a device.
pub(crate) fn studio(port: u16, sets: bool) {
    let mut platform = Command::new(env!("CARGO_BIN_EXE_pushrig"));
    platform.args(["mqtt", "platform", "examples/onenet-studio/platform.toml"]);
    platform.args(["--bind", &format!("127.0.0.1:{port}"), "--for", "30s"]);
    platform.args(["--expect", "sets>=1", "--format", "json"]);
    platform
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut platform = platform.spawn().unwrap();
    let mut lines = BufReader::new(platform.stdout.take().unwrap()).lines();
    let ready = lines.next().unwrap().unwrap();
    assert!(ready.contains("\"type\":\"ready\""), "{ready}");
    std::thread::spawn(move || {
        let lines = lines.map_while(Result::ok);
        let mut subscribed = lines.filter(|line| line.contains("\"type\":\"subscribed\""));
        if sets && subscribed.nth(3).is_some() {
            set(port);
        }
        // What it still says has to go somewhere.
        subscribed.for_each(drop);
        platform.wait().unwrap();
    });
}

/// A push server that has three commands, the second not as it should be.
fn command(poll: usize) -> Reply {
    match poll {
        0 => Reply::ok().body(r#"{"endpoint":"system_information"}"#),
        1 => Reply::ok().body(
            r#"{"verb":"POST","endpoint":"create_objects.fcgi","body":{"object":"users","values":[{"name":"Ana","registration":"7"}]}}"#,
        ),
        2 => Reply::ok().body(
            r#"{"verb":"POST","endpoint":"create_objects","body":{"object":"cards","values":[{"value":4294967303,"user_id":8}]}}"#,
        ),
        _ => Reply::ok(),
    }
}

/// A OneNET receiver; one that reads the query as a form takes a `+` for a blank.
fn echo(target: &str, as_a_form: bool) -> Reply {
    let value = |name: &str| {
        let query = target.split('?').nth(1).unwrap_or_default();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let raw = pairs.into_iter().find(|(have, _)| *have == name);
        let raw = raw.map(|(_, value)| value).unwrap_or_default();
        let text = if as_a_form {
            raw.replace('+', " ")
        } else {
            raw.to_owned()
        };
        text.replace("%2B", "+")
    };
    let (msg, nonce) = (value("msg"), value("nonce"));
    let digest = Md5::digest(format!("{TOKEN}{nonce}{msg}").as_bytes());
    if value("signature") == STANDARD.encode(digest) {
        Reply::ok().body(msg)
    } else {
        Reply::status(403).body("invalid token")
    }
}

/// A receiver that has a fault: it fails when a device goes offline.
fn push(request: &Received) -> Reply {
    let body = String::from_utf8_lossy(&request.body()).into_owned();
    if body.contains(r#""status":0"#) {
        Reply::status(500).body("KeyError: 'login_type'")
    } else {
        Reply::ok().body("ok")
    }
}
