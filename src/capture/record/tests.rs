use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::message::{Headers, Scheme};

const EXAMPLE: &str = r#"{"v":1,"at":"2026-11-21T20:00:00.123Z","platform":"onenet","peer":"127.0.0.1:51234","scheme":"http","request":{"method":"POST","target":"/push?x=1","version":"HTTP/1.1","headers":[["Host","a"],["X","1"]],"body":"…"},"response":{"status":200,"headers":[],"body":"ok","ms":1.3},"verdict":"valid","why":"…","by":"pushrig 0.1.0","note":"…"}"#;

fn parse(line: &str) -> Record {
    Record::parse(line.as_bytes()).unwrap()
}

fn refusal(line: &str) -> (usize, String) {
    let error = Record::parse(line.as_bytes()).unwrap_err();
    (error.at, error.why)
}

#[test]
fn the_documented_example_is_read_and_written_byte_for_byte() {
    let record = parse(EXAMPLE);
    assert_eq!(String::from_utf8(record.to_line()).unwrap(), EXAMPLE);
    let request = record.request().unwrap();
    assert_eq!(request.target, b"/push?x=1");
    assert_eq!(request.scheme, Some(Scheme::Http));
    assert_eq!(request.headers.len(), 2);
    assert_eq!(record.response.unwrap().ms, Some(1.3));
}

#[test]
fn bytes_that_are_no_text_are_base64() {
    let line = r#"{"v":1,"request":{"method":"POST","target":{"base64":"L/8="},"version":"HTTP/1.1","headers":[[{"base64":"/w=="},"x"]],"body":{"base64":"AP8="},"chunks":[1,1]}}"#;
    let record = parse(line);
    let request = record.request().unwrap();
    assert_eq!(request.target, b"/\xff");
    assert_eq!(request.body, b"\0\xff");
    assert_eq!(request.chunks, [1, 1]);
    assert_eq!(String::from_utf8(record.to_line()).unwrap(), line);
}

#[test]
fn unknown_members_are_kept_at_every_level() {
    let line = r#"{"v":1,"request":{"method":"GET","target":"/","version":"HTTP/1.1","headers":[],"body":"","tls":{"b":1.0,"a":2}},"response":{"status":200,"headers":[],"body":"","reason":"OK"},"x":[1,  2],"a":"\u0041"}"#;
    assert_eq!(String::from_utf8(parse(line).to_line()).unwrap(), line);
}

