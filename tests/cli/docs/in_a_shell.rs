//! Every example of a help, in a shell, with the files that it names.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use super::{COMMANDS, examples};
use crate::broker::obliging;
use crate::handshake::right::{ok, onenet, serve_if, tencent};
use crate::harness::{fixture, pushrig, root};
use crate::leaks;
use crate::server::{Reply, Server};

mod table;

use table::{ACCESS_KEY, EXAMPLES, ONENET, SENSORO, STUDIO_TOKEN, TENCENT};

/// Where a file or variable of an example comes from.
enum Source {
    Text(&'static str),
    Fixture(&'static str),
    Example(&'static str),
    Output(&'static str),
    BehindAProxy,
    /// A URL, in whose place a server's stands that answers OneNET's and Tencent's handshakes.
    Server,
    /// A URL, in whose place a server's stands that takes what is signed.
    Receiver,
    /// A URL, in whose place a server's stands that has five commands.
    PushServer,
    /// An address, in whose place that of an MQTT broker stands.
    Broker,
    /// A text, in whose place this one stands: no port is fixed, and nobody waits for long.
    Instead(&'static str),
}

impl Source {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) | Self::Instead(text) => text.as_bytes().to_vec(),
            Self::Fixture(name) => fixture(name),
            Self::Example(name) => std::fs::read(root().join("examples").join(name)).unwrap(),
            Self::Output(call) => pushrig(call).any_stdout().exits(0).stdout,
            Self::BehindAProxy => behind_a_proxy(),
            Self::Server => server().into_bytes(),
            Self::Receiver => receiver().into_bytes(),
            Self::PushServer => push_server().into_bytes(),
            Self::Broker => broker().into_bytes(),
        }
    }
}

/// Signed for `https://example.com/hook/in`, as it arrives behind a proxy that takes /hook away.
fn behind_a_proxy() -> Vec<u8> {
    let signed = pushrig(&format!(
        "sign sensoro --app-secret {SENSORO} --app-id a --body {{}} --as request \
         --url https://example.com/hook/in"
    ));
    let wire = signed.any_stdout().exits(0);
    wire.text()
        .replace("POST /hook/in", "POST /in")
        .into_bytes()
}

/// Its token is [`TENCENT`].
fn server() -> String {
    forever(serve_if(
        |request| onenet(request, TENCENT).or_else(|| tencent(request, TENCENT)),
        |echo| ok(echo),
    ))
}

/// Whether a signature is right is tested elsewhere.
fn receiver() -> String {
    forever(Server::start(|request| {
        let raw = String::from_utf8_lossy(&request.raw).to_lowercase();
        Reply::status(if raw.contains("signature") { 200 } else { 403 })
    }))
}

/// Five commands, then nothing to do.
fn push_server() -> String {
    let left = AtomicUsize::new(5);
    let url = forever(Server::start(move |request| {
        let one_less = |left: usize| left.checked_sub(1);
        let is_poll = request.method() == "GET";
        if is_poll && left.fetch_update(SeqCst, SeqCst, one_less).is_ok() {
            Reply::ok().body(r#"{"endpoint":"load_objects","body":{"object":"users"}}"#)
        } else {
            Reply::ok()
        }
    }));
    url.trim_end_matches('/').to_owned()
}

/// Whom it lets in is tested elsewhere.
fn broker() -> String {
    let broker = obliging();
    let url = broker.url();
    std::mem::forget(broker);
    url.trim_start_matches("mqtt://").to_owned()
}

/// A URL of a server that serves until the tests end.
fn forever(server: Server) -> String {
    let url = server.url("/");
    std::mem::forget(server);
    url
}

/// Runs an example in a scratch directory; hands out the exit code and all that was said.
fn run(example: &str, sources: &[(&str, Source)], scratch: &Path) -> (Option<i32>, Vec<u8>) {
    let exe = Path::new(env!("CARGO_BIN_EXE_pushrig"));
    let mut path = exe.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let is_file = |source: &Source| {
        use Source::{Broker, Instead, PushServer, Receiver, Server};
        !matches!(source, Server | Receiver | PushServer | Broker | Instead(_))
    };
    let mut example = example.to_owned();
    for (url, source) in sources {
        if !is_file(source) {
            example = example.replace(url, &String::from_utf8(source.bytes()).unwrap());
        }
    }
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("exec 2>&1\n{example}")])
        .env_clear()
        .env("PATH", path)
        .env("HOME", scratch)
        .current_dir(scratch)
        .stdin(Stdio::null());
    for (name, source) in sources.iter().filter(|(_, source)| is_file(source)) {
        if name.chars().all(|c| c.is_ascii_uppercase()) {
            command.env(name, String::from_utf8(source.bytes()).unwrap());
        } else {
            let path = scratch.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, source.bytes()).unwrap();
        }
    }
    let output = command.output().unwrap();
    (output.status.code(), output.stdout)
}

#[test]
fn every_example_of_every_help_does_what_it_says() {
    let mut seen = BTreeSet::new();
    for example in COMMANDS.into_iter().flat_map(examples) {
        let (_, code, sources) = EXAMPLES
            .iter()
            .find(|(have, ..)| *have == example)
            .unwrap_or_else(|| panic!("an example that no test runs: {example}"));
        let scratch = tempfile::tempdir().unwrap();
        let (found, output) = run(&example, sources, scratch.path());
        let text = String::from_utf8_lossy(&output);
        assert_eq!(found, Some(*code), "{example}\n{text}");
        let secrets = [ONENET, SENSORO, TENCENT, ACCESS_KEY, STUDIO_TOKEN]
            .map(|secret| secret.as_bytes().to_vec());
        // A demo shows the calls that it makes, with the published samples that they sign with.
        let is_demo = example.starts_with("pushrig demo");
        assert!(
            is_demo || leaks::find(&output, &secrets).is_empty(),
            "{example}\n{text}"
        );
        seen.insert(example);
    }
    for (example, ..) in &EXAMPLES {
        assert!(
            seen.contains(*example),
            "no help has this example any more: {example}"
        );
    }
}
