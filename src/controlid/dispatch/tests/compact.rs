//! A journal that was written anew says the same.

use super::*;

/// The queues that a snapshot of these makes.
fn compacted(it: &mut Dispatch) -> (Dispatch, usize) {
    let lines: String = it
        .snapshot(7, |_| None)
        .iter()
        .map(Event::to_line)
        .collect();
    let options = it.options.clone();
    let (again, length) = Dispatch::restore(options, "s", lines.as_bytes()).unwrap();
    assert_eq!(length, lines.len());
    (again, length)
}

fn keyed(key: &str) -> Order {
    Order {
        key: Some(key.to_owned()),
        ..load(1)
    }
}

#[test]
fn what_is_finished_goes_and_its_key_and_late_results_stay() {
    let mut it = Dispatch::default();
    assert_eq!(it.enqueue(0, ID, keyed("first")), 1);
    for _ in 0..200 {
        it.enqueue(0, ID, load(2));
    }
    for poll in 0..200 {
        let uuid = format!("u{poll}");
        it.poll(poll, ID, Some(&uuid));
        it.result(poll, ID, Some(&uuid), None, OK);
    }
    it.tell(200, (1..=200).collect());
    let (mut again, _) = compacted(&mut it);
    // The first has a key, the last waits, and so many may get a second result.
    assert_eq!(again.entries().count(), 1 + RECENT + 1);
    assert_consistent(&again);
    assert_eq!(again.enqueue(1, ID, keyed("first")), 1);
    let double = again.result(1, ID, Some("u199"), None, OK);
    assert_eq!(double.notes, [Note::DoubleResult { number: 200 }]);
    assert_eq!(again.poll(1, ID, Some("v")).numbers, [201]);
    assert_eq!(again.enqueue(1, ID, load(3)), 202);
}

#[test]
fn a_number_is_not_used_again_when_its_command_is_gone() {
    let mut it = Dispatch::default();
    it.enqueue(0, "1", load(1));
    it.poll(0, "1", None);
    it.result(0, "1", None, None, OK);
    it.devices.get_mut("1").unwrap().recent.clear();
    let (mut again, _) = compacted(&mut it);
    assert_eq!(again.enqueue(0, "1", load(1)), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_snapshot_makes_the_same_queues(
        steps in steps(),
        transactions in prop_oneof![Just(None), Just(Some(2))],
    ) {
        let journal = play(&steps, transactions);
        let options = Options { transactions, ..Options::default() };
        let (mut it, _) = Dispatch::restore(options, "j", journal.as_bytes()).unwrap();
        let (again, length) = compacted(&mut it);
        assert_consistent(&again);
        for (number, entry) in again.entries() {
            prop_assert_eq!(Some(entry), it.entry(number));
        }
        for (number, entry) in it.entries() {
            prop_assert!(entry.standing != Standing::Queued || again.entry(number).is_some());
        }
        for (id, device) in again.devices() {
            prop_assert_eq!(&device.queue, &it.devices[id].queue);
            prop_assert_eq!(&device.recent, &it.devices[id].recent);
            prop_assert_eq!(&device.flight, &it.devices[id].flight);
        }
        let mut again = again;
        prop_assert_eq!(compacted(&mut again).1, length);
    }
}