#[test]
fn only_the_version_and_the_content_are_required() {
    let record = parse(r#"{"request":{"target":"/x","method":"GET"},"v":1,"peer":null}"#);
    assert_eq!(record, Record::of(Request::new("GET", "/x")));
}

#[test]
fn an_escaped_name_is_the_name_it_means() {
    let record = parse(r#"{"\u0076":1,"request":{"m\u0065thod":"GET","target":"/"}}"#);
    assert_eq!(record, Record::of(Request::new("GET", "/")));
}

#[test]
fn what_is_wrong_is_said_with_its_offset() {
    let other = refusal(r#"{"v":2,"request":{}}"#);
    assert_eq!(other.0, 5);
    assert!(other.1.contains("version 2"), "{}", other.1);
    assert_eq!(refusal(r#"{"v":1}"#).0, 0);
    assert!(refusal(r#"{"v":1}"#).1.contains("needs one of"));
    let two = r#"{"v":1,"request":{"method":"G","target":"/"},"unparsed":{"base64":""}}"#;
    assert!(refusal(two).1.contains("only one"));
    let twice = r#"{"v":1,"request":{"method":"G","target":"/"},"x":1,"x":2}"#;
    assert_eq!(refusal(twice), (51, "`x` is there twice".to_owned()));
    let twice = r#"{"v":1,"request":{"method":"G","target":"/","target":"/"}}"#;
    assert_eq!(refusal(twice), (44, "`target` is there twice".to_owned()));
    assert_eq!(refusal("{\"v\":1,").0, 7);
    assert_eq!(refusal("x").0, 0);
    assert!(
        refusal(r#"{"v":1,"request":{"method":"G"}}"#)
            .1
            .contains("target")
    );
    assert!(refusal(r#"{"v":1,"request":[]}"#).1.contains("object"));
    assert!(
        refusal(r#"{"v":1,"scheme":"ftp","request":{"method":"G","target":"/"}}"#)
            .1
            .contains("scheme")
    );
    assert!(
        refusal(r#"{"v":1,"request":{"method":"G","target":"/","headers":[["a"]]}}"#)
            .1
            .contains("pairs")
    );
    assert!(
        refusal(r#"{"v":1,"request":{"method":"G","target":"/","body":{"base64":"?"}}}"#)
            .1
            .contains("base64")
    );
}

#[test]
fn a_record_is_told_from_a_body_that_looks_like_one() {
    assert!(is_record(EXAMPLE.as_bytes()));
    assert!(is_record(br#"{"v":9,"mqtt":{}}"#));
    assert!(!is_record(br#"{"v":1,"data":{"request":1}}"#));
    assert!(!is_record(br#"{"msg":{"v":1},"request":"x"}"#));
    assert!(!is_record(br#"["v","request"]"#));
    assert!(!is_record(b""));
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..20),
        any::<String>().prop_map(String::into_bytes)
    ]
}

fn headers() -> impl Strategy<Value = Headers> {
    vec((bytes(), bytes()), 0..4).prop_map(Headers::from_iter)
}

pub(crate) fn requests() -> impl Strategy<Value = Request> {
    let scheme = option::of(prop_oneof![Just(Scheme::Http), Just(Scheme::Https)]);
    let chunks = vec(any::<u64>(), 0..3);
    (
        bytes(),
        bytes(),
        any::<String>(),
        scheme,
        headers(),
        bytes(),
        chunks,
    )
        .prop_map(
            |(method, target, version, scheme, headers, body, chunks)| Request {
                method,
                target,
                version,
                scheme,
                headers,
                body,
                chunks,
            },
        )
}

fn contents() -> impl Strategy<Value = Content> {
    let ways = prop_oneof![Just(Direction::Received), Just(Direction::Sent)];
    let mqtt = (any::<String>(), 0..3_u8, any::<bool>(), ways, bytes());
    prop_oneof![
        requests().prop_map(Content::Request),
        mqtt.prop_map(|(topic, qos, retain, direction, payload)| {
            Content::Mqtt(MqttMessage {
                topic,
                qos,
                retain,
                direction,
                payload,
            })
        }),
        (bytes(), any::<String>()).prop_map(|(bytes, error)| Content::Unparsed { bytes, error }),
    ]
}

fn extras() -> impl Strategy<Value = Extra> {
    let values = [
        "1.0",
        "{\"b\":[],\"a\":\"\\u0041\"}",
        "null",
        "\"中\"",
        "[1,  2]",
    ];
    vec(
        (
            "x-[a-z\"\\\\中]{1,6}",
            prop::sample::select(values.to_vec()),
        ),
        0..3,
    )
    .prop_map(|members| {
        let mut extra = Extra::new();
        for (name, value) in members {
            if extra.iter().all(|(have, _)| *have != name) {
                extra.push((name, RawValue::from_string(value.to_owned()).unwrap()));
            }
        }
        extra
    })
}

fn responses() -> impl Strategy<Value = Response> {
    let ms = option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO);
    (any::<u16>(), headers(), bytes(), ms).prop_map(|(status, headers, body, ms)| Response {
        status,
        headers,
        body,
        ms,
    })
}

pub(crate) fn records() -> impl Strategy<Value = Record> {
    let text = || option::of(any::<String>());
    let answers = (option::of(responses()), extras());
    (
        (text(), text(), text(), text(), text(), text(), text()),
        (contents(), extras(), extras(), answers),
    )
        .prop_map(
            |((at, platform, peer, verdict, why, by, note), (content, inner, extra, answer))| {
                let (response, answer_extra) = answer;
                let response_extra = match response {
                    Some(_) => answer_extra,
                    None => Extra::new(),
                };
                Record {
                    at,
                    platform,
                    peer,
                    content,
                    response,
                    verdict,
                    why,
                    by,
                    note,
                    extra,
                    content_extra: inner,
                    response_extra,
                }
            },
        )
}

proptest! {
    #[test]
    fn any_record_survives_being_written_and_read(record in records()) {
        let line = record.to_line();
        prop_assert!(!line.contains(&b'\n'));
        prop_assert!(is_record(&line));
        let read = Record::parse(&line).unwrap();
        prop_assert_eq!(&read, &record);
        prop_assert_eq!(read.to_line(), line);
    }

    #[test]
    fn no_line_makes_the_reader_panic(
        mut line in vec(any::<u8>(), 0..80),
        at in 0..400_usize,
        byte in any::<u8>(),
    ) {
        let _ = Record::parse(&line);
        let _ = is_record(&line);
        line = EXAMPLE.as_bytes().to_vec();
        let at = at % line.len();
        line[at] = byte;
        if let Ok(record) = Record::parse(&line) {
            prop_assert_eq!(&Record::parse(&record.to_line()).unwrap(), &record);
        }
        let _ = Record::parse(&line[..at]);
    }
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../schema/capture-v1.schema.json");
    let schema = serde_json::from_str(text).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn fits(schema: &jsonschema::Validator, line: &[u8]) -> bool {
    schema.is_valid(&serde_json::from_slice(line).unwrap())
}

#[test]
fn the_schema_and_the_reader_agree_on_what_a_record_is() {
    let schema = schema();
    let request =
        |members: &str| format!(r#"{{"v":1,"request":{{"method":"G","target":"/"{members}}}}}"#);
    let fixture = include_str!("../../../tests/fixtures/capture/online.ndjson");
    let good = [
        EXAMPLE.to_owned(),
        request(""),
        request(r#","headers":null,"chunks":[1],"body":{"base64":"AP8="},"x":[]"#),
        r#"{"v":1,"mqtt":{"topic":"a/b","qos":null,"payload":"x"},"scheme":"mqtts"}"#.to_owned(),
        r#"{"v":1,"unparsed":{"base64":"AA=="},"request":null,"x":{}}"#.to_owned(),
    ];
    for line in good.iter().map(String::as_str).chain(fixture.lines()) {
        assert!(fits(&schema, line.as_bytes()), "{line}");
        assert!(Record::parse(line.as_bytes()).is_ok(), "{line}");
    }
    let bad = [
        r#"{"request":{"method":"G","target":"/"}}"#.to_owned(),
        r#"{"v":2,"request":{"method":"G","target":"/"}}"#.to_owned(),
        r#"{"v":1}"#.to_owned(),
        r#"{"v":1,"request":{"method":"G","target":"/"},"mqtt":{"topic":"a"}}"#.to_owned(),
        r#"{"v":1,"request":{"method":"G"}}"#.to_owned(),
        r#"{"v":1,"at":5,"unparsed":{"base64":"AA=="}}"#.to_owned(),
        r#"{"v":1,"unparsed":{"base64":"A"}}"#.to_owned(),
        r#"{"v":1,"mqtt":{"topic":"a","qos":3}}"#.to_owned(),
        r#"{"v":1,"mqtt":{"topic":"a","direction":"up"}}"#.to_owned(),
        request(r#","headers":[["a"]]"#),
        request(r#","headers":[["a","b","c"]]"#),
        request(r#","body":{"base64":"AA==","x":1}"#),
        request(r#","body":7"#),
        request(r#","chunks":[-1]"#),
        r#"{"v":1,"unparsed":{"base64":""},"response":{"status":"200"}}"#.to_owned(),
        r#"{"v":1,"scheme":"ftp","request":{"method":"G","target":"/"}}"#.to_owned(),
        "[]".to_owned(),
    ];
    for line in bad {
        assert!(!fits(&schema, line.as_bytes()), "{line}");
        assert!(Record::parse(line.as_bytes()).is_err(), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_record_that_is_written_fits_the_schema(records in vec(records(), 1..20)) {
        let schema = schema();
        for record in records {
            prop_assert!(fits(&schema, &record.to_line()));
        }
    }
}
