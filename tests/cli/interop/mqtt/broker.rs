//! `mqtt watch` and `mqtt set` at a real mosquitto.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{LIMIT, Process, file, has_mosquitto, mosquitto, text, user_token};
use crate::harness::pushrig;
use crate::interop::free_port;
use crate::unread::{Talk, Unread};

const WHAT: &str = "mqtt watch and mqtt set at mosquitto";
const PREFIX: &str = "$sys/00001/iot-0001/thing/";

/// The documentation's samples, as it prints them, with their topics.
const SAMPLES: [(&str, &str); 5] = [
    ("lifecycle", "lifecycle.json"),
    ("property", "property.json"),
    ("event", "event.json"),
    ("property/set/reply", "success.txt"),
    ("property/set/reply", "failure.json"),
];

/// A broker with one user: the documentation's, whose password is its token.
struct Broker {
    folder: TempDir,
    port: u16,
    token: String,
    process: Option<Process>,
}

impl Broker {
    fn start() -> Option<Self> {
        if !has_mosquitto(WHAT) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let token = user_token();
        let mut passwd = Command::new("mosquitto_passwd");
        let path = folder.path().join("passwords");
        passwd
            .args(["-b", "-c"])
            .arg(path)
            .args(["userid/10311", &token]);
        let made = passwd.output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        let mut broker = Self {
            folder,
            port: free_port(),
            token,
            process: None,
        };
        broker.run();
        Some(broker)
    }

    /// Begins to serve, on the same port each time.
    fn run(&mut self) {
        let config = self.folder.path().join("mosquitto.conf");
        let passwords = self.folder.path().join("passwords");
        // As root it would become another user, who cannot read what is here.
        let text = format!(
            "listener {} 127.0.0.1\nallow_anonymous false\npassword_file {}\nuser root\npersistence false\nqueue_qos0_messages true\n",
            self.port,
            passwords.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new(mosquitto().unwrap());
        self.process = Some(Process::start(command.arg("-c").arg(config)));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < LIMIT, "mosquitto does not listen");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn kill(&mut self) {
        self.process = None;
    }

    fn client(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command
            .args(["-u", "userid/10311", "-P", &self.token])
            .args(words);
        command
    }

    /// Sends a file of the samples, byte for byte.
    #[track_caller]
    fn feed(&self, thing: &str, sample: &str, qos: &str) {
        let topic = format!("{PREFIX}{thing}");
        let path = file(&format!("studio/{sample}"));
        let mut pub_ = self.client("mosquitto_pub", &["-t", &topic, "-q", qos, "-f"]);
        let sent = pub_.arg(path).output().unwrap();
        assert!(sent.status.success(), "{}", text(&sent));
    }

    /// `mqtt watch` with this broker, in the background.
    fn watch(&self, folder: &Path, words: &str) -> Unread {
        let call = format!(
            "mqtt watch 127.0.0.1:{} --token {} --device 00001/iot-0001 --ready-file ready {words}",
            self.port, self.token
        );
        let watch = Unread::start(folder, &call, Talk::Read);
        is_there(&folder.join("ready"));
        watch
    }
}

#[track_caller]
fn is_there(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < LIMIT, "{} does not come", path.display());
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_documentations_samples_come_by_mosquitto_as_they_are_printed() {
    let Some(broker) = Broker::start() else {
        return;
    };
    for qos in ["0", "1"] {
        let folder = tempfile::tempdir().unwrap();
        let words = format!("--qos {qos} --count 5 --capture c.ndjson");
        let watch = broker.watch(folder.path(), &words);
        for (thing, sample) in SAMPLES {
            broker.feed(thing, sample, qos);
        }
        let said = watch.read();
        let ended = watch.end();
        let said = said.join().unwrap();
        assert_eq!(ended.code, Some(0), "{said}{}", ended.talk);
        for line in [
            "lifecycle  online",
            "property  Power=on WF=23.6",
            "event  identifier1 {\"Power\":\"on\",\"WF\":\"2\"}",
            "reply  8906582E6722409AA6C40E7863B733A5 success",
            "reply  8906582E6722409AA6C40E7863B733A5 deviceNotFound: device does not exist",
            // The success sample has a comment and a comma too many.
            "not strict JSON: ",
            "5 cases: 5 passed",
        ] {
            assert!(said.contains(line), "{line}\n{said}");
        }
        // What is kept is what was sent.
        let capture = fs::read_to_string(folder.path().join("c.ndjson")).unwrap();
        for ((thing, sample), line) in SAMPLES.iter().zip(capture.lines()) {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let payload = fs::read_to_string(file(&format!("studio/{sample}"))).unwrap();
            assert_eq!(record["mqtt"]["topic"], format!("{PREFIX}{thing}"));
            assert_eq!(record["mqtt"]["payload"], payload, "{record}");
            assert_eq!(record["mqtt"]["qos"].to_string(), qos);
        }
    }
}

#[test]
fn a_wrong_password_is_refused_by_mosquitto_and_explained() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let url = format!("127.0.0.1:{}", broker.port);
    let wrong = super::token(
        "2020-05-29",
        "userid/10311",
        super::END,
        "sha1",
        super::DEVICE_KEY,
    );
    let call = format!("mqtt watch {url} --token {wrong} --device 00001/iot-0001 --count 1");
    pushrig(&call)
        .stdout_has([
            "fail   connect  refused by CONNACK 5: not authorized",
            "the token is well-formed, fits the user name, and is not expired by this machine's clock",
            "whether its sign is right cannot be told without --access-key",
        ])
        .exits(1);
    let call = format!("mqtt watch {url} --topic a --username me --password wrong-password");
    pushrig(&call)
        .stdout_has([
            "CONNACK 5",
            "the broker does not know this user name with this password",
        ])
        .exits(1);
    let call = format!("mqtt set {url} --token {wrong} --device 00001/iot-0001 a=1");
    pushrig(&call)
        .stdout_has(["refused by CONNACK 5"])
        .any_stderr()
        .exits(1);
}

