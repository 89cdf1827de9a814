use super::*;
use crate::signature::SecretName;

const ECHO: &[u8] = b"LeoTAq";

fn secrets() -> Secrets {
    Secrets::new().with(SecretName::Token, "a-token-of-mine")
}

fn of(echo: &[u8], body: &[u8]) -> String {
    let known = [
        Known::new("the nonce", "B0k7pDoe"),
        Known::new("the echo of `plain`, an earlier handshake", "Zzzzzz"),
    ];
    difference(echo, &known, &secrets(), body).unwrap().what
}

fn says(body: impl AsRef<[u8]>) -> String {
    of(ECHO, body.as_ref())
}

#[test]
fn the_echo_alone_is_no_difference() {
    assert_eq!(difference(ECHO, &[], &secrets(), ECHO), None);
    assert_eq!(says(""), "the body is empty");
}

#[test]
fn what_follows_the_echo_is_named_in_bytes() {
    for (end, words) in [
        ("\n", "0x0A (a newline)"),
        ("\r\n", "0x0D 0x0A (a newline of Windows)"),
        ("\n\n", "0x0A 0x0A (newlines)"),
        (" ", "0x20 (a blank)"),
        ("\t", "0x09 (a tab)"),
        ("\0", "0x00 (a zero byte)"),
        (" \n", "0x20 0x0A"),
    ] {
        let body = [ECHO, end.as_bytes()].concat();
        assert_eq!(
            says(body),
            format!("the body is the echo followed by {words}")
        );
    }
    let many = [ECHO, &[b' '; 20]].concat();
    assert!(says(many).contains("… (20 bytes) (blanks)"));
}

#[test]
fn what_stands_before_the_echo_is_named_in_bytes() {
    assert_eq!(says("\nLeoTAq"), "0x0A (a newline) stands before the echo");
    assert_eq!(
        says("\r\n\r\nLeoTAq"),
        "0x0D 0x0A 0x0D 0x0A stand before the echo"
    );
    assert_eq!(
        says(" LeoTAq\n"),
        "0x20 (a blank) stands before the echo, and 0x0A (a newline) behind it"
    );
}

#[test]
fn a_bom_before_the_echo_is_named() {
    assert_eq!(
        says("\u{feff}LeoTAq"),
        "a BOM (0xEF 0xBB 0xBF) stands before the echo"
    );
    assert_eq!(
        says("\u{feff}\u{feff}LeoTAq"),
        "a BOM (0xEF 0xBB 0xBF) and a BOM (0xEF 0xBB 0xBF) stand before the echo"
    );
    assert_eq!(
        says("\u{feff}LeoTAq\n"),
        "a BOM (0xEF 0xBB 0xBF) stands before the echo, and 0x0A (a newline) behind it"
    );
    assert_eq!(
        says("\u{feff}\nLeoTAq"),
        "a BOM (0xEF 0xBB 0xBF) and 0x0A (a newline) stand before the echo"
    );
}

#[test]
fn quotes_are_json_and_other_quotes_are_not() {
    assert_eq!(
        says("\"LeoTAq\""),
        "the body is JSON: the echo is inside quotes"
    );
    assert_eq!(
        says("\"LeoTAq\"\n"),
        "the body is JSON: the echo is inside quotes, and 0x0A (a newline) follows"
    );
    assert_eq!(says("'LeoTAq'"), "the echo is inside single quotes");
    assert_eq!(of(b"a\tb", b"\"a\tb\""), "the echo is inside quotes");
}

