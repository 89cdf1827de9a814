use super::*;
use crate::message::Request;
use proptest::prelude::*;

mod compact;
mod matching;
mod week;

const ID: &str = "9007199254740993";

fn order(json: &str) -> Order {
    Order::parse(json.as_bytes()).unwrap()
}

fn load(number: u32) -> Order {
    order(&format!(
        r#"{{"endpoint":"load_objects","queryString":"n={number}"}}"#
    ))
}

fn open_door() -> Order {
    order(r#"{"endpoint":"execute_actions","body":{"actions":[]}}"#)
}

const OK: &[u8] = br#"{"response":"{}"}"#;

/// Each command stands in exactly the place that it says.
fn assert_consistent(dispatch: &Dispatch) {
    for (number, entry) in dispatch.entries() {
        let device = &dispatch.devices[&entry.device];
        let queued = device.queue.iter().filter(|&&it| it == number).count();
        let flight = device.flight.iter().flat_map(|flight| &flight.numbers);
        let flying = flight.filter(|&&it| it == number).count();
        let expected = match entry.standing {
            Standing::Queued => (1, 0),
            Standing::InFlight => (0, 1),
            _ => (0, 0),
        };
        assert_eq!((queued, flying), expected, "{number}: {entry:?}");
        let is_open = expected != (0, 0);
        assert_eq!(entry.command.is_some() && is_open, is_open);
    }
}

#[test]
fn commands_go_out_one_a_poll_in_their_order_and_results_find_them_by_uuid() {
    let mut it = Dispatch::default();
    for number in 1..=2 {
        assert_eq!(it.enqueue(0, ID, load(number)), u64::from(number));
    }
    let handed = it.poll(0, ID, Some("u1"));
    assert_eq!(handed.numbers, [1]);
    assert_eq!(
        handed.body,
        br#"{"endpoint":"load_objects","queryString":"n=1"}"#
    );
    let taken = it.result(1, ID, Some("u1"), Some("load_objects"), OK);
    assert_eq!(taken.notes, []);
    assert_eq!(taken.matched[0], 1);
    assert_eq!(it.poll(1, ID, Some("u2")).numbers, [2]);
    assert!(!it.is_done());
    it.result(1, ID, Some("u2"), None, br#"{"error":"no","code":1}"#);
    assert!(it.is_done());
    assert_eq!(
        it.tally(),
        Tally {
            done: 1,
            failed: 1,
            ..Tally::default()
        }
    );
    assert_eq!(it.poll(1, ID, Some("u3")), Handed::default());
}

#[test]
fn one_command_is_in_flight_for_a_device() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.enqueue(0, ID, load(2));
    it.enqueue(0, "7", load(3));
    assert_eq!(it.poll(0, ID, Some("u1")).numbers, [1]);
    assert_eq!(it.poll(1, ID, Some("u2")).numbers, Vec::<u64>::new());
    assert_eq!(it.poll(1, "7", Some("u3")).numbers, [3]);
}

#[test]
fn without_a_uuid_the_command_in_flight_has_the_result() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.poll(0, ID, None);
    let stray = it.result(0, ID, None, Some("reboot"), OK);
    assert!(matches!(stray.notes[0], Note::ResultWithoutCommand { .. }));
    let taken = it.result(0, ID, None, Some("load_objects"), OK);
    assert_eq!(taken.matched[0], 1);
    let again = it.result(0, ID, None, Some("load_objects"), OK);
    assert_eq!(again.notes, [Note::DoubleResult { number: 1 }]);
}

