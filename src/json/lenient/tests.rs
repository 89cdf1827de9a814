use proptest::prelude::*;

use super::super::write::compact;
use super::*;
use Sloppiness::*;

/// The value written compactly, and the repairs without their offsets.
fn read_text(text: &str) -> (String, Vec<Sloppiness>) {
    let read = read(text.as_bytes()).unwrap();
    (
        String::from_utf8(compact(&read.value)).unwrap(),
        read.repairs.iter().map(|repair| repair.what).collect(),
    )
}

fn printed(text: &str) -> (String, Option<String>, usize) {
    let read = read(text.as_bytes()).unwrap();
    let msg = String::from_utf8(compact(read.value.member("msg").unwrap())).unwrap();
    let nonce = read.value.member("nonce").and_then(Value::as_str);
    (msg, nonce.map(str::to_owned), read.repairs.len())
}

#[test]
fn the_printed_onenet_samples_are_read_although_their_line_ends_were_lost() {
    assert_eq!(
        printed(include_str!(
            "../../../tests/fixtures/onenet/printed-online.txt"
        )),
        (
            r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#.into(),
            Some("w&INtJ9+".into()),
            7
        )
    );
    assert_eq!(
        printed(include_str!(
            "../../../tests/fixtures/onenet/printed-offline.txt"
        )),
        (
            r#"{"at":1585579700235,"login_type":7,"type":2,"dev_id":589888962,"status":0}"#.into(),
            Some("iSX$ZVVD".into()),
            7
        )
    );
    assert_eq!(
        printed(include_str!("../../../tests/fixtures/onenet/printed-point.txt")),
        (
            r#"{"at":1585579995234,"type":1,"ds_id":"temperature","value":"12.34","dev_id":589888962}"#
                .into(),
            Some("Mal9%W-E".into()),
            7
        )
    );
}

