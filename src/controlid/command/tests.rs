use super::*;
use proptest::prelude::*;

const STRICT: Rules = Rules {
    lenient_json: false,
    transactions: true,
};

fn all(status: u16, headers: &[(&str, &str)], body: &str, rules: Rules) -> (Answered, Vec<Kind>) {
    let mut findings = Vec::new();
    let headers = headers.iter().copied().collect();
    let answered = read(status, &headers, body.as_bytes(), rules, &mut findings);
    (answered, findings.iter().map(|it| it.kind).collect())
}

fn reading(body: &str) -> (Answered, Vec<Kind>) {
    all(200, &[], body, STRICT)
}

/// The one command of an answer.
fn one(body: &str) -> (Command, Vec<Kind>) {
    match reading(body) {
        (
            Answered::Commands {
                mut commands,
                batch,
            },
            kinds,
        ) => {
            assert_eq!((commands.len(), batch), (1, false), "{body}");
            (commands.remove(0), kinds)
        }
        (other, _) => panic!("{body}: {other:?}"),
    }
}

#[test]
fn an_empty_answer_of_any_content_type_means_nothing_to_do() {
    for headers in [
        &[][..],
        &[
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", "0"),
        ],
        &[("Content-Type", "application/json")],
    ] {
        assert_eq!(all(200, headers, "", STRICT), (Answered::Idle, vec![]));
    }
}

#[test]
fn braces_mean_nothing_to_do() {
    for body in ["{}", " { }\n"] {
        assert_eq!(reading(body), (Answered::Idle, vec![]));
    }
}

#[test]
fn a_204_means_nothing_to_do_and_is_said() {
    assert_eq!(
        all(204, &[], "", STRICT),
        (Answered::Idle, vec![Kind::NoContent])
    );
}

