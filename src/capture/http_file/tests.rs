use super::*;
use std::io;

fn all(text: &str) -> Vec<Result<Located, Error>> {
    let file = |name: &str| match name {
        "./body.json" => Ok(b"{\"a\":\"{{x}}\"}\n".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    read("f", text.as_bytes(), &file).unwrap().items
}

fn one(text: &str) -> (Request, Located) {
    let mut items = all(text);
    assert_eq!(items.len(), 1);
    let located = items.remove(0).unwrap();
    (located.record.request().unwrap().clone(), located)
}

#[test]
fn requests_are_separated_named_and_placed() {
    let bytes = include_bytes!("../../../tests/fixtures/capture/online.http");
    let reading = read("f", bytes, &|_| Ok(b"{}".to_vec())).unwrap();
    assert_eq!(reading.items.len(), 2);
    let [first, second] = [0, 1].map(|index| reading.items[index].as_ref().unwrap());
    assert_eq!(first.record.note.as_deref(), Some("the device is online"));
    assert_eq!((first.place.line, second.place.line), (Some(6), Some(18)));
    assert_eq!(second.record.request().unwrap().body, b"{}");
    assert_eq!(second.notes, ["the body is the file ./offline.json"]);
}

#[test]
fn a_url_alone_is_a_get_and_its_query_may_go_on() {
    let (request, _) = one("https://h/x\n  ?a=1\n  &b=2\nA: 1\n");
    assert_eq!(
        (request.method.as_slice(), request.target.as_slice()),
        (&b"GET"[..], &b"/x?a=1&b=2"[..])
    );
    assert_eq!(
        request.headers,
        Headers::from_iter([("Host", "h"), ("A", "1")])
    );
}

#[test]
fn variables_are_filled_in_everywhere_and_may_name_others() {
    let text = "@h = a:1\n@url = http://{{h}}\n@x= 中\nPOST {{url}}/{{ x }}\nA: {{x}}\n\n{\"a\":{{x}}, \"b\": {{\"c\"}}}";
    let (request, _) = one(text);
    assert_eq!(request.target, "/中".as_bytes());
    assert_eq!(request.headers.first("A"), Some("中".as_bytes()));
    assert_eq!(request.body, "{\"a\":中, \"b\": {{\"c\"}}}".as_bytes());
    let error = all("GET http://h/\n\n\n{{none}}")[0]
        .as_ref()
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("f:4:1: the variable none"), "{error}");
    assert!(all("@a={{a}}\nGET http://h/{{a}}")[0].is_err());
}

#[test]
fn bodies_keep_their_lines_and_lose_the_line_ends_behind_them() {
    let (request, _) = one("POST http://h\nA: 1\n\n{\r\n\n  \"a\": 1\r\n}\n\n\n<> old.json\n");
    assert_eq!(request.body, b"{\r\n\n  \"a\": 1\r\n}");
    assert_eq!(
        one("POST http://h\n\n< ./body.json").0.body,
        b"{\"a\":\"{{x}}\"}\n"
    );
    assert_eq!(
        one("@x=1\nPOST http://h\n\n<@ ./body.json").0.body,
        b"{\"a\":\"1\"}\n"
    );
    assert!(all("POST http://h\n\n< ./gone")[0].is_err());
}

#[test]
fn a_path_with_a_host_header_is_enough_and_names_may_come_from_a_comment() {
    let (request, located) = one("###\n# @name login\nPUT /x HTTP/1.1\nHost: h\n");
    assert_eq!(request.authority(), Some(&b"h"[..]));
    assert_eq!(request.headers.len(), 1);
    assert_eq!(located.record.note.as_deref(), Some("login"));
}

#[test]
fn a_bad_request_has_its_place_and_the_others_are_read() {
    let items = all("what is this\n###\nGET http://h/\n");
    let error = items[0].as_ref().unwrap_err().to_string();
    assert!(
        error.starts_with("f:1:1: this is not a request line"),
        "{error}"
    );
    assert!(items[1].is_ok());
    assert!(read("f", b"# nothing\n", &|_| Ok(Vec::new())).is_err());
}