#[test]
fn a_mosquitto_that_was_killed_and_started_again_is_found_and_what_was_missed_is_said() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut watch = broker.watch(folder.path(), "--count 2 --keep-alive 2s");
    broker.feed("lifecycle", "lifecycle.json", "1");
    broker.kill();
    watch.says("nothing is buffered: what is sent meanwhile is lost; it connects again in ");
    broker.run();
    // Nobody hears this, or it has connected again already.
    watch.says("warning: connected again; what was sent between ");
    broker.feed("event", "event.json", "1");
    let said = watch.read();
    let ended = watch.end();
    let said = said.join().unwrap();
    assert_eq!(ended.code, Some(0), "{said}{}", ended.talk);
    assert!(said.contains("reconnects 1"), "{said}");
    assert!(
        said.contains("lifecycle  online") && said.contains("event  identifier1"),
        "{said}"
    );
}

#[test]
fn set_has_its_reply_by_way_of_mosquitto() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let id = "8906582E6722409AA6C40E7863B733A5";
    for (qos, sample, code, word) in [
        ("0", "success.txt", 0, "success"),
        (
            "1",
            "failure.json",
            1,
            "deviceNotFound: device does not exist",
        ),
    ] {
        let topic = format!("{PREFIX}property/set");
        // Somebody who answers what is set, by the printed sample, which has this requestId. Its
        // session is kept, so that nothing is sent before it listens.
        let words = ["-c", "-i", "device", "-t", &topic, "-q", "1", "-W", "60"];
        let subscribed = broker.client("mosquitto_sub", &words).arg("-E").output();
        assert!(subscribed.unwrap().status.success());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut sub = broker.client("mosquitto_sub", &words);
                let heard = Process::start(sub.args(["-C", "1"])).end();
                let asked = text(&heard);
                let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
                assert_eq!(asked["requestId"], id);
                assert_eq!(asked["data"]["params"]["temperature"], "30.5");
                broker.feed("property/set/reply", sample, qos);
            });
            let (port, token) = (broker.port, &broker.token);
            let call = format!("mqtt set 127.0.0.1:{port} --token {token} --device 00001/iot-0001");
            pushrig(&format!(
                "{call} --qos {qos} --request-id {id} temperature=\"30.5\""
            ))
            .stdout_has(["set 00001/iot-0001", word])
            .any_stderr()
            .exits(code);
        });
    }
}