#[test]
fn double_results_and_results_without_a_command_are_reported() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.poll(0, ID, Some("u1"));
    it.result(0, ID, Some("u1"), None, OK);
    let double = it.result(0, ID, Some("u1"), None, br#"{"error":"x"}"#);
    assert_eq!(double.notes, [Note::DoubleResult { number: 1 }]);
    assert_eq!(it.entry(1).unwrap().standing, Standing::Done);
    for (device, uuid) in [(ID, Some("u9")), ("8", Some("u1")), ("8", None)] {
        let taken = it.result(0, device, uuid, None, OK);
        assert_eq!(taken.matched, Vec::<u64>::new());
        assert!(matches!(
            taken.notes[..],
            [Note::ResultWithoutCommand { .. }]
        ));
    }
}

#[test]
fn at_least_once_goes_out_again_after_its_lease_and_ends_after_its_tries() {
    let mut it = Dispatch::new(Options {
        tries: 2,
        ..Options::default()
    });
    it.enqueue(0, ID, load(1));
    it.enqueue(0, ID, load(2));
    assert_eq!(it.poll(0, ID, Some("u1")).numbers, [1]);
    assert_eq!(it.poll(59_999, ID, Some("u2")).numbers, Vec::<u64>::new());
    assert_eq!(it.poll(60_000, ID, Some("u3")).numbers, [1]);
    assert_eq!(it.poll(120_000, ID, Some("u4")).numbers, [2]);
    assert_eq!(it.entry(1).unwrap().standing, Standing::Lost);
    assert_consistent(&it);
}

#[test]
fn at_most_once_goes_out_once_and_is_lost_without_a_result() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, open_door());
    assert_eq!(it.poll(0, ID, Some("u1")).numbers, [1]);
    // Not even where the same poll comes again.
    assert_eq!(it.poll(1, ID, Some("u1")).body, b"");
    assert_eq!(it.poll(60_000, ID, Some("u2")).body, b"");
    assert_eq!(it.entry(1).unwrap().standing, Standing::Lost);
    let late = it.result(60_001, ID, Some("u1"), None, OK);
    assert_eq!(late.notes, [Note::LateResult { number: 1 }]);
    assert_eq!(it.entry(1).unwrap().standing, Standing::Done);
}

#[test]
fn a_poll_that_is_sent_again_gets_the_same_answer() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    let first = it.poll(0, ID, Some("u1"));
    assert_eq!(it.poll(1, ID, Some("u1")), first);
    assert_eq!(it.entry(1).unwrap().tries, 1);
}

#[test]
fn a_late_result_ends_a_command_that_is_queued_or_out_again() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.poll(0, ID, Some("u1"));
    it.expire(60_000);
    assert_eq!(it.entry(1).unwrap().standing, Standing::Queued);
    it.poll(60_000, ID, Some("u2"));
    let late = it.result(60_001, ID, Some("u1"), None, OK);
    assert_eq!(late.matched.len(), 1);
    assert!(it.is_done());
    let second = it.result(60_002, ID, Some("u2"), None, OK);
    assert_eq!(second.notes, [Note::DoubleResult { number: 1 }]);
}

#[test]
fn transactions_carry_ids_as_text_and_missing_results_follow_the_policy() {
    let mut it = Dispatch::new(Options {
        transactions: Some(3),
        ..Options::default()
    });
    it.enqueue(0, ID, load(1));
    it.enqueue(0, ID, open_door());
    it.enqueue(0, ID, load(3));
    it.enqueue(0, ID, load(4));
    let handed = it.poll(0, ID, Some("u1"));
    assert_eq!(
        String::from_utf8(handed.body).unwrap(),
        r#"{"transactions":[{"transactionid":"1","endpoint":"load_objects","queryString":"n=1"},{"transactionid":"2","endpoint":"execute_actions","body":{"actions":[]}},{"transactionid":"3","endpoint":"load_objects","queryString":"n=3"}]}"#
    );
    let body = br#"{"transactions_results":[{"transactionid":1,"success":true,"response":"{}"},{"transactionid":9,"success":true,"response":"{}"}]}"#;
    let taken = it.result(0, ID, Some("u1"), None, body);
    assert_eq!(taken.matched.len(), 1);
    assert_eq!(
        taken.notes[1..],
        [
            Note::MissingResult { number: 2 },
            Note::MissingResult { number: 3 }
        ]
    );
    assert!(
        matches!(&taken.notes[0], Note::ResultWithoutCommand { named: Some(named), .. } if named == "the transaction 9")
    );
    assert_eq!(it.entry(2).unwrap().standing, Standing::Lost);
    assert_eq!(it.poll(0, ID, Some("u2")).numbers, [3, 4]);
}

