use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::check::{Choice, Scheme};
use crate::message::Url;
use crate::platform::Delivery;
use crate::signature::{Given, SecretName, Secrets, Veil};

fn moment() -> Moment {
    Moment::fixed(Timestamp::from_second(1_795_291_200).unwrap(), 1)
}

fn checker(choice: Choice, secrets: &Secrets) -> Checker {
    Checker {
        choice,
        secrets: secrets.clone(),
        veil: Veil::over(secrets),
        public_url: None,
        now: None,
        clock: Timestamp::UNIX_EPOCH,
        tolerance: SignedDuration::from_mins(5),
        age_counts: false,
        open: true,
        res: None,
        end: None,
    }
}

fn receiver(platform: Platform, secrets: &Secrets, change: impl FnOnce(&mut Options)) -> Receiver {
    let choice = Choice::One(Box::new(Scheme::of(platform)));
    let mut options = Options {
        checker: checker(choice, secrets),
        accept_all: false,
        respond: None,
        faults: Vec::new(),
        expectations: Vec::new(),
        explains: true,
    };
    change(&mut options);
    Receiver::new(options)
}

/// Takes a request as the server does.
fn take(receiver: &mut Receiver, request: &Request, moment: &mut Moment) -> Received {
    let mut taken = receiver.receive(request, moment, Duration::ZERO);
    let status = taken.sent().map(|response| response.status);
    receiver.answered(&mut taken, status, Duration::ZERO, Duration::ZERO);
    taken
}

fn secrets(platform: Platform) -> Secrets {
    platform.webhook().unwrap().sample_secrets()
}

fn push(platform: Platform, event: &str, secrets: &Secrets, moment: &mut Moment) -> Request {
    let url: Url = "http://127.0.0.1:8000/push".parse().unwrap();
    let given = Given::new();
    let delivery = Delivery {
        to: &url,
        secrets,
        given: &given,
        encrypt: false,
    };
    let message = (platform.event(event).unwrap().message)(moment);
    let webhook = platform.webhook().unwrap();
    webhook.deliver(&message, &delivery, moment).unwrap()
}

fn challenge(platform: Platform, secrets: &Secrets) -> Option<Request> {
    let url: Url = "http://127.0.0.1:8000/push".parse().unwrap();
    let given = Given::new();
    let delivery = Delivery {
        to: &url,
        secrets,
        given: &given,
        encrypt: false,
    };
    platform
        .webhook()?
        .challenge(&delivery, &mut moment())
        .unwrap()
}

#[test]
fn every_event_of_every_platform_is_taken_and_answered_as_the_platform_accepts() {
    for platform in Platform::ALL {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        let secrets = secrets(platform);
        for recognised in [false, true] {
            let mut receiver = receiver(platform, &secrets, |options| {
                if recognised {
                    options.checker.choice = Choice::auto(None);
                }
            });
            for event in webhook.events() {
                let request = push(platform, event.name, &secrets, &mut moment());
                let taken = take(&mut receiver, &request, &mut moment());
                let what = format!("{platform:?} {}: {taken:?}", event.name);
                assert_eq!(taken.verdict, Verdict::Valid, "{what}");
                assert_eq!(taken.platform.as_deref(), Some(platform.id()), "{what}");
                assert_eq!(taken.events, [event.name], "{what}");
                assert!(taken.is_taken && taken.why.is_none(), "{what}");
                assert!(webhook.patience().accepts(taken.response.status), "{what}");
                let name = format!("{}.{}", platform.id(), event.name);
                assert_eq!(receiver.seen().count(&name), 1, "{what}");
            }
            let count = webhook.events().len() as u64;
            assert_eq!(receiver.seen().count("verified"), count);
            assert_eq!(receiver.seen().count("refused"), 0);
        }
    }
}

