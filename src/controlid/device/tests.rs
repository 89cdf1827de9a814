use super::*;
use crate::message::Request;
use jiff::Timestamp;
use proptest::prelude::*;

mod faults;

/// A device and its time.
struct Bench {
    machine: Machine,
    moment: Moment,
    found: Vec<Kind>,
    events: Vec<Event>,
}

fn bench(change: impl FnOnce(&mut Options)) -> Bench {
    let mut options = Options {
        base: Some("http://h:1".parse().unwrap()),
        ..Options::default()
    };
    change(&mut options);
    Bench {
        machine: Machine::new(478_435, Arc::new(options), 0),
        moment: Moment::fixed(Timestamp::UNIX_EPOCH, 1),
        found: Vec::new(),
        events: Vec::new(),
    }
}

impl Bench {
    fn now(&self) -> i64 {
        self.moment.millis()
    }

    fn pass(&mut self, millis: i64) {
        let later = self.now() + millis;
        self.moment.now = Timestamp::from_millisecond(later).unwrap();
    }

    fn next(&mut self) -> What {
        let what = self.machine.next(&mut self.moment);
        self.look();
        what
    }

    fn look(&mut self) {
        for event in self.machine.take_events() {
            if let Event::Finding(finding) = &event {
                self.found.push(finding.kind);
            }
            self.events.push(event);
        }
    }

    fn outgoing(&mut self) -> Outgoing {
        match self.next() {
            What::Send(outgoing) => outgoing,
            other => panic!("{other:?}"),
        }
    }

    fn sent(&mut self) -> (Path, Request) {
        let outgoing = self.outgoing();
        (outgoing.path, outgoing.request)
    }

    fn reply(&mut self, status: u16, body: &str) {
        let now = self.now();
        let headers = Headers::from_iter([("Content-Type", "text/html")]);
        self.machine
            .on_response(now, status, &headers, body.as_bytes());
        self.look();
    }

    fn fail(&mut self, trouble: Trouble) {
        let now = self.now();
        self.machine.on_failure(now, trouble);
        self.look();
    }

    /// Polls and is answered so.
    fn poll(&mut self, body: &str) -> Request {
        let (path, request) = self.sent();
        assert_eq!(path, Path::Push);
        self.reply(200, body);
        request
    }

    fn run(&mut self, reply: &Reply) -> Command {
        let What::Run(command) = self.next() else {
            panic!("nothing to run");
        };
        assert_eq!(self.next(), What::Busy);
        self.machine.answered(reply, &mut self.moment);
        self.look();
        command
    }

    /// Runs a command that succeeds and posts its result.
    fn work(&mut self) -> Request {
        self.run(&Reply::Json(b"{}".to_vec()));
        let (path, request) = self.sent();
        assert_eq!(path, Path::Result);
        self.reply(200, "");
        request
    }
}

const COMMAND: &str = r#"{"endpoint":"load_objects","body":{"object":"users"}}"#;

fn target(request: &Request) -> &str {
    std::str::from_utf8(&request.target).unwrap()
}