#[test]
fn a_result_that_cannot_be_read_ends_its_command_as_failed() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.poll(0, ID, Some("u1"));
    let taken = it.result(0, ID, Some("u1"), Some("reboot"), b"oops");
    assert!(matches!(taken.notes[0], Note::UnreadableResult { .. }));
    assert!(matches!(
        taken.notes[1],
        Note::OtherEndpoint { number: 1, .. }
    ));
    assert_eq!(it.entry(1).unwrap().standing, Standing::Failed);
}

#[test]
fn the_doubled_paths_of_a_wrong_base_are_reported() {
    let mut it = Dispatch::default();
    for (method, path) in [("GET", "/push/push"), ("POST", "/push/result")] {
        let answer = it.answer(0, &Request::new(method, format!("{path}?deviceId=1")));
        assert_eq!(answer.response.status, 404);
        assert!(answer.notes[0].to_string().contains("push_remote_address"));
    }
    let elsewhere = it.answer(0, &Request::new("GET", "/"));
    assert_eq!(elsewhere.notes[0].to_string(), "nothing is served at /");
}

#[test]
fn requests_are_answered_empty_with_a_length_or_with_a_command() {
    let mut it = Dispatch::new(Options {
        prefix: "/a".to_owned(),
        ..Options::default()
    });
    it.enqueue(0, ID, load(1));
    let answer = it.answer(
        0,
        &Request::new("GET", format!("/a/push?deviceId={ID}&uuid=u%201")),
    );
    assert_eq!(answer.handed, [1]);
    let mut post = Request::new(
        "POST",
        format!("/a/result?deviceId={ID}&uuid=u%201&endpoint=load_objects"),
    );
    post.body = OK.to_vec();
    let answer = it.answer(0, &post);
    assert_eq!((answer.notes.len(), it.tally().done), (0, 1));
    assert_eq!(
        answer.response.headers.first("Content-Length"),
        Some(&b"0"[..])
    );
    assert_eq!(answer.response.status, 200);
    for (method, target, status) in [
        ("POST", "/a/push?deviceId=1", 405),
        ("GET", "/a/push", 400),
        ("GET", "/push?deviceId=1", 404),
    ] {
        let answer = it.answer(0, &Request::new(method, target));
        assert_eq!(
            (answer.response.status, answer.notes.len()),
            (status, 1),
            "{target}"
        );
    }
    let odd = it.answer(0, &Request::new("GET", "/a/push?deviceId=1e3"));
    assert_eq!(odd.response.status, 200);
    assert!(matches!(odd.notes[..], [Note::OddDeviceId { .. }]));
}

