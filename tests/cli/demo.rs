//! `demo`: what a newcomer sees, and that nothing of it stays behind.

#[cfg(unix)]
use std::process::{Command, Stdio};

use crate::harness::pushrig;

const EXE: &str = env!("CARGO_BIN_EXE_pushrig");

const SCENES: [&str; 6] = [
    "receiver",
    "handshake",
    "pushes",
    "replay",
    "tampered",
    "device",
];

/// The files of a demo that are kept.
const FILES: [&str; 5] = [
    "aes.key",
    "day.ndjson",
    "orders.ndjson",
    "replay.html",
    "tampered.ndjson",
];

/// The text without ports and times: any run has others.
fn normalised(text: &str) -> String {
    let untimed = |line: &str| match line.split_once("\"ms\":") {
        Some((before, _)) => before.to_owned(),
        None => line.to_owned(),
    };
    let text = text.lines().map(untimed).collect::<Vec<_>>().join("\n");
    let words = text.replace("127.0.0.1:", " PORT ").replace('\n', " \n ");
    let mut said: Vec<&str> = Vec::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let is_number = said.last().is_some_and(|last| last.parse::<f64>().is_ok());
        if is_number && ["ms", "s", "s:"].contains(&word) {
            said.pop();
            said.push("TIME");
        } else if said.last() == Some(&"PORT") {
            let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
            said.push(digits);
        } else {
            said.push(word);
        }
    }
    said.join(" ")
}

#[test]
fn it_tells_the_whole_story_and_each_scene_says_what_it_proved() {
    pushrig("demo")
        .env("COLUMNS", "200")
        .stdout_has([
            "1  A receiver",
            "$ pushrig listen auto --token",
            "ready: it listens at http://127.0.0.1:",
            "✓ it is up",
            "2  The handshake",
            "$ pushrig handshake onenet http://127.0.0.1:",
            "…  pass   onenet.handshake.plus  onenet  200",
            "✓ 3 right ones echoed, 1 with a `+` in its signature; 4 wrong ones refused",
            "3  Pushes",
            "pass   onenet.datapoint  onenet  200",
            "pass   tencent.report  tencent  200",
            "✓ 3 pushes of 2 platforms verified, 1 of them opened",
            "4  A replay",
            "$ pushrig replay day.ndjson --select 8-10",
            "3 cases: 3 passed",
            "a duplicate after",
            "✓ 3 fresh signatures verified, and 3 duplicates",
            "5  A tampered push",
            "fail   tampered.ndjson:1  onenet  403",
            "$ pushrig explain onenet tampered.ndjson --token 20200321182801\n",
            "…  mistake (proved: it gives exactly the signature that arrived)",
            "[body.reformatted]",
            "(· nothing there, ␣ a blank)",
            "✓ refused with 403; the cause is proved",
            "6  A door (Control iD)",
            "pass   478435/load_objects#2  controlid  200",
            "{\"id\":1,\"name\":\"Ana\"}",
            "✓ 2 commands ran on the device, which now knows Ana",
            "6 scenes: 6 as they should be",
            "Its files are removed",
        ])
        .exits(0);
}

#[test]
fn it_is_short_enough_to_be_read_and_says_where_lines_are_left_out() {
    let ran = pushrig("demo").env("COLUMNS", "100").any_stdout().exits(0);
    let lines: Vec<_> = ran.text().lines().collect();
    assert!(lines.len() <= 70, "{} lines:\n{}", lines.len(), ran.text());
    let scene = |number: &str| {
        let start = lines.iter().position(|line| line.starts_with(number));
        lines[start.unwrap()..]
            .iter()
            .take_while(|line| !line.is_empty())
    };
    for number in ["2  ", "4  ", "5  ", "6  "] {
        assert!(
            scene(number).any(|line| line.starts_with('…')),
            "{}",
            ran.text()
        );
    }
}

#[test]
fn only_ports_and_times_differ_from_run_to_run() {
    let text = |seed: &str| {
        let ran = pushrig("demo --seed").arg(seed).env("COLUMNS", "120");
        normalised(ran.any_stdout().exits(0).text())
    };
    assert_eq!(text("1"), text("1"));
    assert_ne!(text("1"), text("2"));
}

