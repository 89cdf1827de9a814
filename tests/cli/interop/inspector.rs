//! The page of `listen --ui` in Chromium: `tests/interop/inspector.js` uses it as people do.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::receiver::has;
use super::{file, leave_out, runs};
use crate::harness::{Pushrig, pushrig};

const SECRETS: &str = "--token a-token-of-mine --app-secret a-secret-of-mine";

/// The names that Chromium has.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The browser, if the machine has all that the test needs; what it lacks is said.
fn browser() -> Option<&'static str> {
    let what = "tests/interop/inspector.js";
    let found = BROWSERS.into_iter().find(|name| runs(name, &["--version"]));
    if found.is_none() {
        leave_out(what, "there is no chromium here");
    } else if !runs("node", &["--version"]) {
        leave_out(what, "there is no node here");
    } else if !has("node", "puppeteer-core") {
        leave_out(what, "node has no puppeteer-core here");
    } else {
        return found;
    }
    None
}

/// A receiver with its page.
struct Rig {
    child: Child,
    url: String,
    ui: String,
}

impl Rig {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pushrig"))
            .args("listen auto --ui --format json".split(' '))
            .args(SECRETS.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(drop));
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self {
            child,
            url: text("url"),
            ui: text("ui"),
        }
    }

    /// A signed request as bytes.
    fn write(&self, folder: &Path, name: &str, event: &str, secret: [&str; 2]) {
        let call = format!("push {event} {}/push --dry-run --as request", self.url);
        let call = secret.into_iter().fold(pushrig(&call), Pushrig::arg);
        let wire = call.any_stdout().exits(0).stdout;
        fs::write(folder.join(name), wire).unwrap();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn play(scenario: &str) {
    let Some(browser) = browser() else {
        return;
    };
    let rig = Rig::start();
    let folder = tempfile::tempdir().unwrap();
    let (token, secret) = (
        ["--token", "a-token-of-mine"],
        ["--app-secret", "a-secret-of-mine"],
    );
    // A blank that was copied with it.
    let blank = ["--app-secret", "a-secret-of-mine "];
    for (name, event, secret) in [
        ("datapoint", "onenet.datapoint", token),
        ("online", "onenet.online", token),
        ("sensoro", "sensoro.event", secret),
        ("wrong", "sensoro.event", blank),
    ] {
        rig.write(folder.path(), name, event, secret);
    }
    let ran = Command::new("node")
        .arg(file("inspector.js"))
        .args([scenario, &rig.ui, &rig.url])
        .arg(folder.path())
        .env("CHROMIUM", path_of(browser))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [ran.stdout, ran.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(ran.status.success(), "{}", said.concat());
    assert!(said[0].contains("all of it is so"), "{}", said.concat());
}

/// Where a program is.
fn path_of(program: &str) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join(program));
    let found = folders.find(|place| place.is_file()).expect("it ran");
    found.display().to_string()
}

#[test]
fn the_list_fills_and_a_record_is_found_looked_at_and_sent_again_by_keys() {
    play("live");
}

#[test]
fn what_is_hostile_is_shown_and_does_not_run() {
    play("hostile");
}

#[test]
fn it_is_dark_and_light_and_fits_a_narrow_window() {
    play("looks");
}

#[test]
fn a_page_that_is_refused_or_lost_comes_back_by_itself() {
    play("crowded");
}