fn uuid_of(request: &Request) -> String {
    let target = target(request);
    let (_, rest) = target.split_once("uuid=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}

#[test]
fn it_polls_sleeps_its_period_and_polls_again_with_a_new_uuid() {
    let mut it = bench(|_| {});
    let first = it.poll("");
    assert!(target(&first).starts_with("/push?deviceId=478435&uuid="));
    assert_eq!(it.next(), What::Wait(60_000));
    it.pass(60_000);
    let second = it.poll("{}");
    assert_ne!(uuid_of(&first), uuid_of(&second));
    assert_eq!(it.machine.counts().idle, 2);
    assert_eq!(it.found, []);
}

#[test]
fn a_result_carries_the_uuid_of_its_poll_and_the_endpoint_and_the_next_poll_follows_at_once() {
    let mut it = bench(|_| {});
    let poll = it.poll(COMMAND);
    it.run(&Reply::Json(br#"{"users":[]}"#.to_vec()));
    let (path, request) = it.sent();
    assert_eq!(path, Path::Result);
    assert_eq!(
        target(&request),
        format!(
            "/result?deviceId=478435&uuid={}&endpoint=load_objects",
            uuid_of(&poll)
        )
    );
    assert_eq!(request.body, br#"{"response":"{\"users\":[]}"}"#);
    it.reply(200, "");
    assert_eq!(it.sent().0, Path::Push);
    assert_eq!(it.found, []);
}

#[test]
fn old_firmware_has_no_uuid() {
    let mut it = bench(|options| options.uuid = false);
    assert_eq!(target(&it.poll(COMMAND)), "/push?deviceId=478435");
    assert_eq!(
        target(&it.work()),
        "/result?deviceId=478435&endpoint=load_objects"
    );
}

#[test]
fn the_results_of_transactions_go_back_as_one_list() {
    let mut it = bench(|_| {});
    it.poll(r#"{"transactions":[{"transactionid":"1","endpoint":"a"},{"transactionid":2,"endpoint":"b"}]}"#);
    assert_eq!(it.run(&Reply::Json(b"{}".to_vec())).endpoint, "a");
    let error = Reply::Error {
        message: "no".to_owned(),
        code: 1,
    };
    assert_eq!(it.run(&error).endpoint, "b");
    let (_, request) = it.sent();
    assert!(!target(&request).contains("endpoint="));
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        r#"{"transactions_results":[{"transactionid":1,"success":true,"response":"{}"},{"transactionid":2,"success":false,"error":"no"}]}"#
    );
    assert_eq!(it.machine.counts().commands, 2);
    assert_eq!(it.machine.counts().errors, 1);
}

#[test]
fn a_command_on_every_poll_without_verb_or_content_type_is_capped_and_said() {
    let mut it = bench(|_| {});
    while it.now() < 10_000 {
        match it.next() {
            What::Wait(until) => {
                let now = it.now();
                it.pass(until - now);
            }
            What::Send(outgoing) if outgoing.path == Path::Push => it.reply(200, COMMAND),
            What::Send(_) => it.reply(200, ""),
            What::Run(_) => it.machine.answered(&Reply::Empty, &mut it.moment),
            other => panic!("{other:?}"),
        }
    }
    let polls = it.machine.counts().polls;
    assert!((250..=300).contains(&polls), "{polls}");
    assert_eq!(it.found, [Kind::HotLoop]);
}

#[test]
fn a_queue_of_different_commands_is_no_hot_loop() {
    let mut it = bench(|options| options.hot_loop_cap = 0);
    for number in 0..500 {
        it.poll(&format!(
            r#"{{"endpoint":"load_objects","queryString":"n={number}"}}"#
        ));
        it.work();
    }
    assert_eq!(it.now(), 0);
    assert_eq!(it.found, []);
}

#[test]
fn no_answer_to_result_at_all_is_survived_and_said() {
    let mut it = bench(|_| {});
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    it.sent();
    assert_eq!(it.next(), What::Await(15_000));
    it.pass(15_000);
    assert_eq!(it.next(), What::Wait(75_000));
    assert_eq!(it.found, [Kind::NoAnswer]);
    assert_eq!(it.machine.counts().lost_results, 1);
    assert!(it.events.contains(&Event::ResultLost {
        endpoint: Some("load_objects".to_owned())
    }));
}

#[test]
fn a_result_is_sent_again_only_if_asked() {
    let mut it = bench(|options| options.retry_result = 1);
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    let (_, first) = it.sent();
    it.reply(502, "");
    assert_eq!(it.next(), What::Wait(60_000));
    it.pass(60_000);
    let (path, second) = it.sent();
    assert_eq!((path, &second), (Path::Result, &first));
    it.reply(502, "");
    it.pass(60_000);
    assert_eq!(it.sent().0, Path::Push);
    assert_eq!(it.found, [Kind::ResultStatus]);
    assert_eq!(it.machine.counts().lost_results, 1);
}

#[test]
fn an_echo_of_the_result_as_the_answer_is_not_taken_for_a_command() {
    let mut it = bench(|_| {});
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    let (_, request) = it.sent();
    it.reply(200, std::str::from_utf8(&request.body).unwrap());
    assert_eq!(it.found, [Kind::ResultEcho]);
    it.poll(r#"{"response":"{}"}"#);
    assert_eq!(it.found, [Kind::ResultEcho, Kind::Echo]);
    assert_eq!(it.next(), What::Wait(60_000));
}

#[test]
fn a_command_in_the_answer_to_result_is_not_run() {
    let mut it = bench(|_| {});
    it.poll(COMMAND);
    it.run(&Reply::Empty);
    it.sent();
    it.reply(200, COMMAND);
    assert_eq!(it.found, [Kind::ResultBody]);
    assert_eq!(it.sent().0, Path::Push);
}

#[test]
fn a_long_poll_over_the_time_out_is_given_up_and_a_late_answer_is_dropped() {
    let mut it = bench(|_| {});
    it.sent();
    it.pass(15_000);
    it.reply(200, COMMAND);
    assert_eq!(it.found, [Kind::TooSlow]);
    assert_eq!(it.next(), What::Wait(75_000));
    it.reply(200, COMMAND);
    assert_eq!(it.next(), What::Wait(75_000));
}

#[test]
fn a_long_poll_within_the_time_out_is_an_answer() {
    let mut it = bench(|_| {});
    it.sent();
    it.pass(14_999);
    it.reply(200, COMMAND);
    assert!(matches!(it.next(), What::Run(_)));
    assert_eq!(it.found, []);
}

#[test]
fn every_refusal_is_survived() {
    let mut it = bench(|_| {});
    for status in [401, 403, 413, 429, 502] {
        it.sent();
        it.reply(status, "<html>no");
        it.pass(60_000);
    }
    it.sent();
    it.fail(Trouble::NoConnection);
    it.pass(60_000);
    it.poll(COMMAND);
    it.work();
    assert_eq!(it.found, [Kind::Auth, Kind::Status]);
    assert_eq!(it.machine.counts().no_command, 5);
    assert_eq!(it.machine.counts().failures, 1);
}

#[test]
fn json_that_is_no_command_is_ignored_without_a_result_and_said_once() {
    let mut it = bench(|_| {});
    for _ in 0..2 {
        it.poll(r#"{"commands":[]}"#);
        it.pass(60_000);
    }
    assert_eq!(it.found, [Kind::NotACommand]);
    assert_eq!(it.machine.counts().ignored, 2);
    assert_eq!(it.machine.counts().results, 0);
}

#[test]
fn a_device_id_that_the_server_keeps_as_a_number_is_seen() {
    let mut it = bench(|_| {});
    it.machine.id = 9_007_199_254_740_993;
    it.poll(r#"{"endpoint":"x","body":{"device_id":9007199254740992}}"#);
    assert_eq!(it.found, [Kind::LostDigits]);
}

#[test]
fn a_base_that_ends_in_push_is_polled_at_push_push_and_said() {
    let mut it = bench(|options| options.base = "http://h/push".parse().ok());
    assert!(target(&it.poll("")).starts_with("/push/push?"));
    assert_eq!(it.found, [Kind::BaseEndsWithPush]);
}

#[test]
fn an_empty_base_disables_push_until_it_is_set() {
    let mut it = bench(|options| options.base = None);
    assert_eq!(it.next(), What::Off);
    it.machine.reconfigure(|options| {
        options.base = "h:2".parse().ok();
        options.period = Duration::from_secs(5);
    });
    it.poll("");
    assert_eq!(it.next(), What::Wait(5_000));
}

#[test]
fn the_result_of_a_command_that_empties_the_base_still_goes_to_where_the_poll_went() {
    let mut it = bench(|_| {});
    it.poll(COMMAND);
    assert!(matches!(it.next(), What::Run(_)));
    it.machine.reconfigure(|options| options.base = None);
    it.machine.answered(&Reply::Empty, &mut it.moment);
    assert_eq!(it.sent().0, Path::Result);
    it.reply(200, "");
    assert_eq!(it.next(), What::Off);
    assert_eq!(it.next(), What::Off);
    assert_eq!(it.machine.counts().lost_results, 0);
}

#[test]
fn a_device_that_rests_is_small() {
    assert!(size_of::<Machine>() <= 256, "{}", size_of::<Machine>());
}

#[test]
fn calls_out_of_turn_change_nothing() {
    let mut it = bench(|_| {});
    it.machine.answered(&Reply::Empty, &mut it.moment);
    it.reply(200, COMMAND);
    it.fail(Trouble::Broken);
    assert_eq!(it.machine.counts(), Counts::default());
    assert_eq!(it.sent().0, Path::Push);
}

proptest! {
    #[test]
    fn no_answer_keeps_a_device_from_going_on(
        answers in prop::collection::vec(
            (any::<u16>(), prop_oneof![
                any::<Vec<u8>>(),
                Just(COMMAND.as_bytes().to_vec()),
                Just(br#"{"transactions":[{"transactionid":"1","endpoint":"a"},{"endpoint":"b"}]}"#.to_vec()),
            ], any::<bool>()),
            1..20,
        ),
        retry_result in 0..2_u32,
    ) {
        let mut it = bench(|options| {
            options.retry_result = retry_result;
            options.faults = ["late-result:20%", "reboot:10%", "duplicate-result:20%", "half-open:10%"]
                .map(|spec| spec.parse().unwrap())
                .into();
        });
        let mut answers = answers.into_iter();
        let mut steps = 0;
        loop {
            steps += 1;
            prop_assert!(steps < 1_000, "it stands still");
            let now = it.now();
            match it.next() {
                What::Wait(until) | What::Await(until) => {
                    prop_assert!(until > now);
                    it.pass(until - now);
                }
                What::Run(_) => it.machine.answered(&Reply::Empty, &mut it.moment),
                What::Send(_) => match answers.next() {
                    Some((status, body, false)) => {
                        let status = if status % 2 == 0 { 200 } else { status };
                        it.machine.on_response(now, status, &Headers::new(), &body);
                    }
                    Some((_, _, true)) => it.fail(Trouble::Broken),
                    None => break,
                },
                other => panic!("{other:?}"),
            }
        }
    }
}