#[test]
fn every_handshake_is_answered_with_exactly_its_echo() {
    for platform in Platform::ALL
        .into_iter()
        .filter(|it| it.webhook().is_some())
    {
        let secrets = secrets(platform);
        let Some(request) = challenge(platform, &secrets) else {
            continue;
        };
        let mut receiver = receiver(platform, &secrets, |_| {});
        let taken = take(&mut receiver, &request, &mut moment());
        assert_eq!(taken.kind, Kind::Handshake);
        let evidence = Evidence::of(&request);
        let recipe = platform.recipe();
        let form = recipe.form("handshake").unwrap();
        assert_eq!(
            Some(taken.response.body.clone()),
            echo(form, &evidence),
            "{platform:?}"
        );
        assert_eq!(taken.response.status, 200);
        assert_eq!(receiver.seen().count("handshakes"), 1);
    }
}

#[test]
fn a_wrong_signature_is_refused_without_a_word_and_the_mistake_is_known() {
    let right = secrets(Platform::Onenet);
    let wrong = Secrets::new().with(SecretName::Token, "another-token-than-that\n");
    let stripped = Secrets::new().with(SecretName::Token, "another-token-than-that");
    let mut receiver = receiver(Platform::Onenet, &stripped, |_| {});
    let request = push(Platform::Onenet, "online", &wrong, &mut moment());
    let taken = take(&mut receiver, &request, &mut moment());
    assert_eq!((taken.response.status, taken.response.body.len()), (403, 0));
    assert!(taken.response.headers.is_empty());
    assert!(!taken.is_taken);
    let mistake = taken.mistake.unwrap();
    assert!(mistake.contains("[secret."), "{mistake}");
    assert!(!mistake.contains("another-token"), "{mistake}");
    let foreign = push(Platform::Onenet, "online", &right, &mut moment());
    let mistake = take(&mut receiver, &foreign, &mut moment()).mistake;
    assert!(mistake.unwrap().contains("[secret.vendor-sample]"));
    assert_eq!(
        (
            receiver.seen().count("refused"),
            receiver.seen().count("pushes")
        ),
        (2, 0)
    );
}

#[test]
fn all_is_taken_where_that_was_asked_for_and_the_verdict_stays() {
    let secrets = secrets(Platform::Tencent);
    let mut receiver = receiver(Platform::Tencent, &secrets, |options| {
        options.accept_all = true;
    });
    let mut request = push(Platform::Tencent, "report", &secrets, &mut moment());
    request.headers.set("Signature", "0".repeat(40));
    let taken = take(&mut receiver, &request, &mut moment());
    assert_eq!(
        (taken.verdict, taken.response.status),
        (Verdict::Mismatch, 200)
    );
    assert_eq!(
        (
            receiver.seen().count("refused"),
            receiver.seen().count("pushes")
        ),
        (1, 1)
    );
    assert_eq!(receiver.seen().count("verified"), 0);
    let stray = take(
        &mut receiver,
        &Request::new("GET", "/favicon.ico"),
        &mut moment(),
    );
    assert_eq!(
        (stray.kind, receiver.seen().count("pushes")),
        (Kind::Other, 1)
    );
}

#[test]
fn what_comes_again_is_a_duplicate_by_the_handle_that_the_platform_documents() {
    for (platform, event) in [
        (Platform::Onenet, "online"),
        (Platform::OnenetStudioPush, "property"),
        (Platform::Tencent, "report"),
        (Platform::Sensoro, "text"),
    ] {
        let secrets = secrets(platform);
        let mut receiver = receiver(platform, &secrets, |_| {});
        let request = push(platform, event, &secrets, &mut moment());
        assert!(
            !take(&mut receiver, &request, &mut moment())
                .arrival
                .is_duplicate
        );
        let again = take(&mut receiver, &request, &mut moment()).arrival;
        assert!(again.is_duplicate && !again.is_replay, "{platform:?}");
        let mut later = moment();
        later.now = Timestamp::from_second(1_795_299_999).unwrap();
        later.bytes::<8>();
        let other = push(platform, event, &secrets, &mut later);
        let other = take(&mut receiver, &other, &mut later).arrival;
        assert!(!other.is_duplicate, "{platform:?}");
        assert_eq!(receiver.seen().count("duplicates"), 1, "{platform:?}");
        assert_eq!(receiver.retried().len(), 1);
    }
}

