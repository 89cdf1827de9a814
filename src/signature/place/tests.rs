use super::*;
use crate::signature::Evidence;
use proptest::prelude::*;

fn query(name: &str) -> Source {
    Source::Query(name.to_owned())
}

fn header(name: &str) -> Source {
    Source::Header(name.to_owned())
}

fn text(pointer: &str) -> Source {
    Source::JsonText(pointer.to_owned())
}

fn with_target(target: &str) -> Request {
    Request::new("GET", target)
}

fn with_body(body: &str) -> Request {
    Request {
        body: body.as_bytes().to_vec(),
        ..Request::new("POST", "/")
    }
}

#[test]
fn a_place_is_the_raw_text_of_the_value() {
    let mut request = with_target("/p?a=1&no%6ece=x%2By+&b");
    request.headers.push("A", "1");
    request.headers.push("x-NONCE", "n");
    request.headers.push("X-Nonce", "m");
    request.headers.push("Authorization", "et=1&sign=a%3D");
    request.body = br#"{"m" : "a\"b", "m":"\u4e2d" , "o":{"r": [1, 2 ]}}"#.to_vec();
    let raw = |source: &Source| locate(&request, source).map(|place| place.of(&request));
    assert_eq!(raw(&query("nonce")), Some(&b"x%2By+"[..]));
    assert_eq!(raw(&query("b")), Some(&b""[..]));
    assert_eq!(raw(&query("c")), None);
    assert_eq!(raw(&header("X-Nonce")), Some(&b"n"[..]));
    assert_eq!(raw(&Source::Field("sign".into())), Some(&b"a%3D"[..]));
    assert_eq!(raw(&text("/m")), Some(&br"\u4e2d"[..]));
    assert_eq!(raw(&text("/o")), None);
    let value = Source::JsonRaw("/o/r".into());
    assert_eq!(raw(&value), Some(&b"[1, 2 ]"[..]));
    assert_eq!(raw(&Source::Method), None);
}

#[test]
fn a_value_in_the_query_goes_in_raw_but_for_what_would_end_it() {
    let mut request = with_target("/p?a=1&nonce=old&b=2");
    set(&mut request, &query("nonce"), b"x+y/=&#% \"\xe4\xb8\xad").unwrap();
    assert_eq!(
        request.target,
        b"/p?a=1&nonce=x+y/=%26%23%25%20%22%E4%B8%AD&b=2"
    );
    let mut request = with_target("/p");
    set(&mut request, &query("n"), b"1").unwrap();
    set(&mut request, &query("m"), b"2").unwrap();
    assert_eq!(request.target, b"/p?n=1&m=2");
}

#[test]
fn a_header_keeps_its_place_and_the_others_of_its_name() {
    let mut request = with_target("/");
    request.headers = [("A", "1"), ("x-n", "2"), ("X-N", "3")]
        .into_iter()
        .collect();
    set(&mut request, &header("X-N"), b"9").unwrap();
    set(&mut request, &header("New"), b"0").unwrap();
    let expected = [("A", "1"), ("x-n", "9"), ("X-N", "3"), ("New", "0")];
    assert_eq!(request.headers, expected.into_iter().collect());
    let refused = set(&mut request, &header("A"), b"1\r\nB: 2");
    assert_eq!(refused, Err(PlaceError::LineBreak("A".into())));
    assert!(remove(&mut request, &header("X-N")));
    assert_eq!(
        request.headers,
        [("A", "1"), ("New", "0")].into_iter().collect()
    );
}

#[test]
fn a_member_is_replaced_or_added_behind_the_others() {
    let mut request = with_body("{ \"a\" : 1 }\n");
    set(&mut request, &text("/s"), "x\"\\/中\n".as_bytes()).unwrap();
    assert_eq!(
        request.body,
        "{ \"a\" : 1 ,\"s\":\"x\\\"\\\\/中\\n\"}\n".as_bytes()
    );
    set(&mut request, &text("/a"), b"t").unwrap();
    set(&mut request, &Source::JsonRaw("/s".into()), b"{\"o\":{}}").unwrap();
    assert_eq!(request.body, b"{ \"a\" : \"t\" ,\"s\":{\"o\":{}}}\n");
    set(&mut request, &text("/s/o/k"), b"v").unwrap();
    assert_eq!(
        request.body,
        b"{ \"a\" : \"t\" ,\"s\":{\"o\":{\"k\":\"v\"}}}\n"
    );
    let mut empty = with_body("");
    set(&mut empty, &text("/a"), b"1").unwrap();
    assert_eq!(empty.body, b"{\"a\":\"1\"}");
}

#[test]
fn what_has_no_place_is_refused_with_a_reason() {
    let mut request = with_body("[1]");
    let mut refused = |source: Source| set(&mut request, &source, b"x").unwrap_err();
    assert_eq!(
        refused(Source::Method),
        PlaceError::NoPlace("method".into())
    );
    assert_eq!(refused(text("/a")), PlaceError::NoParent("/a".into()));
    assert_eq!(refused(text("/a/b")), PlaceError::NoParent("/a/b".into()));
    let raw = Source::JsonRaw("/0".into());
    assert_eq!(refused(raw), PlaceError::NotJson("/0".into()));
    assert_eq!(request.body, b"[1]");
}

