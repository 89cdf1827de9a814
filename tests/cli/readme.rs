//! The README shows what pushrig says: every command of its `console` blocks is run, and its
//! output compared.
//!
//! A block is lines `$ pushrig …`, each followed by its output as a terminal shows it, standard
//! error where it comes. `…` at the end of a line, or alone on one, stands for anything. `# exit 1` behind a
//! command states its exit code; without it, 0 and 1 are both an answer. Where a command sends
//! something, a server stands at its address, and times differ from run to run: any time stands
//! for any other. `UPDATE=1` writes what was said into the README.

mod stage;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::harness::{Pushrig, is_current, pushrig, root};
use crate::interop::free_port;
#[cfg(unix)]
use crate::terminal::Terminal;

/// A command of a block, and the lines that follow it.
struct Shown {
    line: usize,
    command: String,
    exit: Option<i32>,
    output: Vec<String>,
}

/// The commands of the console blocks, in their order.
fn commands(readme: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (index, line) in readme.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let (command, exit) = match command.rsplit_once(" # exit ") {
                Some((command, code)) => (command, Some(code.trim().parse().unwrap())),
                None => (command, None),
            };
            found.push(Shown {
                line: index + 1,
                command: command.trim().to_owned(),
                exit,
                output: Vec::new(),
            });
        } else if inside {
            let shown = found.last_mut().expect("a block begins with a command");
            shown.output.push(line.to_owned());
        }
    }
    found
}

/// The words of a command as a shell parts them, as far as single quotes go.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            '|' | '>' | '<' | '$' | '`' | '"' | '\\' if !quoted => {
                panic!("more of a shell than this test knows: {command}")
            }
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a command talks to a server.
fn sends(words: &[String]) -> bool {
    matches!(
        words[1].as_str(),
        "handshake" | "push" | "replay" | "device"
    ) && !words.iter().any(|word| word == "--dry-run")
}

/// The call of a command, in a copy of the folders that it names.
fn call(shown: &Shown, words: &[String]) -> Pushrig {
    assert_eq!(words[0], "pushrig", "line {}", shown.line);
    let mut call = pushrig("").args(&words[1..]);
    for folder in ["examples", "tests/fixtures"] {
        call = with_folder(call, &root().join(folder), folder);
    }
    if words[1] == "run" {
        // Its server is one that a shell finds.
        let exe = Path::new(env!("CARGO_BIN_EXE_pushrig"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", exe.parent().unwrap().display());
        call = call.env("PATH", &path);
    }
    if words[1] == "mqtt" && words[2] != "platform" {
        call = call.env("PUSHRIG_ACCESS_KEY", stage::ACCESS_KEY);
    }
    if words.iter().any(|word| word == "--reveal") {
        call = call.reveals();
    }
    call
}

fn with_folder(mut call: Pushrig, folder: &Path, name: &str) -> Pushrig {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        call = if entry.file_type().unwrap().is_dir() {
            with_folder(call, &entry.path(), &name)
        } else {
            call.file(&name, fs::read(entry.path()).unwrap())
        };
    }
    call
}

/// What a command says, as the README shows it.
fn said(shown: &Shown) -> Vec<String> {
    let mut words = words(&shown.command);
    let server = sends(&words).then(stage::server);
    let mut address = server.as_ref().map(|server| server.address().to_string());
    if words[1] == "dispatch" {
        let port = free_port();
        address = Some(format!("127.0.0.1:{port}"));
        stage::device(port);
    } else if words[1] == "listen" {
        let port = free_port();
        address = Some(format!("127.0.0.1:{port}"));
        stage::platform(port);
    } else if words[1] == "mqtt" {
        let port = free_port();
        address = Some(format!("127.0.0.1:{port}"));
        match words[2].as_str() {
            "platform" => stage::setter(port),
            command => stage::studio(port, command == "watch"),
        }
    } else if words[1] == "run" {
        address = Some(format!("127.0.0.1:{}", free_port()));
    }
    let written = if words[1] == "mqtt" {
        stage::WRITTEN_BROKER
    } else {
        stage::WRITTEN
    };
    if let Some(address) = &address {
        for word in &mut words {
            *word = word.replace(written, address);
        }
    }
    let call = call(shown, &words).any_stdout().any_stderr().watched();
    let ran = match shown.exit {
        Some(code) => call.exits(code),
        None => call.answers(),
    };
    // Line ends of HTTP look like any other on a terminal.
    let text = format!("{}\n{}", ran.text().trim_end(), ran.talk()).replace('\r', "");
    let text = match &address {
        Some(address) => text.replace(address, written),
        None => text,
    };
    let text = if words[1] == "demo" {
        demo(&text)
    } else {
        text
    };
    text.trim_end()
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// What a demo says, with the ports of the text for its own two, and the executable's bare name.
fn demo(text: &str) -> String {
    const HERE: &str = "http://127.0.0.1:";
    let text = text.replace(env!("CARGO_BIN_EXE_pushrig"), "pushrig");
    let mut pieces = text.split(HERE);
    let mut said = pieces.next().unwrap_or_default().to_owned();
    let mut ports: Vec<&str> = vec!["8000"];
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit());
        let (port, rest) = piece.split_at(end.unwrap_or(piece.len()));
        if !ports.contains(&port) {
            ports.push(port);
        }
        let number = ports.iter().position(|have| *have == port).unwrap();
        let written = if number == 0 { 8000 } else { 48_000 + number };
        let _ = write!(said, "{HERE}{written}{rest}");
    }
    said
}

