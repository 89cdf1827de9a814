use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::message::Headers;

fn one(text: &[u8]) -> Located {
    let mut reading = read("f", text).unwrap();
    assert_eq!(reading.items.len(), 1);
    reading.items.remove(0).unwrap()
}

fn request(located: &Located) -> &Request {
    located.record.request().unwrap()
}

fn notes(text: &str) -> Vec<String> {
    one(text.as_bytes()).notes
}

#[test]
fn the_target_is_all_between_the_first_blank_and_the_version() {
    let located = one(b"GET /x?a=b c \"d\" HTTP/1.1 e HTTP/1.0\r\n\r\n");
    assert_eq!(request(&located).target, b"/x?a=b c \"d\" HTTP/1.1 e");
    assert_eq!(request(&located).version, "HTTP/1.0");
    assert!(located.notes.is_empty());
}

#[test]
fn header_values_are_kept_but_for_the_blanks_around_them() {
    let located = one(b"GET / HTTP/1.1\r\nA:1\r\na: \t2  3 \r\nB :x\r\nC:\r\n");
    assert_eq!(
        request(&located).headers,
        Headers::from_iter([("A", "1"), ("a", "2  3"), ("B ", "x"), ("C", "")])
    );
    assert_eq!(located.notes.len(), 1);
}

#[test]
fn a_folded_header_is_kept_with_its_line_ends() {
    let located = one(b"GET / HTTP/1.1\r\nA: 1\r\n  2 \r\n\t3\r\nB: x\r\n\r\n");
    assert_eq!(
        request(&located).headers.first("A"),
        Some(&b"1\r\n  2 \r\n\t3"[..])
    );
    assert_eq!(request(&located).headers.first("B"), Some(&b"x"[..]));
}

#[test]
fn line_ends_of_lf_alone_are_noted() {
    assert_eq!(notes("GET / HTTP/1.1\nA: 1\n\n").len(), 1);
    assert!(notes("GET / HTTP/1.1\r\nA: 1\r\n\r\n").is_empty());
}

#[test]
fn content_length_is_believed_and_a_difference_is_said() {
    let head = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n";
    for (body, kept, note) in [
        ("abcd", "abcd", ""),
        ("abcd\n", "abcd", "line ends"),
        ("abc", "abc", "WARNING"),
        ("abcdefgh", "abcd", "WARNING"),
    ] {
        let located = one(format!("{head}{body}").as_bytes());
        assert_eq!(request(&located).body, kept.as_bytes());
        assert_eq!(located.notes.is_empty(), note.is_empty());
        assert!(
            located.notes.iter().all(|have| have.contains(note)),
            "{:?}",
            located.notes
        );
    }
}