#[test]
fn an_old_nonce_with_another_body_is_a_replay() {
    let secrets = secrets(Platform::Tencent);
    let mut receiver = receiver(Platform::Tencent, &secrets, |_| {});
    let request = push(Platform::Tencent, "report", &secrets, &mut moment());
    take(&mut receiver, &request, &mut moment());
    let mut forged = request;
    forged.body = br#"{"payload":{"method":"report"},"seq":1}"#.to_vec();
    let taken = take(&mut receiver, &forged, &mut moment());
    assert!(taken.verdict == Verdict::Valid && taken.arrival.is_replay);
    assert_eq!(receiver.seen().count("replays"), 1);
}

#[test]
fn a_refused_request_spoils_no_nonce_and_no_message_of_the_others() {
    let secrets = secrets(Platform::Tencent);
    let mut receiver = receiver(Platform::Tencent, &secrets, |_| {});
    let right = push(Platform::Tencent, "report", &secrets, &mut moment());
    let mut forged = right.clone();
    for (name, value) in [("Signature", "00"), ("Signature", "11")] {
        forged.headers.set(name, value);
        forged.body = br#"{"payload":{"method":"report"},"seq":1}"#.to_vec();
        let refused = take(&mut receiver, &forged, &mut moment());
        assert_eq!(refused.response.status, 403);
    }
    let taken = take(&mut receiver, &right, &mut moment());
    assert!(taken.why.is_none() && !taken.arrival.is_replay);
    assert_eq!(taken.arrival.attempt, 1);
    assert_eq!(
        receiver.retried().len(),
        1,
        "a refused push was tried again"
    );
}

#[test]
fn what_was_not_taken_in_the_end_is_no_duplicate_when_it_comes_again() {
    let secrets = secrets(Platform::Tencent);
    let request = push(Platform::Tencent, "report", &secrets, &mut moment());
    for (status, is_dropped, is_duplicate) in [
        (Some(200), false, true),
        (Some(500), false, false),
        (None, false, false),
        (Some(503), true, false),
    ] {
        let mut receiver = receiver(Platform::Tencent, &secrets, |_| {});
        let mut taken = receiver.receive(&request, &mut moment(), Duration::ZERO);
        taken.is_taken = !is_dropped;
        receiver.answered(&mut taken, status, Duration::ZERO, Duration::ZERO);
        let again = take(&mut receiver, &request, &mut moment());
        assert_eq!(again.arrival.is_duplicate, is_duplicate, "{status:?}");
        assert_eq!(again.arrival.attempt, 2);
    }
}

#[test]
fn a_message_that_still_waits_for_its_answer_is_a_duplicate_already() {
    let secrets = secrets(Platform::Tencent);
    let mut receiver = receiver(Platform::Tencent, &secrets, |_| {});
    let request = push(Platform::Tencent, "report", &secrets, &mut moment());
    receiver.receive(&request, &mut moment(), Duration::ZERO);
    let again = receiver.receive(&request, &mut moment(), Duration::ZERO);
    assert!(again.arrival.is_duplicate);
}

#[test]
fn faults_strike_pushes_that_are_welcome_and_nothing_else() {
    let secrets = secrets(Platform::Tencent);
    let mut receiver = receiver(Platform::Tencent, &secrets, |options| {
        options.faults = vec!["first=1".parse().unwrap()];
    });
    let push = push(Platform::Tencent, "report", &secrets, &mut moment());
    let mut forged = push.clone();
    forged.headers.set("Signature", "00");
    let stray = Request::new("POST", "/favicon.ico");
    let handshake = challenge(Platform::Tencent, &secrets).unwrap();
    for spared in [&forged, &stray, &handshake] {
        assert_eq!(take(&mut receiver, spared, &mut moment()).fault, None);
    }
    assert!(take(&mut receiver, &push, &mut moment()).fault.is_some());
}

