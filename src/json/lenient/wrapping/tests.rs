use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use Sloppiness::*;

/// Blanks, escapes that must stay, Chinese text and both kinds of quotes.
const BODY: &str =
    r#"{"msg":{"at":1,"type": 1, "a":"\u6e29 \/ 温度 it's \"x\" \\"},  "nonce":"w&I$"}"#;

/// The first body in a text, and what stood around it.
fn first(text: &str) -> (String, Vec<Sloppiness>) {
    let one = unwrapped(text.as_bytes()).into_iter().next().unwrap();
    (String::from_utf8(one.body).unwrap(), one.what)
}

fn is_wrapped(text: &str, what: &[Sloppiness]) {
    assert_eq!(first(text), (BODY.to_owned(), what.to_vec()), "{text}");
}

/// As Python's `repr` prints bytes (`ascii`) or a string in that quote.
fn repr(body: &str, quote: char, ascii: bool) -> String {
    let mut text = String::from(quote);
    for character in body.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\\' => text.push_str("\\\\"),
            _ if character == quote => text.extend(['\\', quote]),
            _ if ascii && !character.is_ascii() => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    write!(text, "\\x{byte:02x}").unwrap();
                }
            }
            _ => text.push(character),
        }
    }
    text.push(quote);
    text
}