#[test]
fn as_json_it_is_a_case_a_scene_and_a_summary() {
    let lines = pushrig("demo --format json").any_stdout().exits(0).json();
    assert_eq!(lines.len(), SCENES.len() + 1);
    for (line, scene) in lines.iter().zip(SCENES) {
        assert_eq!(line["type"], "case", "{line}");
        assert_eq!(line["id"], scene, "{line}");
        assert_eq!(line["outcome"], "pass", "{line}");
        assert!(line["ms"].as_f64().unwrap() > 0.0, "{line}");
        let commands = line["details"]["command"].as_str().unwrap();
        assert!(commands.contains("pushrig "), "{line}");
    }
    assert!(
        lines[4]["details"]["command"]
            .as_str()
            .unwrap()
            .contains("pushrig explain onenet tampered.ndjson ")
    );
    let summary = &lines[SCENES.len()];
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["passed"], SCENES.len());
}

#[test]
fn quiet_it_is_the_summary_and_verbose_all_that_was_printed() {
    let quiet = pushrig("demo -q").any_stdout().exits(0);
    assert!(quiet.text().starts_with("✓ receiver "), "{}", quiet.text());
    assert_eq!(quiet.text().lines().count(), 3, "{}", quiet.text());
    pushrig("demo -v")
        .env("COLUMNS", "200")
        .stdout_has([
            "--seed 1 --now 2026-11-21T20:00:00Z listen",
            "no-nonce",
            "base string",
        ])
        .exits(0);
}

#[test]
fn nothing_of_the_users_changes_it_or_is_shown() {
    let hostile =
        "[profile.default]\nurl = \"http://127.0.0.1:1/\"\ntoken = \"a-secret-of-mine\"\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pushrig.toml"), "this is no TOML").unwrap();
    let ran = pushrig("demo")
        .file("pushrig.toml", hostile)
        .env("TMPDIR", folder.path().to_str().unwrap())
        .env("PUSHRIG_TOKEN", "another-secret-of-mine")
        .env("PUSHRIG_AES_KEY", "not-even-a-key")
        .env("PUSHRIG_APP_ID", "x")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("NO_COLOR", "1")
        .env("GITHUB_ACTIONS", "true")
        .env("COLUMNS", "100")
        .stdout_has(["6 scenes: 6 as they should be"])
        .exits(0);
    assert!(!ran.text().contains("of-mine"), "{}", ran.text());
    assert!(!ran.text().contains('\u{1b}'), "{}", ran.text());
    let plain = pushrig("demo").env("COLUMNS", "100").any_stdout().exits(0);
    assert_eq!(normalised(ran.text()), normalised(plain.text()));
    pushrig("demo --profile default")
        .file("pushrig.toml", hostile)
        .stderr_has(["error: a demo has secrets of its own"])
        .exits(2);
}

#[test]
fn colours_are_those_of_the_calls_and_change_no_word() {
    let call = |color: &str| {
        let call = pushrig("demo --color").arg(color).env("COLUMNS", "120");
        call.any_stdout().exits(0)
    };
    let (colored, plain) = (call("always"), call("never"));
    assert!(colored.text().contains("\u{1b}[32m✓"), "{}", colored.text());
    assert!(
        colored.text().contains("\u{1b}[32mpass"),
        "{}",
        colored.text()
    );
    let mut parts = colored.text().split('\u{1b}');
    let mut bare = parts.next().unwrap().to_owned();
    for part in parts {
        bare.push_str(part.split_once('m').unwrap().1);
    }
    assert_eq!(normalised(&bare), normalised(plain.text()));
}

#[test]
fn in_a_narrow_terminal_nothing_is_too_wide_but_what_is_to_be_copied() {
    for columns in [60, 80, 120] {
        let ran = pushrig("demo").env("COLUMNS", &columns.to_string());
        let ran = ran.any_stdout().exits(0);
        let lines: Vec<_> = ran.text().lines().collect();
        for line in &lines[..lines.len() - 3] {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
        assert!(lines.len() < 120, "{columns}: {} lines", lines.len());
    }
}

#[test]
fn several_at_once_do_not_meet() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| pushrig("demo -q").any_stdout().exits(0));
        }
    });
}

#[test]
fn what_is_kept_can_be_played_with() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("a demo");
    let keep = || pushrig("demo --keep").arg(&kept).env("COLUMNS", "300");
    keep()
        .stdout_has([format!("Kept in {}: {}", kept.display(), FILES.join(", "))])
        .exits(0);
    let capture = kept.join("day.ndjson");
    let key = format!("@{}", kept.join("aes.key").display());
    pushrig("verify auto --token 20200321182801 --token aaa --aes-key")
        .arg(key)
        .arg(&capture)
        .stdout_has(["14 records: 9 valid"])
        .any_stderr()
        .exits(1);
    pushrig("explain onenet --token 20200321182801")
        .arg(kept.join("tampered.ndjson"))
        .stdout_has(["[body.reformatted]"])
        .exits(1);
    keep()
        .stderr_has(["--keep: ", "is not empty", "hint: name a folder"])
        .exits(2);
    pushrig("demo --keep file")
        .file("file", "")
        .any_stderr()
        .exits(3);
}