#[test]
fn a_batch_counts_each_of_its_messages() {
    let secrets = secrets(Platform::Onenet);
    let url: Url = "http://h/".parse().unwrap();
    let given = Given::new();
    let delivery = Delivery {
        to: &url,
        secrets: &secrets,
        given: &given,
        encrypt: true,
    };
    let webhook = Platform::Onenet.webhook().unwrap();
    let batch = br#"[{"type":2,"status":1},{"type":1,"ds_id":"a"},{"type":9}]"#;
    let request = webhook.deliver(batch, &delivery, &mut moment()).unwrap();
    let mut receiver = receiver(Platform::Onenet, &secrets, |_| {});
    let taken = take(&mut receiver, &request, &mut moment());
    assert_eq!(taken.events, ["online", "datapoint", "?"]);
    assert_eq!(receiver.seen().count("onenet"), 1);
    assert_eq!(receiver.seen().count("onenet.datapoint"), 1);
}

#[test]
fn a_fault_before_the_work_leaves_the_push_untaken_and_one_after_it_does_not() {
    let secrets = secrets(Platform::Onenet);
    let request = push(Platform::Onenet, "online", &secrets, &mut moment());
    for (fault, taken) in [
        ("status=500:first=1", false),
        ("status=500:first=1:after", true),
        ("delay=1s:first=1", true),
        ("never:first=1", false),
    ] {
        let mut receiver = receiver(Platform::Onenet, &secrets, |options| {
            options.faults = vec![fault.parse().unwrap()];
        });
        let first = take(&mut receiver, &request, &mut moment());
        assert_eq!(first.is_taken, taken, "{fault}");
        let second = take(&mut receiver, &request, &mut moment());
        assert_eq!(second.arrival.is_duplicate, taken, "{fault}");
        assert_eq!(second.fault, None);
    }
}

#[test]
fn a_users_own_answer_is_given_to_pushes_and_not_to_handshakes() {
    let secrets = secrets(Platform::Tencent);
    let respond = br#"{"code":0,"seq":{{ json.seq }},"event":"{{ event }}","n":{{ number }}}"#;
    let mut receiver = receiver(Platform::Tencent, &secrets, |options| {
        options.respond = Some(Respond::read(respond).unwrap());
    });
    let request = push(Platform::Tencent, "status", &secrets, &mut moment());
    let response = take(&mut receiver, &request, &mut moment()).response;
    let seq = crate::platform::value(&request.body, "/seq").unwrap();
    let seq = String::from_utf8_lossy(&seq);
    let expected = format!(r#"{{"code":0,"seq":{seq},"event":"status","n":1}}"#);
    assert_eq!(String::from_utf8(response.body.clone()).unwrap(), expected);
    assert_eq!(
        response.headers.first("content-type"),
        Some(&b"application/json"[..])
    );
    let handshake = challenge(Platform::Tencent, &secrets).unwrap();
    let response = take(&mut receiver, &handshake, &mut moment()).response;
    assert_eq!(response.body.len(), 16);
}

#[test]
fn an_answer_may_be_a_status_a_body_or_a_whole_one() {
    let secrets = secrets(Platform::Onenet);
    let request = push(Platform::Onenet, "online", &secrets, &mut moment());
    let answer = |content: &[u8]| {
        let mut receiver = receiver(Platform::Onenet, &secrets, |options| {
            options.respond = Some(Respond::read(content).unwrap());
        });
        take(&mut receiver, &request, &mut moment()).response
    };
    assert_eq!(
        (answer(b"503\n").status, answer(b"503\n").body.len()),
        (503, 0)
    );
    assert_eq!(answer(b"thanks\n").body, b"thanks\n");
    assert_eq!(answer(b"{{ event }}\n").body, b"online\n");
    let whole =
        answer(b"HTTP/1.1 202 Accepted\r\nX-A: b\r\n\r\n{% if verdict == 'valid' %}v{% endif %}");
    assert_eq!(
        (whole.status, whole.body.as_slice()),
        (202, b"v".as_slice())
    );
    assert_eq!(whole.headers.first("x-a"), Some(&b"b"[..]));
    assert_eq!(answer(b"\xff").body, b"\xff");
    assert_eq!(answer(b"{{ json.msg.x.y.z }}").status, 500);
    for wrong in [
        &b"99"[..],
        b"HTTP/1.1 x\n\n",
        b"HTTP/1.1 200 OK\nno colon\n\n",
        b"{{ a",
    ] {
        assert!(Respond::read(wrong).is_err());
    }
}