#[test]
fn json_around_the_echo_names_the_member() {
    assert_eq!(
        says(r#"{"code":0,"msg":"LeoTAq"}"#),
        "the body is JSON: the echo is the value of `/msg`"
    );
    assert_eq!(
        says(r#"{"data":{"a":[1,"LeoTAq"]}}"#),
        "the body is JSON: the echo is the value of `/data/a/1`"
    );
    assert_eq!(
        says(r#"["LeoTAq"]"#),
        "the body is JSON: the echo is the value of `/0`"
    );
    assert_eq!(
        says(r#""{\"msg\":\"LeoTAq\"}""#),
        "the body is JSON: the echo is the value of `/msg`"
    );
    assert_eq!(
        of(b"123456", br#"{"msg":123456}"#),
        "the body is JSON: the echo is the value of `/msg`"
    );
}

#[test]
fn json_without_the_echo_is_shown() {
    assert_eq!(
        says(r#"{"error":"bad signature"}"#),
        r#"the body is `{"error":"bad signature"}`, not the echo"#
    );
}

#[test]
fn markup_around_the_echo_is_named() {
    assert_eq!(
        says("<html><body>\n<p>LeoTAq</p></body></html>"),
        "the body is HTML: the echo is between tags"
    );
    assert_eq!(
        says(r#"<string xmlns="http://tempuri.org/">LeoTAq</string>"#),
        "the body is XML: the echo is between tags"
    );
}

#[test]
fn a_page_without_the_echo_is_named_by_its_title() {
    assert_eq!(
        says("<!DOCTYPE html>\n<html><head><title>404 Not Found</title>"),
        "the body is an HTML page (`404 Not Found`), not the echo"
    );
    assert_eq!(
        says("<html></html>"),
        "the body is an HTML page, not the echo"
    );
}

#[test]
fn an_address_in_a_page_is_not_taken_for_an_echo() {
    let what = says("<html><pre>Cannot GET /push?msg=LeoTAq</pre></html>");
    assert!(
        what.starts_with("the echo stands inside other text, from byte 32 on"),
        "{what}"
    );
}

#[test]
fn utf_16_is_named_with_its_order_and_mark() {
    let little: Vec<u8> = "LeoTAq".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "LeoTAq".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(
        says(&little),
        "the body is the echo in UTF-16 (little endian, no BOM)"
    );
    assert_eq!(
        says([b"\xff\xfe", little.as_slice()].concat()),
        "the body is the echo in UTF-16 (little endian, a BOM)"
    );
    assert_eq!(
        says([b"\xfe\xff", big.as_slice()].concat()),
        "the body is the echo in UTF-16 (big endian, a BOM)"
    );
}

#[test]
fn framing_of_chunks_in_the_body_is_named() {
    assert!(says("6\r\nLeoTAq\r\n0\r\n\r\n").starts_with("the body is the echo with the sizes"));
}

#[test]
fn other_letters_and_encodings_of_the_echo_are_named() {
    assert_eq!(says("LEOTAQ"), "the body is the echo in upper case");
    assert_eq!(says("leotaq\n"), "the body is the echo in lower case");
    assert_eq!(
        says("lEoTAq"),
        "the body is the echo in other upper and lower case"
    );
    assert_eq!(says("TGVvVEFx"), "the body is the echo in base64");
    assert_eq!(says("4c656f544171"), "the body is the echo in hexadecimal");
    assert_eq!(says("qAToeL"), "the body is the echo from back to front");
    assert_eq!(
        of(b"a b", b"a%20b"),
        "the body is the echo, percent-encoded"
    );
    assert_eq!(
        of(b"a%20b", b"a b"),
        "the body is the echo, percent-decoded once more"
    );
    assert_eq!(
        of(b"a+b", b"a b"),
        "the body is the echo with a blank for each `+`: it was decoded as a form"
    );
}

#[test]
fn another_value_in_the_echos_place_is_named() {
    assert_eq!(says("B0k7pDoe"), "the body is the nonce, not the echo");
    assert_eq!(
        says("Zzzzzz"),
        "the body is the echo of `plain`, an earlier handshake, not the echo"
    );
}

#[test]
fn a_token_in_the_echos_place_is_named_and_never_shown() {
    let body = b"a-token-of-mine\n";
    let found = difference(ECHO, &[], &secrets(), body).unwrap();
    assert_eq!(found.what, "the body is the token itself");
    let what = says("invalid: a-token-of-mine");
    assert_eq!(what, "the body is `invalid: [secret]`, not the echo");
}

#[test]
fn a_beginning_or_an_ending_of_the_echo_is_counted() {
    assert_eq!(
        says("LeoTA"),
        "the body is only the first 5 bytes of the echo, which has 6"
    );
    assert_eq!(
        says("q"),
        "the body is only the last 1 byte of the echo, which has 6"
    );
    assert_eq!(says("LeoTAqLeoTAq"), "the body is the echo twice");
}

#[test]
fn anything_else_is_shown_escaped_and_cut_with_the_first_offset() {
    assert_eq!(
        says("Leo\x1b[2J"),
        "the body is `Leo\\x1b[2J` and not the echo `LeoTAq`: they differ from byte 3 on"
    );
    assert_eq!(
        says("invalid token"),
        "the body is `invalid token`, not the echo"
    );
    assert_eq!(
        says("msg=LeoTAq"),
        "the echo stands inside other text, from byte 4 on: `msg=LeoTAq`"
    );
    assert!(says("x".repeat(5000)).contains("more…]"));
    assert_eq!(of(b"", b"x"), "the body is `x`, not the echo");
}
