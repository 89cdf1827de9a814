//! The file that says whom the platform knows, and the flags that do.

use super::{DEVICE_KEY, KEY};
use crate::harness::pushrig;

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_place() {
    let user = format!("[[user]]\nid = \"1\"\naccess_key = \"{KEY}\"\n");
    let device = "[[device]]\nproduct = \"1\"\nname = \"a\"\n";
    for (text, place, why) in [
        ("[[user]\n", "p.toml:1", ""),
        ("[[users]]\nid = \"1\"\n", "p.toml:1:3: ", "users"),
        (
            "[[user]]\nid = \"1\"\naccess_key = \"x\"\nkye = 1\n",
            "p.toml:4:1: ",
            "`kye`",
        ),
        ("[[user]]\nid = \"1\"\n", "p.toml:1", "access_key"),
        (
            "[[user]]\nid = \"a/b\"\naccess_key = \"x\"\n",
            "p.toml:2:6: ",
            "cannot stand in a topic",
        ),
        ("[[user]]\nid = 1\naccess_key = \"x\"\n", "p.toml:2:6: ", ""),
        (
            "[[user]]\nid = \"1\"\naccess_key = \"env:NOT_THERE\"\n",
            "p.toml",
            "NOT_THERE",
        ),
        (
            &format!("{device}{device}"),
            "p.toml:6:8: ",
            "there are two devices `1/a`",
        ),
        (
            &format!("{user}{device}of = [\"userid/2\"]\n"),
            "p.toml:7:7: ",
            "`userid/2` is no application of this file",
        ),
        (
            &format!("{device}count = 2\n"),
            "p.toml:4:9: ",
            "the devices would all have one name",
        ),
        (
            &format!("{device}count = 0\n"),
            "p.toml:4:9: ",
            "0 devices are not possible",
        ),
        (
            &format!("{device}key = \"{DEVICE_KEY}\"\nservices = [\"x\"]\n"),
            "p.toml:5:12: ",
            "`services` is for simulated devices",
        ),
        ("[[rule]]\n", "p.toml:1", "answer"),
        (
            "[[rule]]\nanswer = \"perhaps\"\n",
            "p.toml:2:10: ",
            "`perhaps` is no answer",
        ),
        (
            "[[rule]]\nanswer = \"success\"\nrate = \"often\"\n",
            "p.toml:3:8: ",
            "`often`",
        ),
        (
            "[[rule]]\nanswer = \"success\"\ndelay = \"long\"\n",
            "p.toml:3:9: ",
            "long",
        ),
        (
            "[[rule]]\nanswer = \"success\"\ndevice = \"a+/b\"\n",
            "p.toml:3:10: ",
            "matches no device",
        ),
    ] {
        let ran = pushrig("mqtt platform p.toml --for 1s")
            .file("p.toml", text)
            .secret(KEY)
            .stderr_has([place, why])
            .exits(2);
        assert!(ran.talk().starts_with("error: "), "{text}: {}", ran.talk());
    }
}

#[test]
fn a_file_that_is_not_there_or_no_text_is_told() {
    pushrig("mqtt platform missing.toml")
        .stderr_has(["cannot read missing.toml"])
        .exits(3);
    pushrig("mqtt platform p.toml")
        .file("p.toml", b"\xFF\xFE")
        .stderr_has(["p.toml: it is not UTF-8"])
        .exits(2);
}

#[test]
fn a_platform_that_knows_nobody_is_a_mistake() {
    for file in ["", "# nobody\n", "[[rule]]\nanswer = \"success\"\n"] {
        pushrig("mqtt platform p.toml")
            .file("p.toml", file)
            .stderr_has([
                "the platform knows nobody",
                "hint: give a FILE, or --user, --access-key and --device",
            ])
            .exits(2);
    }
    pushrig("mqtt platform")
        .stderr_has(["the platform knows nobody"])
        .exits(2);
}

#[test]
fn flags_that_do_not_go_together_are_told() {
    for (words, why) in [
        ("--user 1", "the access key of userid/1 is missing"),
        (
            "--project p --group g",
            "the access key of projectid/p/groupid/g is missing",
        ),
        (
            "--access-key env:KEY --device 1/a",
            "--access-key: whose is it?",
        ),
        ("--project p --access-key env:KEY", "--group"),
        ("--user 1 --project p --group g", "cannot be used with"),
        ("--user userid/1 --access-key env:KEY", "write the id alone"),
        ("--device 1", "write product and name of the device"),
        ("--device 1/a --speed 2x", "--play"),
        ("--device 1/a --rate 0", "--rate"),
        ("--device 1/a --max-connections 0", "--max-connections"),
    ] {
        pushrig(&format!("mqtt platform {words}"))
            .env("KEY", KEY)
            .stderr_has([why])
            .exits(2);
    }
}

#[test]
fn others_than_this_machine_reach_it_only_where_that_is_allowed() {
    pushrig("mqtt platform --device 1/a --bind 0.0.0.0:0 --for 1s")
        .stderr_has([
            "others than this machine would reach 0.0.0.0:0",
            "hint: if they should, add --allow-remote",
        ])
        .exits(2);
    pushrig("mqtt platform --device 1/a --bind 0.0.0.0:0 --for 100ms --allow-remote")
        .any_stdout()
        .stderr_has(["ready: the platform is at mqtt://"])
        .exits(0);
}

#[test]
fn the_example_file_is_one_that_the_platform_takes() {
    let path = crate::harness::root().join("examples/onenet-studio/platform.toml");
    pushrig("mqtt platform --for 100ms --format json")
        .arg(path)
        .stdout_has([r#""applications":["projectid/KLza8R/groupid/g1","userid/10311"],"devices":22,"simulated":21"#])
        .secret(KEY)
        .exits(0);
}