#[test]
fn a_body_as_it_stands_and_what_is_no_strict_object_are_left_alone() {
    for text in [
        BODY,
        "",
        "x",
        "[{\"a\": 1}]",
        "{msg: {\"a\": 1}}",
        "{'msg': '{\"a\": 1}'}",
        "\"text\"",
    ] {
        assert_eq!(unwrapped(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn what_python_prints_of_bytes_and_strings_is_the_body_again() {
    for quote in ['\'', '"'] {
        let bytes = format!("b{}", repr(BODY, quote, true));
        is_wrapped(&bytes, &[BytesLiteral]);
        is_wrapped(
            &format!("bytearray({bytes})\n"),
            &[TextBefore, TextAfter, BytesLiteral],
        );
        is_wrapped(&repr(BODY, quote, false), &[StringLiteral]);
        is_wrapped(&format!("u{}", repr(BODY, quote, false)), &[StringLiteral]);
    }
}

#[test]
fn the_printed_push_of_a_flask_server_keeps_its_blank() {
    let body = r#"{"msg":{"at":1795291200000,"type": 1,"ds_id":"temperature","value":"12.34"},"msg_signature":"n1iVQn88AmexWHsqCGvHJA==","nonce":"aB3$x&+9"}"#;
    assert_eq!(
        first(&format!("b'{body}'\n")),
        (body.to_owned(), vec![BytesLiteral])
    );
}

#[test]
fn line_ends_in_a_literal_are_part_of_the_body_and_it_is_given_without_them_too() {
    let found = unwrapped(br#"b'\n {"a": 1}\r\n'"#);
    let bodies: Vec<_> = found.iter().map(|one| &one.body[..]).collect();
    assert_eq!(bodies, [&b"\n {\"a\": 1}\r\n"[..], b"{\"a\": 1}"]);
    assert_eq!(found[1].what, [BytesLiteral, BlanksAround]);
}

#[test]
fn a_json_string_that_holds_a_body_is_read_by_the_rules_of_json() {
    let escaped = BODY.replace('\\', "\\\\").replace('"', "\\\"");
    is_wrapped(&format!("\"{escaped}\""), &[StringLiteral]);
    let ascii = escaped.replace('温', "\\u6e29").replace('度', "\\u5ea6");
    is_wrapped(&format!("\"{ascii}\"\n"), &[StringLiteral]);
    // As PHP writes it.
    is_wrapped(
        &format!("\"{}\"", ascii.replace('/', "\\/")),
        &[StringLiteral],
    );
    let python = repr(&format!("\"{escaped}\""), '\'', false);
    is_wrapped(&python, &[StringLiteral; 2]);
    let json = repr(&format!("\"{escaped}\""), '"', false);
    is_wrapped(&json, &[StringLiteral; 2]);
    let bytes = repr(&format!("b{}", repr(BODY, '\'', true)), '"', false);
    is_wrapped(&bytes, &[StringLiteral, BytesLiteral]);
}

#[test]
fn a_shells_quotes_change_nothing() {
    let quoted = BODY.replace('\'', r"'\''");
    is_wrapped(&format!("'{quoted}'"), &[StringLiteral]);
    let quoted = BODY.replace('\'', r#"'"'"'"#);
    is_wrapped(
        &format!("echo '{quoted}' | nc"),
        &[TextBefore, TextAfter, StringLiteral],
    );
    let in_double_quotes = unwrapped(br#""{\"a\": \"\u6e29\"}""#);
    let bodies: Vec<_> = in_double_quotes.iter().map(|one| &one.body[..]).collect();
    assert_eq!(
        bodies,
        ["{\"a\": \"温\"}".as_bytes(), br#"{"a": "\u6e29"}"#]
    );
}

#[test]
fn where_a_shell_and_python_differ_both_readings_are_given() {
    let bodies =
        |text: &[u8]| -> Vec<Vec<u8>> { unwrapped(text).into_iter().map(|one| one.body).collect() };
    assert_eq!(
        bodies(br#"'{"a": "\\u6e29"}'"#),
        [&br#"{"a": "\u6e29"}"#[..], br#"{"a": "\\u6e29"}"#]
    );
    assert_eq!(
        bodies(br#"'{"a": "\u6e29"}'"#),
        [&br#"{"a": "\u6e29"}"#[..], "{\"a\": \"温\"}".as_bytes()]
    );
}

#[test]
fn an_access_log_of_nginx_writes_quotes_as_bytes() {
    let text = r#"1.2.3.4 "{\x22a\x22: \x22\xE6\xB8\xA9\x22}" 200"#;
    assert_eq!(first(text).0, "{\"a\": \"温\"}");
}

#[test]
fn a_bom_a_fence_a_log_and_line_ends_are_taken_off() {
    is_wrapped(&format!("\u{FEFF}{BODY}"), &[Bom]);
    is_wrapped(&format!("{BODY}\r\n\r\n"), &[BlanksAround]);
    let around = [TextBefore, TextAfter];
    is_wrapped(&format!("```json\n{BODY}\n```\n"), &around);
    is_wrapped(&format!("`{BODY}`"), &around);
    is_wrapped(
        &format!("[12:00:01] {{main}} INFO body={BODY}\n[12:00:02] INFO 401\n"),
        &around,
    );
    is_wrapped(&format!("'''{BODY}'''"), &around);
    is_wrapped(
        &format!("```\nb{}\n```", repr(BODY, '\'', true)),
        &[TextBefore, TextAfter, BytesLiteral],
    );
    let pretty = BODY.replace(',', ",\n  ");
    assert_eq!(first(&format!("got {pretty}\ndone")).0, pretty);
}

#[test]
fn each_object_of_a_log_is_given() {
    let found = unwrapped(b"in {\"a\": 1}\nout {\"ok\": true}\n");
    let bodies: Vec<_> = found.iter().map(|one| &one.body[..]).collect();
    assert_eq!(bodies, [&b"{\"a\": 1}"[..], b"{\"ok\": true}"]);
}

#[test]
fn a_text_of_many_braces_takes_no_longer_than_a_few_looks() {
    for shard in ["{", "{}}", "'{'", "\"{\\\"", "b'{}' ", " {\n"] {
        let _ = unwrapped(shard.repeat(100_000).as_bytes());
    }
}

proptest! {
    #[test]
    fn any_object_comes_out_of_what_python_prints(
        name: String,
        value in super::super::tests::values(),
        single: bool,
    ) {
        let value = crate::json::Value::Object(vec![(name, value)]);
        let body = String::from_utf8(crate::json::compact(&value)).unwrap();
        let quote = if single { '\'' } else { '"' };
        let printed = format!("b{}", repr(&body, quote, true));
        prop_assert_eq!(first(&printed), (body, vec![BytesLiteral]));
    }

    #[test]
    fn no_bytes_make_it_panic(text: Vec<u8>, near in super::super::tests::shards()) {
        for text in [&text, &near] {
            for one in unwrapped(text) {
                prop_assert!(scan::check(&one.body).is_ok());
            }
        }
    }
}
