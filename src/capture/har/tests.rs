use super::*;
use std::io;

fn entry(request: &str) -> String {
    format!("{{\"log\":{{\"creator\":{{}},\"entries\":[\n{{\"request\":{request}}}]}}}}")
}

fn read_one(har: &str) -> Located {
    let file = |name: &str| match name {
        "body.bin" => Ok(b"\0\xff".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let mut reading = read("f", har.as_bytes(), &file).unwrap();
    reading.items.remove(0).unwrap()
}

#[test]
fn every_http_entry_is_a_record_with_its_line_its_time_and_its_answer() {
    let bytes = include_bytes!("../../../tests/fixtures/capture/online.har");
    let reading = read("f", bytes, &|_| Err(io::ErrorKind::NotFound.into())).unwrap();
    assert_eq!(reading.items.len(), 2);
    let push = reading.items[0].as_ref().unwrap();
    assert_eq!(push.place, Place::line("f", 10));
    assert!(push.notes.is_empty());
    assert_eq!(push.record.at.as_deref(), Some("2020-03-30T14:42:01.430Z"));
    let response = push.record.response.as_ref().unwrap();
    assert_eq!(
        (response.status, response.body.as_slice(), response.ms),
        (200, &b"ok"[..], Some(12.5))
    );
    let names: Vec<&[u8]> = push
        .record
        .request()
        .unwrap()
        .headers
        .iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names[0], b"User-Agent");
    assert_eq!(names[4], b"Host");
    assert_eq!(reading.warnings.len(), 1);
    assert!(reading.warnings[0].contains("`data:` is not HTTP"));
}

#[test]
fn the_pseudo_headers_of_http_2_become_host_and_that_is_said() {
    let located = read_one(&entry(
        r#"{"method":"GET","url":"https://h/a?b#c","httpVersion":"h2","headers":[{"name":":method","value":"GET"},{"name":"x","value":"1"},{"name":":authority","value":"h:8443"},{"name":":path","value":"/a?b+c"}]}"#,
    ));
    let request = located.record.request().unwrap();
    assert_eq!(
        request.headers,
        Headers::from_iter([("x", "1"), ("Host", "h:8443")])
    );
    assert_eq!(request.target, b"/a?b+c");
    assert_eq!(request.version, "HTTP/1.1");
    assert_eq!(located.notes.len(), 2, "{:?}", located.notes);
}

#[test]
fn a_body_that_lost_bytes_is_warned_of() {
    for request in [
        r#"{"method":"POST","url":"http://h/","headers":[{"name":"content-length","value":"3"}],"postData":{"text":"ab"}}"#,
        r#"{"method":"POST","url":"http://h/","headers":[],"bodySize":3,"postData":{"text":"ab"}}"#,
        r#"{"method":"POST","url":"http://h/","headers":[{"name":"Content-Length","value":"3"}]}"#,
    ] {
        let notes = read_one(&entry(request)).notes;
        assert!(
            notes.iter().any(|note| note.starts_with("WARNING")),
            "{notes:?}"
        );
    }
    let whole = r#"{"method":"POST","url":"http://h/","headers":[{"name":"Content-Length","value":"3"}],"bodySize":7,"postData":{"text":"中"}}"#;
    let notes = read_one(&entry(whole)).notes;
    assert!(
        notes.iter().all(|note| !note.starts_with("WARNING")),
        "{notes:?}"
    );
}

#[test]
fn bodies_come_as_text_as_base64_as_parameters_and_as_files() {
    for (data, body) in [
        (r#"{"text":"é"}"#, "é".as_bytes()),
        (r#"{"text":"AP8=","encoding":"base64"}"#, b"\0\xff"),
        (
            r#"{"params":[{"name":"a b","value":"1&2"},{"name":"c","value":"%41"}]}"#,
            b"a+b=1%262&c=%41",
        ),
        (r#"{"_file":"body.bin"}"#, b"\0\xff"),
        (r#"{"params":[{"name":"f","fileName":"x"}]}"#, b""),
    ] {
        let located = read_one(&entry(&format!(
            r#"{{"method":"POST","url":"http://h","postData":{data}}}"#
        )));
        assert_eq!(located.record.request().unwrap().body, body);
    }
}

#[test]
fn an_entry_that_cannot_be_read_has_its_line_and_the_others_are_read() {
    let har = "{\"log\":{\"entries\":[\n{\"request\":{\"method\":\"GET\"}},\n{\"request\":{\"method\":\"GET\",\"url\":\"http://h/\"}}]}}";
    let reading = read(
        "f",
        har.as_bytes(),
        &|_| Err(io::ErrorKind::NotFound.into()),
    )
    .unwrap();
    let error = reading.items[0].as_ref().unwrap_err().to_string();
    assert_eq!(error, "f:2: entry 1 cannot be read: missing field `url`");
    assert!(reading.items[1].is_ok());
}
