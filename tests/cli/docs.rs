//! What is written about the executable is true: the examples of every help, the completions,
//! the manual, the exit codes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::harness::{fixture, is_current, pushrig, root};

/// Every command that has a help.
const COMMANDS: [&str; 10] = [
    "",
    "sign",
    "verify",
    "explain",
    "capture",
    "capture import",
    "capture show",
    "samples",
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

#[cfg(unix)]
mod in_a_shell {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::leaks;

    const ONENET: &str = "20200321182801";
    const SENSORO: &str = "S3cretS3cretS3cretS3cretS3cret00";
    const TENCENT: &str = "a-token-of-mine";

    /// Each example, its exit code, the variable and the files that it names.
    const EXAMPLES: [(&str, i32, &[(&str, Source)]); 25] = [
        (
            "pushrig explain onenet request.curl --token env:TOKEN --computed 'what my server computed'",
            1,
            &[
                ("request.curl", Source::Fixture("capture/online.curl")),
                ("TOKEN", Source::Text(ONENET)),
            ],
        ),
        (
            "pushrig sign onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello",
            0,
            &[],
        ),
        (
            "pushrig sign tencent --token aaa --timestamp 1604458421 --nonce IkOaKMDalrAzUTxC",
            0,
            &[],
        ),
        (
            "pushrig sign onenet-studio --version 2018-10-31 --res products/123123 --expires 2h --method sha1 --access-key KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=",
            0,
            &[],
        ),
        (
            "pushrig sign onenet --token T --msg '{\"a\":1}' --as curl --url http://127.0.0.1:8000/push",
            0,
            &[],
        ),
        (
            "pushrig verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --signature d/ncDg+jrcW259dHOZByyw==",
            0,
            &[],
        ),
        (
            "pushrig verify auto capture.ndjson --token env:TOKEN -q",
            0,
            &[
                ("capture.ndjson", Source::Fixture("capture/online.ndjson")),
                ("TOKEN", Source::Text(ONENET)),
            ],
        ),
        (
            "pushrig verify tencent capture.ndjson --tolerance 5m --token @old-token --token @new-token",
            0,
            &[
                (
                    "capture.ndjson",
                    Source::Output("samples tencent --as record --token a-token-of-mine"),
                ),
                ("old-token", Source::Text("an-old-token")),
                ("new-token", Source::Text(TENCENT)),
            ],
        ),
        (
            "pushrig verify sensoro request.raw --app-secret env:SECRET --public-url https://example.com/hook",
            0,
            &[
                ("request.raw", Source::BehindAProxy),
                ("SECRET", Source::Text(SENSORO)),
            ],
        ),
        (
            "pushrig explain onenet request.curl --token env:TOKEN",
            0,
            &[
                ("request.curl", Source::Fixture("capture/online.curl")),
                ("TOKEN", Source::Text(ONENET)),
            ],
        ),
        (
            "pushrig explain onenet body.json --token env:TOKEN --computed 'what my server computed'",
            1,
            &[
                ("body.json", Source::Fixture("capture/online.json")),
                ("TOKEN", Source::Text(ONENET)),
            ],
        ),
        (
            "pushrig explain onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --computed 77f9dc0e0fa3adc5b6e7d747399072cb",
            1,
            &[],
        ),
        (
            "pushrig explain sensoro request.har --app-secret env:SECRET",
            1,
            &[
                ("request.har", Source::Example("captures/sensoro.har")),
                ("SECRET", Source::Text(SENSORO)),
            ],
        ),
        (
            "pushrig capture import browser.har -o pushes.ndjson",
            0,
            &[("browser.har", Source::Fixture("capture/online.har"))],
        ),
        (
            "pushrig capture show pushes.ndjson --as curl",
            0,
            &[("pushes.ndjson", Source::Fixture("capture/online.ndjson"))],
        ),
        (
            "pushrig capture import request.curl body.json >> pushes.ndjson",
            0,
            &[
                ("request.curl", Source::Fixture("capture/online.curl")),
                ("body.json", Source::Fixture("capture/online.json")),
            ],
        ),
        (
            "pushrig capture show pushes.ndjson",
            0,
            &[("pushes.ndjson", Source::Fixture("capture/online.ndjson"))],
        ),
        (
            "pushrig capture show pushes.ndjson --select 1,3-5 --as curl",
            0,
            &[("pushes.ndjson", Source::Fixture("capture/bodies.ndjson"))],
        ),
        ("pushrig samples", 0, &[]),
        ("pushrig samples onenet.online", 0, &[]),
        (
            "pushrig samples onenet.online --as request --token 20200321182801",
            0,
            &[],
        ),
        (
            "pushrig samples tencent --as record > tencent.ndjson",
            0,
            &[],
        ),
        (
            "pushrig completions bash > ~/.local/share/bash-completion/completions/pushrig",
            0,
            &[(
                ".local/share/bash-completion/completions/x",
                Source::Text(""),
            )],
        ),
        ("pushrig man", 0, &[]),
        ("pushrig man explain", 0, &[]),
    ];

    /// Where a file or variable of an example comes from.
    enum Source {
        Text(&'static str),
        Fixture(&'static str),
        Example(&'static str),
        Output(&'static str),
        BehindAProxy,
    }

    impl Source {
        fn bytes(&self) -> Vec<u8> {
            match self {
                Self::Text(text) => text.as_bytes().to_vec(),
                Self::Fixture(name) => fixture(name),
                Self::Example(name) => std::fs::read(root().join("examples").join(name)).unwrap(),
                Self::Output(call) => pushrig(call).any_stdout().exits(0).stdout,
                Self::BehindAProxy => behind_a_proxy(),
            }
        }
    }

    /// Signed for https://example.com/hook/in, as it arrives behind a proxy that takes /hook away.
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

    /// Runs an example in a scratch directory; hands out the exit code and all that was said.
    fn run(example: &str, sources: &[(&str, Source)], scratch: &Path) -> (Option<i32>, Vec<u8>) {
        let exe = Path::new(env!("CARGO_BIN_EXE_pushrig"));
        let mut path = exe.parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec 2>&1\n{example}")])
            .env_clear()
            .env("PATH", path)
            .env("HOME", scratch)
            .current_dir(scratch)
            .stdin(Stdio::null());
        for (name, source) in sources {
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
            let secrets = [ONENET, SENSORO, TENCENT].map(|secret| secret.as_bytes().to_vec());
            assert!(
                leaks::find(&output, &secrets).is_empty(),
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