/// The three commands at the end are those of a newcomer: they work as they stand.
#[test]
fn what_is_to_be_tried_works() {
    let ran = pushrig("demo").any_stdout().exits(0);
    let mut lines: Vec<_> = ran.text().lines().rev().take(3).collect();
    lines.reverse();
    let words = lines.iter().map(|line| {
        let words = line.split_whitespace().map(str::to_owned);
        words.collect::<Vec<_>>()
    });
    let [listen, push, explain] = words.collect::<Vec<_>>().try_into().unwrap();
    for words in [&listen, &push, &explain] {
        assert_eq!(words[0], EXE);
    }
    let server = crate::server::Server::start(|_| crate::server::Reply::ok().body("ok"));
    let here = server.address().to_string();
    let push = push[1..]
        .iter()
        .map(|word| word.replace("127.0.0.1:8000", &here));
    pushrig("")
        .args(push)
        .stdout_has(["pass   onenet.online"])
        .exits(0);
    let listen = listen[1..].iter().map(|word| word.replace(":8000", ":0"));
    pushrig("")
        .args(listen)
        .args(["--for", "1ms"])
        .any_stdout()
        .stderr_has(["ready: it listens at"])
        .exits(0);
    let curl = std::fs::read(crate::harness::root().join("examples/captures/handshake.curl"));
    pushrig("")
        .args(&explain[1..])
        .stdin(curl.unwrap())
        .stdout_has(["[query.plus-to-blank]"])
        .exits(1);
}

#[test]
fn a_reader_who_goes_away_is_no_failure() {
    pushrig("demo").without_reader().exits(0);
}

#[cfg(target_os = "linux")]
#[test]
fn it_writes_nothing_where_it_is_called() {
    // Nobody can write there, not even root.
    pushrig("demo -q").dir("/proc").any_stdout().exits(0);
}

#[cfg(unix)]
#[test]
fn a_scene_that_goes_wrong_is_named_and_what_needs_it_is_not_played() {
    // The capture cannot grow, so the receiver takes nothing.
    let limited = format!("ulimit -f 1; exec {EXE} demo --format json");
    let ran = Command::new("sh")
        .args(["-c", &limited])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    let read = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let lines: Vec<_> = text.lines().map(read).collect();
    let became: Vec<_> = lines
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        became,
        ["pass", "fail", "skip", "skip", "skip", "pass", "no"],
        "{text}"
    );
    assert_eq!(
        lines[2]["why"],
        "not played: scene 2 did not go as it should"
    );
    assert_eq!(ran.status.code(), Some(1));
}

/// The processes that have this variable, in so many words.
#[cfg(target_os = "linux")]
fn processes_with(variable: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let has = entries.filter_map(|entry| {
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let text = String::from_utf8_lossy(&environment).into_owned();
        text.split('\0')
            .any(|have| have == variable)
            .then(|| entry.path())
    });
    has.map(|path| path.display().to_string()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_and_sigterm_leave_no_process_and_no_file() {
    use std::io::{BufRead as _, BufReader, Read as _};
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        // Where the machine is slow, it may be over before the signal comes.
        let caught = (0..20).any(|turn| {
            let scratch = tempfile::tempdir().unwrap();
            let mut child = Command::new(EXE)
                .args(["demo", "--format", "json"])
                .env("TMPDIR", scratch.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap());
            let mut text = String::new();
            for _ in 0..turn % 5 {
                lines.read_line(&mut text).unwrap();
            }
            let pid = child.id().to_string();
            let told = Command::new("kill")
                .args([format!("-{name}"), pid])
                .status();
            assert!(told.unwrap().success());
            lines.read_to_string(&mut text).unwrap();
            let ended = child.wait().unwrap();
            let variable = format!("TMPDIR={}", scratch.path().display());
            assert_eq!(processes_with(&variable), Vec::<String>::new());
            assert!(is_empty(scratch.path()), "{text}");
            let is_caught = ended.code() == Some(code);
            if is_caught {
                let last = text.lines().last().unwrap();
                let last: serde_json::Value = serde_json::from_str(last).unwrap();
                assert_eq!(last["type"], "summary", "{text}");
                assert_eq!(last["cases"], SCENES.len(), "{text}");
            }
            is_caught
        });
        assert!(caught, "SIG{name} never came in time");
    }
}

#[cfg(target_os = "linux")]
fn is_empty(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}
