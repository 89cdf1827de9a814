//! Calls that cannot be understood, and files that cannot be read.

use crate::harness::pushrig;

const SUBCOMMANDS: [&str; 9] = [
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

#[test]
fn an_unknown_platform_flag_value_or_subcommand_is_answered_with_what_there_is() {
    for (call, what, hint) in [
        (
            "sign nowhere --token x",
            "there is no platform `nowhere`",
            "one of onenet, onenet-studio-push, tencent,",
        ),
        (
            "verify nowhere f --token x",
            "there is no platform `nowhere`",
            "or the path of a recipe file",
        ),
        (
            "explain nowhere f --token x",
            "there is no platform `nowhere`",
            "one of",
        ),
        (
            "sign auto --token x",
            "there is no platform `auto`",
            "one of",
        ),
        (
            "sign onenet --as picture",
            "'picture'",
            "signature, request, curl, record",
        ),
        (
            "samples onenet --as signature",
            "'signature'",
            "body, request, curl, record",
        ),
        (
            "capture show f --as picture",
            "'picture'",
            "text, curl, request, body, record",
        ),
        ("sign onenet --format xml", "'xml'", "human, json"),
        ("sign onenet --color sometimes", "'sometimes'", ""),
        (
            "completions tcsh",
            "'tcsh'",
            "bash, elvish, fish, powershell, zsh",
        ),
        ("man nothing", "there is no subcommand `nothing`", ""),
        ("frobnicate", "'frobnicate'", "--help"),
        ("capture frobnicate", "'frobnicate'", "--help"),
        ("sign onenet --frobnicate", "'--frobnicate'", "--help"),
        ("sign onenet --now yesterday", "expected RFC 3339", ""),
        ("sign onenet --seed x", "'--seed <N>'", ""),
        (
            "verify onenet f --tolerance soon",
            "expected a duration",
            "",
        ),
        ("verify sensoro f --public-url nowhere", "--public-url", ""),
        ("capture show f --select x", "expected record numbers", ""),
        (
            "verify onenet f --token",
            "a value is required for '--token",
            "",
        ),
        (
            "sign onenet --token x --in nonce",
            "--in takes NAME=VALUE",
            "",
        ),
    ] {
        let ran = pushrig(call).any_stderr().exits(2);
        assert!(ran.talk().contains(what), "{call}: {}", ran.talk());
        assert!(ran.talk().contains(hint), "{call}: {}", ran.talk());
    }
}

#[test]
fn without_a_subcommand_it_shows_its_help_as_an_error() {
    pushrig("")
        .stderr_has(["The test bench for IoT push integrations", "Usage: pushrig"])
        .exits(2);
    pushrig("capture")
        .stderr_has(["Usage: pushrig capture"])
        .exits(2);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_the_systems_words() {
    for call in [
        "verify onenet --token x FILE",
        "explain onenet --token x FILE",
        "capture import FILE",
        "capture show FILE",
        "sign onenet --token x --nonce n --msg @FILE",
        "verify onenet --token x --body @FILE",
        "sign ./FILE --token x",
        "sign onenet --config FILE --nonce n --msg m",
    ] {
        let missing = call.replace("FILE", "missing.toml");
        pushrig(&missing)
            .stderr_has(["error: cannot read ", "missing.toml: "])
            .exits(3);
        let folder = call.replace("FILE", "folder.toml");
        pushrig(&folder)
            .file("folder.toml/x", "")
            .stderr_has(["error: cannot read ", "folder.toml: "])
            .exits(3);
    }
}

#[test]
fn the_file_of_a_secret_is_not_named_for_it_may_be_the_secret() {
    pushrig("sign onenet --token @begins-with-an-at --nonce n --msg m")
        .stderr_has(["the file that --token names behind `@`: ", "text:@"])
        .exits(3);
}

#[test]
fn a_file_that_cannot_be_written_is_told_too() {
    pushrig("capture import - -o folder")
        .file("folder/x", "")
        .stdin("{}")
        .stderr_has(["error: cannot write folder: "])
        .exits(3);
}

#[test]
fn only_one_can_have_standard_input() {
    for (call, names) in [
        (
            "sign onenet --token - --nonce n --msg -",
            ["--token", "--msg"],
        ),
        (
            "sign tencent --token x --as request --url http://a/ --body - --in nonce=-",
            ["--body", "--in"],
        ),
        ("verify onenet --token - -", ["--token", "FILE"]),
        ("explain onenet --token x --msg - -", ["--msg", "FILE"]),
        (
            "verify sensoro --app-secret - --app-key -",
            ["--app-secret", "--app-key"],
        ),
    ] {
        pushrig(call)
            .stdin("{}")
            .stderr(format!(
                "error: {} and {} both want standard input (`-`)\nhint: give one of them as @FILE or env:NAME\n",
                names[0], names[1]
            ))
            .exits(2);
    }
    pushrig("capture import - -")
        .stdin("{}")
        .any_stdout()
        .stderr_has(["both want standard input"])
        .exits(2);
}

#[test]
fn values_may_begin_with_a_hyphen() {
    pushrig("sign onenet --token -token-of-mine --nonce -n --msg -m")
        .any_stdout()
        .exits(0);
    pushrig("sign tencent --token --token --timestamp -5 --nonce --nonce")
        .any_stdout()
        .exits(0);
}

#[test]
fn a_secret_with_a_newline_or_a_mark_is_used_as_it_is() {
    let signed = |secret: &[u8]| {
        let call = pushrig("sign onenet --token @token --nonce n --msg m").file("token", secret);
        call.any_stdout().any_stderr().exits(0).stdout
    };
    let right = signed(b"a-token-of-mine");
    assert_eq!(
        signed(b"a-token-of-mine\n"),
        right,
        "one newline at the end is dropped"
    );
    assert_eq!(
        signed(b"a-token-of-mine\r\n"),
        right,
        "and so is one of Windows"
    );
    for other in [
        &b"a-token-of-mine\n\n"[..],
        b"a-token-of-mine ",
        b"\xef\xbb\xbfa-token-of-mine",
        b"a-token\nof-mine",
    ] {
        assert_ne!(signed(other), right, "{other:?}");
    }
    for (secret, odd) in [
        (&b"a-token-of-mine\n\n"[..], "ends with a newline"),
        (b"a-token-of-mine ", "ends with a blank"),
        (b"\xef\xbb\xbfa-token-of-mine", "starts with a BOM"),
        (b"a-token\nof-mine", "holds a line break"),
        (b"\"a-token-of-mine\"", "stands in quotes"),
    ] {
        pushrig("explain onenet --token @token --nonce n --msg m --computed x")
            .file("token", secret)
            .stdout_has(["token ", "hidden: ", odd])
            .any_stderr()
            .exits(1);
    }
}

#[test]
fn a_variable_that_is_not_set_is_told() {
    pushrig("sign onenet --token env:NOWHERE --nonce n --msg m")
        .stderr("error: --token: the variable NOWHERE is not set\n")
        .exits(2);
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_by_line_and_column() {
    pushrig("sign onenet --nonce n --msg m")
        .file(
            "pushrig.toml",
            "[profile.default]\ntokn = \"a-token-of-mine\"\n",
        )
        .secret("a-token-of-mine")
        .stderr_has(["pushrig.toml:2:1: "])
        .exits(2);
    pushrig("sign onenet --nonce n --msg m --profile live")
        .file("pushrig.toml", "[profile.default]\n[profile.test]\n")
        .stderr_has(["has no profile `live`", "hint: it has default, test"])
        .exits(2);
    pushrig("sign onenet --nonce n --msg m --profile live")
        .stderr("error: --profile was given, and there is no pushrig.toml\nhint: name the file by --config\n")
        .exits(2);
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    const SECRET: &str = "my-secret-token";
    for call in [
        "sign onenet --token my-secret-token my-secret-token",
        "sign my-secret-token --token my-secret-token",
        "sign my-secret-token.toml --token=my-secret-token",
        "sign onenet --token my-secret-token --frobnicate my-secret-token",
        "sign onenet --token my-secret-token --frobnicate=my-secret-token",
        "sign onenet --token my-secret-token --part my-secret-token",
        "sign onenet --token my-secret-token --as my-secret-token",
        "sign onenet --token my-secret-token --now my-secret-token",
        "sign onenet --token my-secret-token --seed my-secret-token",
        "sign onenet --token my-secret-token --expires my-secret-token",
        "sign onenet --token my-secret-token --in my-secret-token",
        "verify onenet --token my-secret-token my-secret-token",
        "verify sensoro --app-secret my-secret-token --public-url my-secret-token",
        "explain onenet --token my-secret-token --config my-secret-token",
        "my-secret-token sign onenet --token my-secret-token",
    ] {
        let ran = pushrig(call).any_stderr();
        // Whether it is a wrong call or a file that is missing, the secret is not shown.
        let code = if call.contains(".toml")
            || call.contains("--config")
            || call.starts_with("verify onenet")
        {
            3
        } else {
            2
        };
        ran.exits(code);
        let from_environment = call.replace("--token my-secret-token", "");
        if from_environment.contains(SECRET) && !from_environment.contains("--token=") {
            let code = if call.contains("--config") || call.starts_with("verify onenet") {
                3
            } else {
                2
            };
            pushrig(&from_environment)
                .env("PUSHRIG_TOKEN", SECRET)
                .any_stderr()
                .exits(code);
        }
    }
}

#[test]
fn help_shows_no_secret_of_the_environment() {
    for subcommand in SUBCOMMANDS.iter().chain(&[""]) {
        for help in ["-h", "--help"] {
            pushrig(&format!("{subcommand} {help}"))
                .env("PUSHRIG_TOKEN", "my-secret-token")
                .env("PUSHRIG_AES_KEY", "my-secret-aes-key")
                .env("PUSHRIG_APP_SECRET", "my-secret-app-secret")
                .env("PUSHRIG_APP_KEY", "my-secret-app-key")
                .env("PUSHRIG_ACCESS_KEY", "my-secret-access-key")
                .stdout_has(["Usage: pushrig"])
                .exits(0);
        }
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    pushrig("--version")
        .stdout(format!("pushrig {}\n", env!("CARGO_PKG_VERSION")))
        .exits(0);
}

#[test]
fn colour_is_for_terminals_or_whoever_asks() {
    let call = |rest: &str| {
        pushrig(&format!(
            "verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --signature d/ncDg+jrcW259dHOZByyw== {rest}"
        ))
    };
    let plain = "valid       arguments  onenet push\n";
    call("").stdout(plain).exits(0);
    call("--color never").stdout(plain).exits(0);
    call("").env("CLICOLOR_FORCE", "1").stdout(plain).exits(0);
    call("--color always").stdout_has(["\u{1b}["]).exits(0);
    call("--color always")
        .env("NO_COLOR", "1")
        .stdout_has(["\u{1b}["])
        .exits(0);
    call("--color always --format json")
        .stdout_has(["{\"v\":1,"])
        .exits(0);
    let json = call("--color always --format json").any_stdout().exits(0);
    assert!(!json.stdout.contains(&0x1b));
}

#[test]
fn the_help_that_other_programs_have_as_a_subcommand_has_a_hint() {
    for (call, hint) in [
        ("help mqtt", "hint: pushrig mqtt --help\n"),
        (
            "help",
            "hint: pushrig --help, or pushrig SUBCOMMAND --help\n",
        ),
        ("help nothing", "hint: pushrig --help, or"),
    ] {
        pushrig(call)
            .stderr_has(["unrecognized subcommand 'help'", hint])
            .exits(2);
    }
}
