//! MQTT with counterparts that others wrote: mosquitto, its clients, and paho-mqtt.

mod broker;
mod clients;
mod paho;

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::receiver::has_module;
use super::{file, leave_out, runs};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(60);

const KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
const DEVICE_KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

/// When a token expires: in 2035.
const END: &str = "2051222400";

/// Whether mosquitto, its clients and Python are there.
fn has_mosquitto(for_what: &str) -> bool {
    // They have no call that only says their version and ends well.
    let has = |program: &str| Command::new(program).arg("--help").output().is_ok();
    for program in ["mosquitto_pub", "mosquitto_sub", "mosquitto_passwd"] {
        if !has(program) {
            leave_out(for_what, &format!("there is no {program} here"));
            return false;
        }
    }
    let has_broker = mosquitto().is_some();
    if !has_broker {
        leave_out(for_what, "there is no mosquitto here");
    }
    has_broker && has_python(for_what)
}

/// The broker: Debian puts it where not everybody looks for programs.
fn mosquitto() -> Option<&'static str> {
    let places = ["mosquitto", "/usr/sbin/mosquitto"];
    let is_there = |place: &&str| Command::new(place).arg("-h").output().is_ok();
    places.into_iter().find(is_there)
}

fn has_python(for_what: &str) -> bool {
    let has = runs("python3", &["--version"]);
    if !has {
        leave_out(for_what, "there is no python3 here");
    }
    has
}

/// Whether paho-mqtt is there, with the API of its second version.
fn has_paho(for_what: &str) -> bool {
    if !has_python(for_what) {
        return false;
    }
    let has = has_module("paho.mqtt.enums");
    if !has {
        leave_out(for_what, "python3 has no paho-mqtt 2 here");
    }
    has
}

/// A token that Python makes.
fn token(version: &str, res: &str, et: &str, method: &str, key: &str) -> String {
    let mut python = Command::new("python3");
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python.arg(file("studio_token.py"));
    let made = python
        .args([version, res, et, method, key])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    String::from_utf8(made.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// The right token of user 10311.
fn user_token() -> String {
    token("2020-05-29", "userid/10311", END, "sha256", KEY)
}

/// The right token of device 00001/real.
fn device_token() -> String {
    token(
        "2018-10-31",
        "products/00001/devices/real",
        END,
        "md5",
        DEVICE_KEY,
    )
}

/// A process that ends with its test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Its end, within the time that there is.
    #[track_caller]
    fn end(mut self) -> Output {
        let begun = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < LIMIT, "it does not end");
            thread::sleep(Duration::from_millis(2));
        }
        let mut ended = Output {
            status: self.0.wait().unwrap(),
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        let (out, err) = (self.0.stdout.take(), self.0.stderr.take());
        std::io::copy(&mut out.unwrap(), &mut ended.stdout).unwrap();
        std::io::copy(&mut err.unwrap(), &mut ended.stderr).unwrap();
        ended
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What somebody printed.
fn text(of: &Output) -> String {
    let mut text = of.stdout.clone();
    text.write_all(&of.stderr).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

fn port(address: &str) -> &str {
    address.rsplit_once(':').unwrap().1
}
