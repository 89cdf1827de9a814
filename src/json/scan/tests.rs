use proptest::prelude::*;

use super::*;

fn why(text: &str) -> (usize, &'static str) {
    let error = check(text.as_bytes()).unwrap_err();
    (error.at, error.why)
}

#[test]
fn members_are_the_exact_bytes_in_order_with_duplicates() {
    let text = br#" { "a" : {"x":[1, 2]} ,"b\u0041":-1.50e+3,"a":"\"" } "#;
    let members = members(text).unwrap();
    let pairs: Vec<_> = members.iter().map(|m| (m.name, m.value)).collect();
    assert_eq!(
        pairs,
        [
            (&b"a"[..], &br#"{"x":[1, 2]}"#[..]),
            (br"b\u0041", b"-1.50e+3"),
            (b"a", br#""\"""#),
        ]
    );
    assert_eq!(last(&members, "a"), Some(&br#""\"""#[..]));
    assert_eq!(last(&members, "bA"), Some(&b"-1.50e+3"[..]));
    assert_eq!(last(&members, r"b\u0041"), None);
}

#[test]
fn elements_are_the_exact_bytes() {
    assert_eq!(
        elements(b"[1 , [2,{}],\"x\"]").unwrap(),
        [&b"1"[..], b"[2,{}]", b"\"x\""]
    );
    assert_eq!(elements(b" [ ] ").unwrap(), Vec::<&[u8]>::new());
    assert_eq!(elements(b"{}").unwrap_err().why, "this is not an array");
}

#[test]
fn bytes_that_are_no_utf8_pass_inside_strings_and_nowhere_else() {
    let gbk = b"{\"a\":\"\xC0\xEB\xCF\xDF\"}";
    assert_eq!(members(gbk).unwrap()[0].value, b"\"\xC0\xEB\xCF\xDF\"");
    assert!(check(b"\xC0").is_err());
}

#[test]
fn every_refusal_says_what_is_wrong_and_where() {
    assert_eq!(why(r#"{"a":1 "b":2}"#), (7, "a comma or `}` is missing"));
    assert_eq!(why("[1 2]"), (3, "a comma or `]` is missing"));
    assert_eq!(why("[1}"), (2, "a comma or `]` is missing"));
    assert_eq!(why(r#"{"a"#), (3, "the text ends inside a string"));
    assert_eq!(why("\"a\\"), (3, "the text ends inside a string"));
    assert_eq!(why(r#"{"a":1"#), (6, "the text ends inside an object"));
    assert_eq!(why(r#"{"a":1,"#), (7, "the text ends inside an object"));
    assert_eq!(why("[1"), (2, "the text ends inside an array"));
    assert_eq!(why("[1,"), (3, "the text ends where a value should stand"));
    assert_eq!(why(""), (0, "the text ends where a value should stand"));
    assert_eq!(
        why("\"a\nb\"").1,
        "a control character stands unescaped in a string"
    );
    assert_eq!(why("1 2"), (2, "there is more text behind the value"));
    assert_eq!(why("\u{FEFF}1"), (0, "a BOM stands before the value"));
    assert_eq!(
        why("{\"a\":1,}"),
        (7, "a comma stands before the closing `}`")
    );
    assert_eq!(
        why("[1,]").1,
        "a value is missing before the closing bracket"
    );
    assert_eq!(why("{a:1}"), (1, "a name in double quotes is missing"));
    assert_eq!(why("{\"a\" 1}"), (5, "a colon is missing after the name"));
    assert_eq!(why("'a'"), (0, "JSON has no single quotes"));
    assert_eq!(why("{\"a\":1 //x\n}"), (7, "JSON has no comments"));
    assert_eq!(why("012"), (0, "a number must not start with a zero"));
    assert_eq!(why("-"), (1, "a digit is missing after the minus sign"));
    assert_eq!(why("1."), (2, "a digit is missing after the decimal point"));
    assert_eq!(why("1e+"), (3, "a digit is missing in the exponent"));
    assert_eq!(why(r#""\x""#), (1, "JSON has no such escape"));
    assert_eq!(why(r#""\u12g4""#).0, 1);
    let shown = check(b"[1,").unwrap_err().to_string();
    assert_eq!(shown, "the text ends where a value should stand (byte 3)");
}

#[test]
fn nesting_is_allowed_to_128_levels_and_no_deeper() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(check(nested(MAX_DEPTH).as_bytes()), Ok(()));
    assert_eq!(why(&nested(MAX_DEPTH + 1)), (MAX_DEPTH, TOO_DEEP));
    let inside = |depth: usize| format!("{{\"a\":{}}}", nested(depth));
    assert!(members(inside(MAX_DEPTH - 1).as_bytes()).is_ok());
    assert_eq!(
        members(inside(MAX_DEPTH).as_bytes()).unwrap_err().why,
        TOO_DEEP
    );
    assert!(elements("[".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn mixed_brackets_are_matched_at_every_level() {
    assert_eq!(check(br#"[{"a":[{},[],{"b":[[]]}]},{}]"#), Ok(()));
    assert!(check(br#"[{"a":[{},[],{"b":[[}]}]},{}]"#).is_err());
    assert!(check(br#"{"a":[1}]"#).is_err());
}

#[test]
fn a_value_is_found_by_its_pointer_after_unescaping_and_the_last_duplicate_wins() {
    let text = br#" {"m":{"a/b":[10,{"\u006b~":" x "}]},"d":1,"d": 2 ,"":3,"s":"t"} "#;
    let found = |pointer| find(text, pointer).unwrap();
    assert_eq!(found(""), Some(&text[1..text.len() - 1]));
    assert_eq!(found("/m/a~1b/1/k~0"), Some(&b"\" x \""[..]));
    assert_eq!(found("/m/a~1b/0"), Some(&b"10"[..]));
    assert_eq!(found("/d"), Some(&b"2"[..]));
    assert_eq!(found("/"), Some(&b"3"[..]));
    for missing in [
        "/m/a~1b/2",
        "/m/a~1b/01",
        "/m/a~1b/-",
        "/m/a~1b/+1",
        "/x",
        "/s/t",
        "d",
    ] {
        assert_eq!(found(missing), None, "{missing}");
    }
    assert!(find(br#"{"a":1,"b":}"#, "/a").is_err());
    assert!(find(b"12 x", "/a").is_err());
}

#[test]
fn a_string_is_decoded_and_borrowed_where_it_can_be() {
    assert!(matches!(
        text(b"\"abc\""),
        Some(std::borrow::Cow::Borrowed(b"abc"))
    ));
    let decoded = text(br#""\"\\\/\b\f\n\r\t\u4e2d\uD83D\uDE00|\ud800|\udc00x\ud800\u0041""#);
    assert_eq!(
        decoded.unwrap(),
        "\"\\/\u{8}\u{C}\n\r\t中😀|\u{FFFD}|\u{FFFD}x\u{FFFD}A".as_bytes()
    );
    for other in [
        &b"1"[..],
        b"",
        b"\"",
        b"\"a",
        b"\"a\"b",
        b"\"\\x\"",
        b" \"a\"",
    ] {
        assert_eq!(text(other), None);
    }
}

#[test]
fn line_and_column_count_from_one() {
    let text = b"ab\ncd\n";
    assert_eq!(line_and_column(text, 0), (1, 1));
    assert_eq!(line_and_column(text, 2), (1, 3));
    assert_eq!(line_and_column(text, 4), (2, 2));
    assert_eq!(line_and_column(text, 99), (3, 1));
}

proptest! {
    // The strings straddle the words that the scanner reads in every possible way.
    #[test]
    fn any_string_is_found_and_decoded_at_any_offset(string: String, blanks in 0_usize..9) {
        let escaped = serde_json::to_string(&string).unwrap();
        let text = format!("{}[{escaped},{escaped}]", " ".repeat(blanks));
        let found = elements(text.as_bytes()).unwrap();
        prop_assert_eq!(&found, &[escaped.as_bytes(); 2]);
        prop_assert_eq!(super::text(found[1]).unwrap(), string.as_bytes());
    }

    #[test]
    fn a_control_character_is_met_wherever_it_stands(before in "[ -!#-Z]{0,20}", control in 0_u8..0x20) {
        let text = format!("\"{before}{}\"", char::from(control));
        let error = check(text.as_bytes()).unwrap_err();
        prop_assert_eq!(error.at, before.len() + 1);
    }
}