#[test]
fn a_parameter_goes_with_its_mark() {
    for (target, left) in [
        ("/p?n=1", "/p"),
        ("/p?n=1&a=2", "/p?a=2"),
        ("/p?a=2&n=1", "/p?a=2"),
        ("/p?a=2&n=1&b", "/p?a=2&b"),
        ("/p?n=1&a=2&n=3", "/p?a=2"),
    ] {
        let mut request = with_target(target);
        assert!(remove(&mut request, &query("n")));
        assert_eq!(request.target, left.as_bytes());
        assert!(!remove(&mut request, &query("n")));
    }
}

#[test]
fn a_member_goes_with_its_comma() {
    for (body, left) in [
        (r#"{ "n" : "1" }"#, "{  }"),
        (r#"{ "n":"1" , "a":2 }"#, r#"{ "a":2 }"#),
        (r#"{"a":2 , "n":"1" }"#, r#"{"a":2  }"#),
        (r#"{"a":",", "n":1, "b":3}"#, r#"{"a":",", "b":3}"#),
        (r#"{"n":1,"a":2,"\u006e":3}"#, r#"{"a":2}"#),
    ] {
        let mut request = with_body(body);
        assert!(remove(&mut request, &text("/n")), "{body}");
        assert_eq!(String::from_utf8_lossy(&request.body), left);
        assert!(!remove(&mut request, &text("/n")));
    }
    let mut request = with_body(r#"{"o":[1, 2],"p":{"q":1}}"#);
    assert!(remove(&mut request, &Source::JsonRaw("/p/q".into())));
    assert_eq!(request.body, br#"{"o":[1, 2],"p":{}}"#);
}

#[test]
fn the_length_is_set_right_where_one_is_stated_or_needed() {
    let lengths = |request: &Request| -> Vec<String> {
        let all = request.headers.all("Content-Length");
        all.map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    };
    let mut request = with_body("12345");
    fix_length(&mut request);
    assert_eq!(lengths(&request), ["5"]);
    request.body.push(b'6');
    fix_length(&mut request);
    assert_eq!(lengths(&request), ["6"]);
    let mut get = with_target("/");
    fix_length(&mut get);
    assert!(get.headers.is_empty());
    let mut chunked = with_body("12345");
    chunked.headers.push("Transfer-Encoding", "chunked");
    fix_length(&mut chunked);
    assert!(lengths(&chunked).is_empty());
}

#[test]
fn chunks_keep_their_sizes_as_far_as_the_body_reaches() {
    let laid = |length: usize| {
        let mut request = with_body(&"x".repeat(length));
        request.headers.push("Transfer-Encoding", "chunked");
        request.chunks = vec![4, 3];
        fix_length(&mut request);
        request.chunks
    };
    assert_eq!(laid(7), [4, 3]);
    assert_eq!(laid(9), [4, 3, 2]);
    assert_eq!(laid(5), [4, 1]);
    assert_eq!(laid(3), [3]);
    assert_eq!(laid(0), [0]);
}

fn any_source() -> impl Strategy<Value = Source> {
    let name = prop::sample::select(vec!["n", "b", "x y", "é", "a~1b", "%"]);
    (name, 0..4).prop_map(|(name, kind)| match kind {
        0 => query(name),
        1 => header("X-Nonce"),
        2 => text(&format!("/{name}")),
        _ => Source::Field("sign".into()),
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let target = prop::sample::select(vec!["/", "/p?a=1", "/p?n=1&b=%41", "/?b&n&n=2"]);
    let body = prop::sample::select(vec![
        "{}",
        "{ \"a\":[1, 2] }",
        "{\"n\":\"1\", \"b\" : {} ,\"n\":2}",
        "\n{\"x y\":\"\\u4e2d\",\"é\":1}\n",
    ]);
    let fields = prop::sample::subsequence(
        vec![
            ("A", "1"),
            ("X-Nonce", "2"),
            ("x-nonce", "3"),
            ("Authorization", "et=1&sign=2"),
        ],
        0..=4,
    );
    (target, body, fields).prop_map(|(target, body, fields)| Request {
        headers: fields.into_iter().collect(),
        body: body.as_bytes().to_vec(),
        ..Request::new("POST", target)
    })
}

proptest! {
    #[test]
    fn what_is_set_is_found_and_what_is_added_and_removed_leaves_no_trace(
        request in any_request(),
        source in any_source(),
        value in "[ -~é中]{0,8}",
    ) {
        let mut changed = request.clone();
        set(&mut changed, &source, value.as_bytes()).unwrap();
        let found = Evidence::of(&changed).find("nonce", &source).unwrap().into_owned();
        prop_assert_eq!(found, value.as_bytes());

        let mut again = changed.clone();
        set(&mut again, &source, value.as_bytes()).unwrap();
        prop_assert_eq!(&again, &changed);

        let was_there = remove(&mut request.clone(), &source);
        prop_assert!(remove(&mut changed, &source));
        prop_assert!(locate(&changed, &source).is_none());
        if !was_there {
            prop_assert_eq!(changed, request);
        }
    }
}
