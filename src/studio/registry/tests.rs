use super::*;
use crate::studio::site::Site;

fn read(text: &str) -> Result<Registry, Error> {
    Registry::read("p.toml", text, &mut |secret| Ok(Secret::new(secret)))
}

const EXAMPLE: &str = include_str!("../../../examples/onenet-studio/platform.toml");

#[test]
fn the_example_says_what_its_comments_say() {
    let registry = read(EXAMPLE).unwrap();
    let names = ["projectid/KLza8R/groupid/g1", "userid/10311"];
    assert_eq!(registry.applications(), names);
    assert_eq!(registry.devices.len(), 22);
    let device = |text: &str| text.parse::<DeviceId>().unwrap();
    let simulated = &registry.devices[&device("00001/iot-0001")].simulated;
    let simulated = simulated.as_ref().unwrap();
    assert_eq!(simulated.properties.len(), 3);
    assert_eq!(simulated.services, ["open"]);
    assert!(
        registry.devices[&device("00001/iot-0002")]
            .simulated
            .is_none()
    );
    let fleet = device("00001/fleet-20");
    assert_eq!(registry.sees("userid/10311", &fleet), Some(false));
    assert_eq!(
        registry.sees("projectid/KLza8R/groupid/g1", &fleet),
        Some(true)
    );
    assert_eq!(
        registry.sees("userid/10311", &device("00001/fleet-21")),
        None
    );
    assert_eq!(registry.rules.len(), 2);
    let moment = crate::moment::Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 1);
    assert_eq!(Site::new(registry, moment).simulated(), 21);
}

#[test]
fn keys_are_found_by_who_signs_with_them() {
    let registry = read(EXAMPLE).unwrap();
    assert_eq!(registry.application("userid/10311").len(), 1);
    assert!(registry.application("userid/1").is_empty());
    let keys = registry.device("00001", "iot-0002").unwrap();
    assert!(keys.device.is_some() && keys.product.is_some());
    assert!(registry.device("00001", "nobody").is_none());
    // Whoever signs with another's key is told whose it is.
    let others = registry.others().into_iter().map(|other| other.what);
    let mut others: Vec<_> = others.collect();
    others.sort_unstable();
    assert_eq!(others[0], "the access key of product 00001");
    assert_eq!(others.len(), 3);
}

#[test]
fn what_is_wrong_is_refused_at_its_place() {
    const DEVICE: &str = "[[device]]\nproduct = \"1\"\nname = \"a\"\n";
    const RULE: &str = "[[rule]]\n";
    for (text, expected) in [
        (
            "users = 1".to_owned(),
            "p.toml:1:1: the file has no key `users`",
        ),
        (
            "[[user]]\nid = \"1\"".to_owned(),
            "p.toml:1:1: a user needs `access_key`",
        ),
        (
            "[[user]]\nid = \"1\"\naccess_key = \"not base64!\"".to_owned(),
            "p.toml:3:14: `access_key` is no base64",
        ),
        (
            "[[user]]\nid = \"userid/1\"\naccess_key = \"\"".to_owned(),
            "p.toml:2:6: `userid/1` cannot stand in a topic",
        ),
        (
            format!("{DEVICE}{DEVICE}"),
            "p.toml:6:8: there are two devices `1/a`",
        ),
        (
            format!("{DEVICE}count = 2"),
            "p.toml:4:9: the devices would all have one name",
        ),
        (
            format!("{DEVICE}of = [\"userid/1\"]"),
            "p.toml:4:7: `userid/1` is no application of this file",
        ),
        (
            format!("{DEVICE}key = \"AAAA\"\nservices = []"),
            "p.toml:5:12: `services` is for simulated devices",
        ),
        (
            format!("{DEVICE}properties = 1"),
            "p.toml:4:14: `properties` is no table",
        ),
        (RULE.to_owned(), "p.toml:1:1: a rule needs `answer`"),
        (
            format!("{RULE}answer = \"no\""),
            "p.toml:2:10: `no` is no answer",
        ),
        (
            format!("{RULE}answer = \"success\"\nrate = \"often\""),
            "p.toml:3:8: `often` is no rate: write 20%, every=3 or first=2",
        ),
        (
            format!("{RULE}answer = \"success\"\ndelay = \"soon\""),
            "p.toml:3:9: `soon` is no time",
        ),
    ] {
        let why = read(&text).map(|_| ()).unwrap_err().to_string();
        assert_eq!(why, expected, "{text}");
    }
}
