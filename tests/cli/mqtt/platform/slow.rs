//! Clients that do not read, or do not acknowledge, while much is sent.

use pushrig::mqtt::packet::QoS;

use super::{FILE, Platform};
use crate::mqtt::client::{Client, topic};

/// A device with a report of 4 kB, so that what nobody reads is soon much.
fn file() -> String {
    let text = "x".repeat(4000);
    let device = format!("properties = {{ Power = \"{text}\", WF = 23.6 }}");
    FILE.replace("properties = { Power = \"off\", WF = 23.6 }", &device)
}

#[test]
fn who_does_not_read_loses_messages_which_is_told_and_others_get_theirs() {
    let platform = Platform::with(&file(), "-q --format json --rate 100000 --wait");
    let property = topic("iot-0001", "property");
    let mut slow = Client::application(&platform);
    let mut quick = Client::user(&platform, "", "userid/2");
    quick.listen(&[&property]);
    slow.listen(&[&property]);
    // From here on nothing of it is read.
    let told = r#""who":"userid/10311","what":"it reads too slowly: messages for it are dropped""#;
    while !platform.said().contains(told) {
        assert!(quick.message().payload.len() > 4000);
    }
    for _ in 0..1000 {
        assert!(quick.message().payload.len() > 4000);
    }
    #[cfg(target_os = "linux")]
    assert!(
        memory(platform.id()) < 128 << 10,
        "it holds what nobody reads"
    );
    let ended = platform.end("INT").code(0);
    let summary = ended.summary();
    assert!(summary["dropped"].as_u64().unwrap() > 0, "{summary}");
    assert!(summary["delivered"].as_u64().unwrap() > 1000, "{summary}");
    assert_eq!(
        ended.of("odd").len() - quicks(&ended.out),
        1,
        "{}",
        ended.out
    );
}

/// Whether the quick one, too, was once behind on a machine that has other things to do.
fn quicks(out: &str) -> usize {
    out.lines()
        .filter(|line| line.contains(r#""who":"userid/2""#))
        .count()
}

/// What a process holds, in kB.
#[cfg(target_os = "linux")]
pub(super) fn memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn who_acknowledges_nothing_gets_half_of_all_packet_ids_which_is_told() {
    let platform = Platform::start("-q --format json --rate 100000 --wait");
    let mut app = Client::application(&platform);
    app.subscribe(&[&topic("iot-0001", "property")], QoS::AtLeastOnce);
    let mut pkids: Vec<u16> = Vec::new();
    while pkids.len() < 32_767 {
        pkids.extend(app.settled().iter().map(|it| it.pkid));
    }
    platform.says("it acknowledges nothing: messages of QoS 1 for it are dropped");
    assert!(app.settled().is_empty());
    pkids.dedup();
    assert_eq!((pkids.len(), pkids[0], pkids[32_766]), (32_767, 1, 32_767));
    let ended = platform.end("INT").code(0);
    assert_eq!(ended.of("odd").len(), 1, "it is said once");
    assert!(ended.summary()["dropped"].as_u64().unwrap() > 0);
}