#[test]
fn an_order_with_a_key_that_is_known_is_not_queued_again() {
    let mut it = Dispatch::default();
    let keyed = || order(r#"{"endpoint":"x","key":"a"}"#);
    assert_eq!(it.enqueue(0, ID, keyed()), 1);
    assert_eq!(it.enqueue(0, ID, keyed()), 1);
    assert_eq!(it.tally().queued, 1);
}

fn journal_of(it: &mut Dispatch) -> String {
    it.take_events().iter().map(Event::to_line).collect()
}

#[test]
fn the_journal_has_a_line_an_event() {
    let mut it = Dispatch::default();
    it.enqueue(5, ID, order(r#"{"endpoint":"x","key":"a"}"#));
    it.poll(6, ID, Some("u1"));
    it.result(7, ID, Some("u1"), None, OK);
    assert_eq!(
        journal_of(&mut it),
        concat!(
            r#"{"v":1,"at":5,"event":"queued","number":1,"device":"9007199254740993","endpoint":"x","policy":"at-least-once","key":"a","command":"{\"endpoint\":\"x\"}"}"#,
            "\n",
            r#"{"v":1,"at":6,"event":"handed","device":"9007199254740993","numbers":[1],"uuid":"u1"}"#,
            "\n",
            r#"{"v":1,"at":7,"event":"done","number":1,"success":true,"response":"{}"}"#,
            "\n",
        )
    );
}

#[test]
fn what_was_in_flight_at_a_crash_is_unknown_and_follows_its_policy() {
    let mut it = Dispatch::default();
    it.enqueue(0, "1", open_door());
    it.enqueue(0, "2", load(2));
    it.poll(0, "1", Some("u1"));
    it.poll(0, "2", Some("u2"));
    let journal = journal_of(&mut it);
    let (mut again, length) =
        Dispatch::restore(Options::default(), "state", journal.as_bytes()).unwrap();
    assert_eq!(length, journal.len());
    again.restart(1);
    assert_eq!(again.entry(1).unwrap().standing, Standing::Unknown);
    assert_eq!(again.entry(2).unwrap().standing, Standing::Queued);
    assert_consistent(&again);
    assert_eq!(again.poll(1, "1", Some("u3")).body, b"");
    assert_eq!(again.poll(1, "2", Some("u4")).numbers, [2]);
    // The device was at work all the time.
    let late = again.result(2, "1", Some("u1"), None, OK);
    assert_eq!(late.matched.len(), 1);
}

#[test]
fn a_line_that_is_no_event_is_refused_at_its_place() {
    let good = "{\"v\":1,\"at\":0,\"event\":\"restarted\"}\n";
    let restored =
        |journal: &str| Dispatch::restore(Options::default(), "q.state", journal.as_bytes());
    assert!(restored(good).is_ok());
    assert_eq!(restored("").unwrap().1, 0);
    let why = restored(&format!("{good}{{\"v\":1}}\n"))
        .unwrap_err()
        .to_string();
    assert!(
        why.starts_with("q.state:2:7: this is no event of a journal: missing field"),
        "{why}"
    );
    let why = restored("{\"v\":2,\"at\":0,\"event\":\"restarted\"}\n").unwrap_err();
    assert!(why.to_string().contains("version 2"));
    let why = restored("{\"v\":2,\"at\":0,\"event\":\"of-later-times\"}\n").unwrap_err();
    assert!(why.to_string().contains("version 2"));
    let why = restored("a file that is not ours, without an end").unwrap_err();
    assert_eq!(why.to_string(), "q.state:1: this is no event of a journal");
    assert_eq!(restored(&format!("{good}\0\0\0")).unwrap().1, good.len());
    assert!(restored("\0\0").is_err());
}

/// What may happen to a server.
#[derive(Clone, Debug)]
enum Step {
    Queue { device: u8, once: bool },
    Poll { device: u8 },
    Result { device: u8, back: u8, fails: bool },
    Pass,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_u8, any::<bool>()).prop_map(|(device, once)| Step::Queue { device, once }),
        5 => (0..3_u8).prop_map(|device| Step::Poll { device }),
        5 => (0..3_u8, 0..4_u8, any::<bool>())
            .prop_map(|(device, back, fails)| Step::Result { device, back, fails }),
        1 => Just(Step::Pass),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 0..60)
}

/// Plays the steps; the journal is what was written.
fn play(steps: &[Step], transactions: Option<usize>) -> String {
    let options = Options {
        transactions,
        ..Options::default()
    };
    let mut it = Dispatch::new(options.clone());
    let (mut journal, mut now, mut polls) = (String::new(), 0, 0_u32);
    for step in steps {
        match *step {
            Step::Queue { device, once } => {
                let order = if once { open_door() } else { load(1) };
                it.enqueue(now, &device.to_string(), order);
            }
            Step::Poll { device } => {
                polls += 1;
                it.poll(now, &device.to_string(), Some(&format!("u{polls}")));
            }
            Step::Result {
                device,
                back,
                fails,
            } => {
                let uuid = format!("u{}", polls.saturating_sub(u32::from(back)));
                let body = if fails { &b"{\"error\":\"x\"}"[..] } else { OK };
                it.result(now, &device.to_string(), Some(&uuid), None, body);
            }
            Step::Pass => now += 30_000,
            Step::Crash => {
                let mut restored = Dispatch::restore(options.clone(), "j", journal.as_bytes())
                    .unwrap()
                    .0;
                restored.restart(now);
                it = restored;
            }
        }
        assert_consistent(&it);
        journal.push_str(&journal_of(&mut it));
    }
    journal
}

/// How often each command went out.
fn handouts(journal: &str) -> BTreeMap<u64, u32> {
    let mut count = BTreeMap::new();
    let counting = |event: Event| {
        if let Change::Handed { numbers, .. } = event.change {
            for number in numbers {
                *count.entry(number).or_default() += 1;
            }
        }
    };
    event::read("j", journal.as_bytes(), counting).unwrap();
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_journal_cut_at_any_byte_restores_a_consistent_queue(
        steps in steps(),
        transactions in prop_oneof![Just(None), Just(Some(2))],
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = play(&steps, transactions);
        let cut = cut.index(whole.len() + 1);
        let journal = &whole.as_bytes()[..cut];
        let options = Options { transactions, ..Options::default() };
        let (mut it, length) = Dispatch::restore(options, "j", journal).unwrap();
        assert_consistent(&it);
        prop_assert_eq!(length, whole[..cut].rfind('\n').map_or(0, |end| end + 1));
        let queued = whole[..length].matches("\"event\":\"queued\"").count();
        prop_assert_eq!(it.entries().count(), queued);

        // The server goes on until nothing is left, on devices that answer everything.
        let mut journal = whole[..length].to_owned();
        it.restart(1_000_000);
        let mut polls = 0;
        while !it.is_done() {
            for device in ["0", "1", "2"] {
                polls += 1;
                let uuid = format!("after{polls}");
                let handed = it.poll(1_000_000, device, Some(&uuid));
                let results: Vec<_> = handed
                    .numbers
                    .iter()
                    .map(|number| format!(r#"{{"transactionid":{number},"success":true,"response":""}}"#))
                    .collect();
                let body = match transactions {
                    Some(_) => format!(r#"{{"transactions_results":[{}]}}"#, results.join(",")),
                    None => r#"{"response":""}"#.to_owned(),
                };
                it.result(1_000_000, device, Some(&uuid), None, body.as_bytes());
            }
            assert_consistent(&it);
            prop_assert!(polls < 1_000);
        }
        journal.push_str(&journal_of(&mut it));
        let count = handouts(&journal);
        for (number, entry) in it.entries() {
            let went_out = count.get(&number).copied().unwrap_or(0);
            prop_assert!(went_out >= 1, "{} never went out", number);
            if entry.policy == Policy::AtMostOnce {
                prop_assert_eq!(went_out, 1);
            }
        }
    }

    #[test]
    fn no_request_makes_it_panic(
        method in "[A-Z]{0,5}",
        target in prop_oneof![any::<Vec<u8>>(), "/(push|result)\\?(deviceId=[0-9]{0,3}|uuid=u1|&|%|%4|endpoint=x){0,6}".prop_map(String::into_bytes)],
        body: Vec<u8>,
    ) {
        let mut it = Dispatch::default();
        it.enqueue(0, "1", load(1));
        it.poll(0, "1", Some("u1"));
        let mut request = Request::new(method, target);
        request.body = body;
        it.answer(0, &request);
        assert_consistent(&it);
    }
}