#[test]
fn a_printed_sample_is_read_among_other_lines() {
    let sample = include_str!("../../../tests/fixtures/onenet/printed-online.txt");
    let page = format!("Example 1:\n{sample}Example 2: MQTT Device Offline\n");
    let (msg, nonce, repairs) = printed(&page);
    assert!(msg.ends_with(r#""status":1}"#));
    assert_eq!((nonce.as_deref(), repairs), (Some("w&INtJ9+"), 9));
}

#[test]
fn comments_end_with_their_lines_where_lines_are_left() {
    let text = "{\n \"a\": 1, // first: {x}, see \"b\" \n // \"c\": 2,\n # and\n /* \"d\":\n */ \"b\": 3\n}";
    assert_eq!(
        read_text(text),
        (r#"{"a":1,"b":3}"#.into(), vec![Comment; 4])
    );
}

#[test]
fn slashes_inside_a_string_are_no_comment() {
    assert_eq!(
        read_text(r#"{"url":"http://h/p","x":1,}"#),
        (r#"{"url":"http://h/p","x":1}"#.into(), vec![TrailingComma])
    );
}

#[test]
fn the_studio_success_sample_is_read() {
    // As OneNET Studio's documentation prints the answer to setting a property.
    let text = "{\n    \"requestId\": \"8906582E\", //用户自定义id \n    \"success\": true,\n}\n";
    assert_eq!(
        read_text(text),
        (
            r#"{"requestId":"8906582E","success":true}"#.into(),
            vec![Comment, TrailingComma]
        )
    );
}

#[test]
fn unquoted_names_are_read() {
    let text = r#"{ verb: "POST", endpoint: "load_objects", body: { object: "users" } }"#;
    assert_eq!(
        read_text(text),
        (
            r#"{"verb":"POST","endpoint":"load_objects","body":{"object":"users"}}"#.into(),
            vec![UnquotedName; 4]
        )
    );
}

#[test]
fn what_python_prints_is_read() {
    assert_eq!(
        read_text(r"{'a': True, 'b': None, 'c': u'x', 'd': 'it\'s \xe9'}").0,
        r#"{"a":true,"b":null,"c":"x","d":"it's é"}"#
    );
    let body = r#"b'{"msg":{"a":"it\'s \xe4\xb8\xad \\u4e2d"},"n":1}\r\n'"#;
    assert_eq!(
        read_text(body),
        (
            r#"{"msg":{"a":"it's 中 中"},"n":1}"#.into(),
            vec![BytesLiteral]
        )
    );
    let line = format!("data: {body} (178 bytes)");
    assert_eq!(read_text(&line).1, [TextBefore, BytesLiteral, TextAfter]);
}

#[test]
fn a_body_printed_as_a_string_literal_is_read() {
    assert_eq!(
        read_text(r#""{\"msg\":{\"a\":1.0},\"nonce\":\"\\u4e2d\"}""#),
        (
            r#"{"msg":{"a":1.0},"nonce":"中"}"#.into(),
            vec![StringLiteral]
        )
    );
    assert_eq!(
        read_text(r#"curl -d '{"a":"\"x"}' http://h"#),
        (
            r#"{"a":"\"x"}"#.into(),
            vec![TextBefore, StringLiteral, TextAfter]
        )
    );
}

#[test]
fn brackets_missing_at_the_end_are_closed() {
    assert_eq!(
        read_text(r#"{"msg":{"a":[1]},"n":"x""#),
        (r#"{"msg":{"a":[1]},"n":"x"}"#.into(), vec![MissingBracket])
    );
    assert!(read(br#"{"a":"#).is_err());
    assert!(read(br#"{"a":"b"#).is_err());
}

#[test]
fn curly_quotes_a_bom_a_log_prefix_and_lost_commas_are_read() {
    assert_eq!(
        read_text("{“a”: ‘b’\u{A0}}"),
        (r#"{"a":"b"}"#.into(), vec![CurlyQuotes; 2])
    );
    assert_eq!(read_text("\u{FEFF}{}"), ("{}".into(), vec![Bom]));
    assert_eq!(read_text("\u{FEFF}12"), ("12".into(), vec![Bom]));
    assert_eq!(
        read_text(r#"[12:00:01] INFO {"a":1};"#),
        (r#"{"a":1}"#.into(), vec![TextBefore, TextAfter])
    );
    assert_eq!(
        read_text("{\"a\":1\n\"b\":\"x\ny\"}"),
        (
            r#"{"a":1,"b":"x\ny"}"#.into(),
            vec![MissingComma, ControlCharacter]
        )
    );
}

#[test]
fn repairs_stand_where_they_were_made() {
    let read = read(br"{a:1,'b':2,}").unwrap();
    let places: Vec<_> = read.repairs.iter().map(|r| (r.at, r.what)).collect();
    assert_eq!(
        places,
        [(1, UnquotedName), (5, SingleQuotes), (10, TrailingComma)]
    );
}

#[test]
fn what_is_no_json_in_any_way_is_refused() {
    for text in [
        "",
        "hello",
        "{hello}",
        "[1 2]",
        "{\"a\":1]",
        "{\"a\":01}",
        "{\"a\":\"\\q\"}",
    ] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(read(deep.as_bytes()).unwrap_err().why, scan::TOO_DEEP);
    assert!(read("{'a':".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn many_comments_on_one_line_take_no_longer_than_their_bytes() {
    let text = format!("{{{}}}", "//\"x\":1,".repeat(100_000));
    assert!(read(text.as_bytes()).is_ok());
    assert!(read("[1,//\"\n".repeat(100_000).as_bytes()).is_err());
}

/// Any value, four levels deep.
pub(in crate::json) fn values() -> impl Strategy<Value = Value> {
    let number = prop::sample::select(vec!["0", "-1.50", "1E10", "12345678901234567890", "-0"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(|number| Value::Number(number.to_owned())),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((any::<String>(), inner), 0..5).prop_map(Value::Object),
        ]
    })
}

/// Texts that are nearly JSON.
pub(super) fn shards() -> impl Strategy<Value = Vec<u8>> {
    let shard = prop::sample::select(vec![
        &b"{"[..],
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"'",
        b"\"a\":",
        b"b'",
        b"u'",
        b"1",
        b"a",
        b"//",
        b"/*",
        b"*/",
        b"#",
        b"\n",
        b" ",
        b"\\",
        b"\\x",
        b"\\u00e9",
        b"\xE2\x80\x9C",
        b"True",
        b"\xFF",
        b"\xEF\xBB\xBF",
        b"\xC2\xA0",
        b"\xC2",
    ]);
    prop::collection::vec(shard, 0..24).prop_map(|shards| shards.concat())
}

proptest! {
    #[test]
    fn strict_json_is_read_as_it_is(value in values()) {
        let text = compact(&value);
        let parsed = tree::parse(&text);
        // A string that holds an object is the one text that means something else here.
        if !matches!(value, Value::String(_)) {
            prop_assert_eq!(read(&text).map(|read| read.value), parsed);
            prop_assert!(read(&text).unwrap().repairs.is_empty());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(text: Vec<u8>, near in shards()) {
        let _ = read(&text);
        let _ = read(&near);
    }
}