#[test]
fn a_command_may_have_its_body_as_an_object_or_as_a_text() {
    let (object, kinds) = one(
        r#"{"verb":"POST","endpoint":"load_objects","body":{ "object":"users" },"contentType":"application/json"}"#,
    );
    assert_eq!(
        object.body,
        Body::Bytes(br#"{ "object":"users" }"#.to_vec())
    );
    assert_eq!(object.verb, Verb::Post);
    assert_eq!(kinds, []);
    let (text, kinds) =
        one(r#"{"endpoint":"load_objects","body":"{\"object\":\"users\"}","queryString":""}"#);
    assert_eq!(text.body, Body::Bytes(br#"{"object":"users"}"#.to_vec()));
    assert_eq!((text.query.as_str(), text.content_type), ("", None));
    assert_eq!(kinds, []);
}

#[test]
fn a_command_needs_neither_verb_nor_content_type() {
    let (command, kinds) = one(r#"{"endpoint":"system_information"}"#);
    assert_eq!((command.verb, command.body), (Verb::Post, Body::None));
    assert_eq!(kinds, []);
}

#[test]
fn an_octet_stream_is_one_base64_text() {
    let (command, kinds) = one(
        r#"{"endpoint":"user_set_image","contentType":"application/octet-stream","body":"/9j/4A==","queryString":"user_id=10&match=1"}"#,
    );
    assert_eq!(command.body, Body::Binary(vec![0xFF, 0xD8, 0xFF, 0xE0]));
    assert_eq!(command.query, "user_id=10&match=1");
    assert_eq!(kinds, []);
    for wrong in ["data:image/jpeg;base64,/9j/4A==", "/9j/\\n4A==", "!"] {
        let body = format!(
            r#"{{"endpoint":"x","contentType":"application/octet-stream","body":"{wrong}"}}"#
        );
        assert_eq!(one(&body).1, [Kind::Base64], "{wrong}");
    }
}

#[test]
fn fcgi_a_slash_and_a_query_in_the_endpoint_are_tolerated_and_said() {
    let (command, kinds) =
        one(r#"{"endpoint":"/load_objects.fcgi?session=1","queryString":"?a=2"}"#);
    assert_eq!(command.endpoint, "load_objects");
    assert_eq!(command.query, "session=1&a=2");
    assert_eq!(
        kinds,
        [
            Kind::QueryInEndpoint,
            Kind::LeadingSlash,
            Kind::Fcgi,
            Kind::QueryString
        ]
    );
}

#[test]
fn json_without_an_endpoint_is_ignored_and_why_is_said() {
    for (body, why) in [
        (r#"[{"endpoint":"x"}]"#, "it is an array"),
        (
            r#"{"commands":[],"ok":1}"#,
            "no `endpoint` among `commands`, `ok`",
        ),
        (
            r#"{"Endpoint":"x"}"#,
            "it has `Endpoint`, and names count in their exact case: `endpoint`",
        ),
        (r#"{"endpoint":5}"#, "`endpoint` is 5, not a text"),
        (r#"{"endpoint":""}"#, "`endpoint` is empty"),
        (
            r#""{\"endpoint\":\"x\"}""#,
            "it is a text that holds an object: it was serialised twice",
        ),
        ("null", "it is null"),
        ("17", "it is not an object"),
        (r#"{"transactions":{}}"#, "`transactions` is not a list"),
    ] {
        assert_eq!(
            reading(body),
            (Answered::Ignored(why.to_owned()), vec![Kind::NotACommand]),
            "{body}"
        );
    }
}

#[test]
fn a_result_that_comes_back_as_the_answer_is_ignored_as_an_echo() {
    for body in [r#"{"response":"{}"}"#, r#"{"error":"x","code":1}"#] {
        let (answered, kinds) = reading(body);
        assert!(matches!(answered, Answered::Ignored(_)), "{body}");
        assert_eq!(kinds, [Kind::Echo]);
    }
}

#[test]
fn transactions_have_ids_as_text_or_as_numbers() {
    let body = r#"{"transactions":[
        {"transactionid":"1","endpoint":"a"},{"transactionid":2,"endpoint":"b"},
        {"endpoint":"c"},{"transactionid":"4"},7]}"#;
    let (answered, kinds) = reading(body);
    let Answered::Commands { commands, batch } = answered else {
        panic!("{answered:?}");
    };
    assert!(batch);
    let ids: Vec<_> = commands
        .iter()
        .map(|command| (command.transaction.as_deref(), command.endpoint.as_str()))
        .collect();
    assert_eq!(ids, [(Some("1"), "a"), (Some("2"), "b"), (None, "c")]);
    assert_eq!(
        kinds,
        [
            Kind::NumericTransaction,
            Kind::TransactionId,
            Kind::NotACommand,
            Kind::NotACommand
        ]
    );
    assert_eq!(
        reading(r#"{"transactions":[]}"#),
        (Answered::Idle, vec![Kind::EmptyTransactions])
    );
    let (answered, _) = reading(r#"{"transactions":[{"verb":"GET"}]}"#);
    assert!(matches!(answered, Answered::Ignored(_)));
}

#[test]
fn old_firmware_knows_no_transactions() {
    let rules = Rules {
        transactions: false,
        ..STRICT
    };
    let (answered, kinds) = all(
        200,
        &[],
        r#"{"transactions":[{"transactionid":"1","endpoint":"a"}]}"#,
        rules,
    );
    assert!(matches!(answered, Answered::Ignored(_)));
    assert_eq!(kinds, [Kind::NotACommand]);
}

/// The example in the vendor's page, which is no JSON.
const PAGE: &str = "{\nverb: \"POST\",\nendpoint: \"load_objects\",\nbody: { object: \"users\" },\ncontentType: \"application/json\"\n}";

#[test]
fn unquoted_keys_are_refused_unless_lenient() {
    let (answered, kinds) = reading(PAGE);
    assert!(matches!(answered, Answered::NoCommand(_)));
    assert_eq!(kinds, [Kind::UnquotedKeys]);
    let rules = Rules {
        lenient_json: true,
        ..STRICT
    };
    let (answered, kinds) = all(200, &[], PAGE, rules);
    let Answered::Commands { commands, .. } = answered else {
        panic!("{answered:?}");
    };
    assert_eq!(commands[0].body.bytes(), br#"{"object":"users"}"#);
    assert_eq!(kinds, [Kind::UnquotedKeys]);
}

#[test]
fn html_bad_json_and_blanks_are_no_command() {
    for (headers, body, kind) in [
        (&[][..], "<!doctype html><p>Login", Kind::Html),
        (&[("Content-Type", "text/html")][..], "OK", Kind::Html),
        (&[][..], "OK", Kind::BadJson),
        (&[][..], "{\"endpoint\":\"x\",}", Kind::BadJson),
        (&[][..], "\u{feff}{\"endpoint\":\"x\"}", Kind::BadJson),
        (&[][..], "{\"endpoint\":", Kind::BadJson),
        (&[][..], "\n", Kind::Blank),
    ] {
        let (answered, kinds) = all(200, headers, body, STRICT);
        assert!(matches!(answered, Answered::NoCommand(_)), "{body}");
        assert_eq!(kinds, [kind], "{body}");
    }
}

#[test]
fn a_status_other_than_2xx_is_no_command_whatever_the_body() {
    for (status, kind) in [
        (301, Kind::Redirect),
        (401, Kind::Auth),
        (403, Kind::Auth),
        (404, Kind::NotFound),
        (413, Kind::Status),
        (429, Kind::Status),
        (502, Kind::Status),
    ] {
        let (answered, kinds) = all(status, &[], r#"{"endpoint":"reboot"}"#, STRICT);
        assert!(matches!(answered, Answered::NoCommand(_)), "{status}");
        assert_eq!(kinds, [kind], "{status}");
    }
}

#[test]
fn a_success_other_than_200_is_taken_for_200_and_said() {
    let (answered, kinds) = all(201, &[], r#"{"endpoint":"x"}"#, STRICT);
    assert!(matches!(answered, Answered::Commands { .. }));
    assert_eq!(kinds, [Kind::OtherSuccess]);
}

#[test]
fn the_first_of_two_members_counts() {
    let (command, _) = one(r#"{"endpoint":"a","endpoint":"b"}"#);
    assert_eq!(command.endpoint, "a");
}

#[test]
fn odd_verbs_types_and_bodies_are_tolerated_and_said() {
    let (command, kinds) =
        one(r#"{"endpoint":"x","verb":"get","contentType":"text/plain","body":[1]}"#);
    assert_eq!(command.verb, Verb::Get);
    assert_eq!(command.body.bytes(), b"[1]");
    assert_eq!(kinds, [Kind::ContentType, Kind::Verb, Kind::BodyType]);
    let (_, kinds) = one(r#"{"endpoint":"x","body":"not json"}"#);
    assert_eq!(kinds, [Kind::BodyJson]);
    let (_, kinds) = one(r#"{"endpoint":"x","queryString":{"a":1}}"#);
    assert_eq!(kinds, [Kind::QueryString]);
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(
        status in prop_oneof![4 => Just(200_u16), 1 => any::<u16>()],
        body in prop_oneof![any::<Vec<u8>>(), shards()],
        lenient_json: bool,
        transactions: bool,
    ) {
        let mut findings = Vec::new();
        let rules = Rules { lenient_json, transactions };
        read(status, &Headers::new(), &body, rules, &mut findings);
    }
}

/// What answers are made of, so that random ones come near to being commands.
fn shards() -> impl Strategy<Value = Vec<u8>> {
    let shard = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"endpoint\":",
        "\"x.fcgi\"",
        "\"/\"",
        "\"body\":",
        "\"{}\"",
        "\"contentType\":",
        "\"application/octet-stream\"",
        "\"transactions\":",
        "\"transactionid\":",
        "1",
        "\"1\"",
        "verb:",
        "\"queryString\":",
        "\"?\"",
        "null",
        "\u{fffd}",
        "{\"endpoint\":\"x\"}",
        "{\"transactions\":[",
    ]);
    prop::collection::vec(shard, 0..14).prop_map(|shards| shards.concat().into_bytes())
}
