//! What goes wrong on the device's side.

use super::*;

fn faulty(spec: &str) -> Bench {
    bench(|options| options.faults = [spec.parse().unwrap()].into())
}

#[test]
fn a_lost_result_is_not_sent_and_a_server_that_never_asks_again_is_said() {
    let mut it = faulty("lost-result:first=1");
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    it.poll("");
    for _ in 0..8 {
        it.pass(60_000);
        it.poll("");
    }
    assert_eq!(it.found, []);
    it.pass(60_000);
    it.poll("");
    assert_eq!(it.found, [Kind::LostCommand]);
}

#[test]
fn a_server_that_does_not_open_a_door_twice_is_left_in_peace() {
    let mut it = faulty("lost-result");
    it.poll(r#"{"endpoint":"execute_actions","body":{"actions":[]}}"#);
    it.run(&Reply::Empty);
    for _ in 0..20 {
        it.poll("");
        it.pass(60_000);
    }
    assert_eq!(it.found, []);
}

#[test]
fn a_server_that_asks_for_a_lost_result_again_is_left_in_peace() {
    let mut it = faulty("lost-result:first=1");
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    it.poll("");
    it.pass(60_000);
    it.poll(COMMAND);
    it.work();
    for _ in 0..20 {
        it.poll("");
        it.pass(60_000);
    }
    assert_eq!(it.found, []);
}

#[test]
fn a_duplicate_result_is_sent_twice_and_a_late_one_later() {
    let mut it = faulty("duplicate-result:first=1");
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    let (_, first) = it.sent();
    it.reply(200, "");
    let (_, second) = it.sent();
    assert_eq!(first, second);
    it.reply(200, "");
    assert_eq!(it.sent().0, Path::Push);
    assert_eq!(it.machine.counts().results, 1);

    let mut it = faulty("late-result=5s");
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    assert_eq!(it.next(), What::Wait(5_000));
    it.pass(5_000);
    assert_eq!(it.sent().0, Path::Result);
}

#[test]
fn a_wrong_uuid_is_none_that_a_poll_had() {
    let mut it = faulty("wrong-uuid");
    let poll = it.poll(COMMAND);
    assert_ne!(uuid_of(&it.work()), uuid_of(&poll));
}

#[test]
fn a_reboot_forgets_the_result_and_is_away_for_a_while() {
    let mut it = faulty("reboot=20s:first=1");
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    assert_eq!(it.next(), What::Wait(20_000));
    assert!(it.machine.is_resting());
    assert!(
        it.events
            .contains(&Event::Fault(Fault::Reboot(Duration::from_secs(20))))
    );
}

#[test]
fn a_half_open_poll_reads_no_answer_and_a_slow_one_waits_longer() {
    let mut it = faulty("half-open=20s:first=1");
    let outgoing = it.outgoing();
    assert_eq!(outgoing.manner, Manner::HalfOpen(Duration::from_secs(20)));
    it.reply(200, COMMAND);
    assert_eq!(it.next(), What::Await(20_000));
    it.pass(20_000);
    assert_eq!(it.next(), What::Wait(80_000));
    assert_eq!(it.found, []);

    let mut it = faulty("slow-poll=2s");
    let outgoing = it.outgoing();
    assert_eq!(outgoing.manner, Manner::Slow(Duration::from_secs(2)));
    assert_eq!(outgoing.timeout, Duration::from_secs(17));
}