#[test]
fn a_body_without_content_length_ends_at_the_response_or_the_end() {
    let located =
        one(b"POST / HTTP/1.1\r\nA: 1\r\n\r\n{\"a\":1}\r\nHTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(request(&located).body, b"{\"a\":1}");
    assert_eq!(located.record.response.unwrap().status, 204);
    assert_eq!(
        request(&one(b"POST / HTTP/1.1\n\na\n\nb\n")).body,
        b"a\n\nb"
    );
}

#[test]
fn a_chunked_body_is_de_chunked_and_its_sizes_are_kept() {
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let wire = format!("{head}4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n");
    let located = one(wire.as_bytes());
    assert_eq!(request(&located).body, b"abcdef");
    assert_eq!(request(&located).chunks, [4, 2]);
    assert_eq!(request(&located).to_wire(), wire.as_bytes());
    assert!(located.notes.is_empty());
    let cut = one(format!("{head}4\r\nab").as_bytes());
    assert_eq!(
        (request(&cut).body.as_slice(), cut.notes.len()),
        (&b"ab"[..], 1)
    );
    let plain = one(format!("{head}{{}}").as_bytes());
    assert_eq!(
        (
            request(&plain).body.as_slice(),
            request(&plain).chunks.as_slice()
        ),
        (&b"{}"[..], &[2][..])
    );
    let trailed = one(format!("{head}1;x=y\r\na\r\n0\r\nT: 1\r\n\r\n").as_bytes());
    assert_eq!(
        (request(&trailed).body.as_slice(), trailed.notes.len()),
        (&b"a"[..], 1)
    );
}

#[test]
fn requests_and_responses_may_follow_each_other() {
    let reading = read("f", b"GET /1 HTTP/1.1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n\r\nGET /2 HTTP/1.1\r\n\r\n").unwrap();
    let first = reading.items[0].as_ref().unwrap();
    let response = first.record.response.as_ref().unwrap();
    assert_eq!(
        (response.status, response.body.as_slice()),
        (200, &b"ok"[..])
    );
    let second = reading.items[1].as_ref().unwrap();
    assert_eq!(request(second).target, b"/2");
    assert_eq!(second.place, Place::line("f", 10));
}

#[test]
fn what_is_no_request_is_an_error_with_its_place() {
    let words = |text: &[u8]| read("f", text).unwrap_err().to_string();
    assert!(words(b"HTTP/1.1 200 OK\r\n\r\n").contains("its request is missing"));
    assert!(
        words(b"GET / HTTP/1.1\r\nA: 1\r\nfoo\r\n\r\n").starts_with("f:3:1: this is not a header")
    );
}

#[test]
fn header_lines_with_pseudo_headers_name_their_target() {
    let reading = read_header_lines(
        "f",
        b":method: POST\n:path: /x?y\n:authority: h\nnonce: 1\n",
    )
    .unwrap();
    let located = reading.items[0].as_ref().unwrap();
    assert_eq!(
        (
            request(located).method.as_slice(),
            request(located).target.as_slice()
        ),
        (&b"POST"[..], &b"/x?y"[..])
    );
    assert_eq!(
        request(located).headers,
        Headers::from_iter([("Host", "h"), ("nonce", "1")])
    );
}

#[test]
fn a_target_may_be_a_path_a_url_a_request_line_or_a_log_line() {
    let text = b"/a?b=+\nhttps://H:443/a b?c#d\nDELETE /x\nPUT http://h:81 HTTP/1.0\n1.2.3.4 - - [x] \"GET /q?a=\\x22b\\x22 HTTP/1.1\" 200 1\nwhat\n";
    let reading = read_targets("f", text);
    let requests: Vec<_> = reading.items[..5]
        .iter()
        .map(|item| request(item.as_ref().unwrap()))
        .collect();
    assert_eq!(requests[0].target, b"/a?b=+");
    assert_eq!(requests[1].target, b"/a b?c");
    assert_eq!(requests[1].authority(), Some(&b"H"[..]));
    assert_eq!(
        (requests[2].method.as_slice(), requests[2].target.as_slice()),
        (&b"DELETE"[..], &b"/x"[..])
    );
    assert_eq!(
        (requests[3].version.as_str(), requests[3].authority()),
        ("HTTP/1.0", Some(&b"h:81"[..]))
    );
    assert_eq!(requests[4].target, b"/q?a=\"b\"");
    assert!(reading.items[5].is_err());
}

proptest! {
    #[test]
    fn a_request_written_for_the_wire_is_read_back(
        target in "/[ -~]{0,20}",
        headers in vec(("[A-Za-z-]{1,8}", "([!-~]([ -~]{0,8}[!-~])?)?"), 0..4),
        body in vec(any::<u8>(), 0..40),
        chunks in vec(1..9_usize, 0..4),
        chunked in any::<bool>(),
    ) {
        let mut request = Request::new("POST", target);
        for (name, value) in headers {
            let framing = ["content-length", "transfer-encoding"];
            if !framing.contains(&name.to_ascii_lowercase().as_str()) {
                request.headers.push(name, value);
            }
        }
        if chunked {
            request.headers.push("Transfer-Encoding", "chunked");
            let mut left = body.len();
            for size in chunks {
                let size = size.min(left);
                request.chunks.extend((size > 0).then_some(size as u64));
                left -= size;
            }
            request.chunks.extend((left > 0).then_some(left as u64));
            if body.is_empty() {
                return Ok(());
            }
        } else {
            request.headers.push("Content-Length", body.len().to_string());
        }
        request.body = body;
        let located = one(&request.to_wire());
        prop_assert_eq!(&located.notes, &Vec::<String>::new());
        prop_assert_eq!(super::tests::request(&located), &request);
    }
}