/// Whether the shown lines stand for what was said.
fn fits(shown: &[String], said: &[String]) -> bool {
    let Some((first, rest)) = shown.split_first() else {
        return said.is_empty();
    };
    if first == "…" {
        return (0..=said.len()).any(|skipped| fits(rest, &said[skipped..]));
    }
    let Some((line, others)) = said.split_first() else {
        return false;
    };
    let (first, line) = (&untimed(first), &untimed(line));
    let same = match first.strip_suffix('…') {
        // A line that was cut by pushrig itself ends so too.
        Some(start) => line == first || line.starts_with(start),
        None => line == first,
    };
    same && fits(rest, others)
}

/// What stands for a word that is another one in each run: a time of the day, the id of a request,
/// a client's port and id.
fn drawn(word: &str) -> &str {
    let is_time = word.len() == 13 && word.ends_with('Z') && word.as_bytes()[2] == b':';
    let is_id = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let port = word.strip_prefix("127.0.0.1:");
    let is_port = port.is_some_and(|port| port.len() == 5 && port.parse::<u16>().is_ok());
    match word {
        _ if is_time => "12:00:00.000Z",
        _ if is_id => "8906582E6722409AA6C40E7863B733A5",
        _ if is_port => "127.0.0.1:50000",
        _ if word.starts_with("pushrig-") => "pushrig-",
        word => word,
    }
}

/// A line without the times and rates of one run; the blanks that line them up go, too.
fn untimed(line: &str) -> String {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_unit = |word: &str| {
        let word = word.trim_end_matches([',', ';', ':']);
        matches!(word, "µs" | "ms" | "s" | "a")
    };
    let is_time = |index: usize| {
        let number = words[index].parse::<f64>().is_ok();
        number && words.get(index + 1).is_some_and(|unit| is_unit(unit))
    };
    let timeless = (0..words.len()).map(|index| {
        if is_time(index) || (index > 0 && words[index - 1].ends_with("_ms")) {
            "0"
        } else if index > 0 && is_time(index - 1) {
            "ms"
        } else {
            drawn(words[index])
        }
    });
    timeless.collect::<Vec<_>>().join(" ")
}

#[test]
fn any_time_stands_for_any_other() {
    assert_eq!(
        untimed("pass  x  200  1.2 ms  y"),
        untimed("pass x 200 800 µs y")
    );
    assert_eq!(untimed("late_ms 10  x 1"), untimed("late_ms 23  x 1"));
    assert_ne!(
        untimed("pass  x  200  1.2 ms"),
        untimed("pass  x  201  1.2 ms")
    );
}

#[test]
fn the_readme_shows_what_pushrig_says() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = commands(&readme);
    assert!(!shown.is_empty(), "the README shows no command");
    let mut lines: Vec<_> = readme.lines().map(str::to_owned).collect();
    // From the end, so that the lines before keep their numbers.
    for shown in shown.iter().rev() {
        // Where two threads print, one a stream, neighbours may change places.
        let mut said = said(shown);
        for _ in 0..3 {
            if !fits(&shown.output, &said) {
                said = self::said(shown);
            }
        }
        if !fits(&shown.output, &said) {
            let from = shown.line;
            lines.splice(from..from + shown.output.len(), said);
        }
    }
    is_current("README.md", format!("{}\n", lines.join("\n")).as_bytes());
}

#[test]
fn a_shown_line_may_leave_out_its_end_and_lines_between() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let said = lines("one\ntwo three\nfour\nfive");
    assert!(fits(&lines("one\ntwo three\nfour\nfive"), &said));
    assert!(fits(&lines("one\ntwo…\n…\nfive"), &said));
    assert!(fits(&lines("…"), &said));
    assert!(!fits(&lines("one\ntwo…\nfive"), &said));
    assert!(!fits(&lines("one\ntwo three\nfour"), &said));
    assert!(!fits(&lines("one\n…\nsix"), &said));
}

#[test]
fn the_readme_begins_with_two_commands_that_need_nothing_but_cargo() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme.split("```sh\n").nth(1).unwrap();
    let commands = block.lines().take_while(|line| *line != "```");
    let commands: Vec<_> = commands
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .collect();
    assert_eq!(commands, ["cargo run --release -- demo", "cargo test"]);
}

#[cfg(unix)]
#[test]
fn a_request_that_is_pasted_as_the_readme_says_is_explained() {
    let mut terminal = Terminal::open();
    let mut call = terminal.pushrig("explain onenet - --token 20200321182801");
    let mut child = call.spawn().unwrap();
    drop(call);
    terminal.shows("FILE: paste it here, then Enter and Ctrl-D");
    let request = fs::read(root().join("examples/captures/handshake.curl")).unwrap();
    terminal.types(request.trim_ascii_end());
    terminal.types(b"\n\x04");
    let code = child.wait().unwrap().code();
    let shown = terminal.all();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("mistake (proved"), "{shown}");
    assert!(shown.contains("[query.plus-to-blank]"), "{shown}");
}
