//! What cannot be meant is refused before anything is dialled.

use super::{APPLICATION, KEY};
use crate::harness::pushrig;

#[test]
fn a_call_that_cannot_be_meant_is_told_what_is_wrong_with_it() {
    for (words, what) in [
        ("watch h", "nothing is to be watched"),
        ("watch h --device 1", "write product and name of the device"),
        (
            "watch h --device 1/a --user 1",
            "a token is needed, and no access key was given",
        ),
        (
            "watch h --device 1/a --user userid/1 --token x",
            "write the id alone",
        ),
        ("watch h --device 1/a --project p", "--group"),
        (
            "watch h --device 1/a --user 1 --project p --group g",
            "cannot be used with",
        ),
        (
            "watch h --device 1/a --token abcdefgh",
            "so that it names no username",
        ),
        (
            "watch h --device 1/a --password abcdefgh",
            "--password needs --username",
        ),
        ("watch h --device 1/a --access-key abcdefgh", "not for whom"),
        (
            "watch h --device 1/a --user 1 --access-key a-key-that-is-no-base64",
            "base64",
        ),
        (
            "watch h --topic a --only event",
            "--only chooses among the topics of devices",
        ),
        ("watch h --topic a#", "no topic filter"),
        ("watch h --topic a --qos 2", "it is 0 or 1"),
        (
            "watch h --topic a --expect verified>1",
            "nothing is ever counted as `verified`: there are messages, lifecycle",
        ),
        (
            "watch h --device 1/a --expect 1/b>1",
            "nothing is ever counted as `1/b`",
        ),
        ("watch h --topic a --keep-alive 20h", "at most 65535s"),
        ("watch h --topic a --timeout 0s", "no time at all"),
        ("watch h --topic a --count 0", "0 is not in"),
        (
            "watch h --topic a --reconnect often",
            "a number, always or never",
        ),
        ("watch mqtts://h --topic a", "over TLS is not supported"),
        ("watch mqtt://u:p@h --topic a", "--username and --password"),
        ("set h --device 1/a", "nothing is to be set"),
        ("set h --device 1/a a", "write NAME=VALUE"),
        (
            "set --device 1/a temperature=3",
            "the broker's URL stands first, and none has a `=`: is it missing?",
        ),
        (
            "set --device 1/a temperature=3 127.0.0.1:1892",
            "the broker's URL stands first",
        ),
        (
            "set h --device 1/a a=3 127.0.0.1:1892",
            "this is a URL, and it stands first",
        ),
        (
            "set h --device 1/a a=1 --access-key abcdefgh",
            "not for whom: --user, or --project and --group",
        ),
        ("set h --device 1/a =1", "the name is missing"),
        ("set h --device 1/a a=1 a=2", "`a` is set twice"),
        (
            "set h --device 1/a --params [1]",
            "--params is no JSON object",
        ),
        ("set h --device 1/a --params {", "--params is not JSON"),
        ("set h --device 1/a --params {} b=1", "cannot be used with"),
        ("set h a=1", "--device"),
    ] {
        pushrig(&format!("mqtt {words}"))
            .stderr_has([what])
            .exits(2);
    }
}

#[test]
fn a_secret_stands_in_no_message() {
    let password = "a-password-of-mine";
    for words in [
        format!("watch h --topic a --username me --password {password} --frobnicate"),
        format!("watch h --password={password}"),
        format!("watch h --topic a --password {password} {password}"),
    ] {
        pushrig(&format!("mqtt {words}"))
            .secret(password)
            .any_stderr()
            .exits(2);
    }
    pushrig(&format!("mqtt watch {KEY} {APPLICATION} --frobnicate"))
        .any_stderr()
        .exits(2);
}

#[test]
fn a_file_of_devices_that_cannot_be_read_is_told_with_its_line() {
    let call = || pushrig("mqtt watch h --devices list").file("list", "1/a\nb\n");
    call()
        .stderr_has(["list:2: `b`: write product and name"])
        .exits(2);
    pushrig("mqtt watch h --devices missing")
        .stderr_has(["cannot read missing"])
        .exits(3);
}
