//! What is written about the executable is true: the examples of every help, the completions,
//! the manual, the exit codes.

mod in_a_shell;

use std::fmt::Write as _;

use crate::harness::{is_current, pushrig};

/// Every command that has a help.
const COMMANDS: [&str; 22] = [
    "",
    "sign",
    "verify",
    "explain",
    "capture",
    "capture import",
    "capture show",
    "samples",
    "handshake",
    "push",
    "replay",
    "listen",
    "device",
    "dispatch",
    "mqtt",
    "mqtt watch",
    "mqtt set",
    "mqtt platform",
    "run",
    "demo",
    "completions",
    "man",
];

/// The widest line that a narrow terminal shows as it is.
const WIDEST: usize = 80;

/// The examples of a command's help, continued lines put together.
fn examples(command: &str) -> Vec<String> {
    let help = pushrig(&format!("{command} --help")).any_stdout().exits(0);
    let (_, section) = help
        .text()
        .split_once("\nExample")
        .unwrap_or_else(|| panic!("`pushrig {command} --help` has no example"));
    let mut found: Vec<String> = Vec::new();
    let mut continues = false;
    for line in section.lines().skip(1) {
        assert!(
            line.chars().count() <= WIDEST,
            "too wide for a terminal: {line}"
        );
        let (text, more) = match line.strip_suffix('\\') {
            Some(text) => (text, true),
            None => (line, false),
        };
        if continues {
            let _ = write!(found.last_mut().unwrap(), " {}", text.trim());
        } else {
            assert!(line.starts_with("  pushrig "), "not an example: {line}");
            found.push(text.trim().to_owned());
        }
        continues = more;
    }
    found
}

/// One subcommand's list of options is not to be forgotten here.
#[test]
fn the_list_of_commands_is_complete() {
    let help = pushrig("--help").any_stdout().exits(0);
    let (_, list) = help.text().split_once("Commands:\n").unwrap();
    let names: Vec<_> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let known: Vec<_> = COMMANDS[1..]
        .iter()
        .filter(|name| !name.contains(' '))
        .copied()
        .collect();
    assert_eq!(names, known);
}

#[test]
fn the_completions_of_the_repository_are_current() {
    for (shell, file) in [
        ("bash", "pushrig.bash"),
        ("zsh", "_pushrig"),
        ("fish", "pushrig.fish"),
        ("powershell", "_pushrig.ps1"),
        ("elvish", "pushrig.elv"),
    ] {
        let script = pushrig(&format!("completions {shell}"))
            .any_stdout()
            .exits(0);
        is_current(&format!("completions/{file}"), &script.stdout);
    }
}

#[test]
fn the_completions_know_every_subcommand_and_in_most_shells_the_platforms() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = pushrig(&format!("completions {shell}"))
            .any_stdout()
            .exits(0);
        let names = COMMANDS[1..].iter().flat_map(|command| command.split(' '));
        for name in names.chain(["--public-url", "--aes-key"]) {
            // Fish writes a long option without its hyphens.
            let bare = name.trim_start_matches('-');
            assert!(script.text().contains(bare), "{shell}: {name}");
        }
        // clap_complete knows no values in the other two.
        if ["bash", "zsh", "fish"].contains(&shell) {
            assert!(script.text().contains("onenet-studio-push"), "{shell}");
        }
    }
}

/// The script is one that the shell can read.
#[cfg(unix)]
#[test]
fn bash_reads_its_completions() {
    let script = pushrig("completions bash").any_stdout().exits(0);
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("pushrig.bash");
    std::fs::write(&path, &script.stdout).unwrap();
    // Where there is no bash, nobody completes in it.
    if let Ok(status) = std::process::Command::new("bash")
        .arg("-n")
        .arg(&path)
        .status()
    {
        assert!(status.success());
    }
}

#[test]
fn the_manual_names_every_subcommand_and_the_exit_codes() {
    let page = pushrig("man").any_stdout().exits(0);
    assert!(
        page.text().starts_with(".ie ") || page.text().starts_with(".TH"),
        "{}",
        page.text()
    );
    for command in COMMANDS[1..].iter().filter(|name| !name.contains(' ')) {
        let heading = format!(".SH \"{}\"", command.to_uppercase());
        assert!(page.text().contains(&heading), "{heading}");
        let alone = pushrig(&format!("man {command}")).any_stdout().exits(0);
        assert!(
            alone.text().contains(&format!("pushrig-{command}")),
            "{command}"
        );
    }
    for text in ["Exit codes", "\\-\\-app\\-secret", "\\-\\-public\\-url"] {
        assert!(page.text().contains(text), "{text}");
    }
}

#[test]
fn every_documented_exit_code_is_reached() {
    let call = "verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --signature";
    pushrig(&format!("{call} d/ncDg+jrcW259dHOZByyw=="))
        .stdout_has(["valid"])
        .exits(0);
    pushrig(&format!("{call} wrong"))
        .stdout_has(["mismatch"])
        .any_stderr()
        .exits(1);
    pushrig(&format!("{call} wrong --frobnicate"))
        .any_stderr()
        .exits(2);
    pushrig("verify onenet --token ricnsmart missing")
        .any_stderr()
        .exits(3);
    let help = pushrig("--help").any_stdout().exits(0);
    for code in [
        "  0    yes",
        "  1    no",
        "  2    usage or input",
        "  3    no complete answer",
        "  130  ended by Ctrl-C",
    ] {
        assert!(help.text().contains(code), "{code}");
    }
}

#[test]
fn an_unreadable_line_beats_a_mismatch() {
    let body = r#"{"msg":1,"msg_signature":"x","nonce":"n"}"#;
    pushrig("verify onenet --token a -")
        .stdin(format!("{body}\n{{broken\n{body}\n"))
        .stdout_has(["2 records: 0 valid, 2 mismatch, 1 not read"])
        .any_stderr()
        .exits(2);
}

/// A signal ends it with the documented code, as a shell sees it.
#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_end_it_with_their_codes() {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        if is_ignored(number) {
            continue;
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_pushrig"))
            .args(["verify", "onenet", "--token", "x", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let status = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
        let status = child.wait().unwrap();
        // A shell tells 128 and the number of the signal.
        let code = status.code().or(status.signal().map(|signal| 128 + signal));
        assert_eq!(code, Some(128 + number), "{signal}");
    }
}

/// Whether this process was started with a signal switched off, which its children inherit: a
/// shell does so with Ctrl-C for what it runs in the background.
#[cfg(unix)]
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}
