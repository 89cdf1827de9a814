//! What happens to URLs.

use super::models::{Model, own, sensoro};
use super::{Item, check, part};

const RIGHT: &str = "https://h.example/api/v1/hook?b=%2Fx+y&a=1";
const BODY: &str = r#"{"b":1,"a":"x"}"#;

fn item<'w>(words: &'w str, id: &'w str, right: &str, wrong: &str) -> Item<'w> {
    part(words, id, "url", wrong.as_bytes(), with_url(right))
}

fn with_url(url: &str) -> Vec<Model> {
    vec![sensoro("S3cret", url, BODY), own("ricnsmart", url, BODY)]
}

#[test]
fn another_url_is_found() {
    let right = RIGHT;
    check(vec![
        item(
            "http/https behind a proxy",
            "url.scheme",
            right,
            "http://h.example/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "scheme undefined",
            "url.scheme-undefined",
            right,
            "undefined://h.example/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "no scheme",
            "url.no-scheme",
            right,
            "h.example/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "host",
            "url.host",
            right,
            "https://localhost/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "port :80",
            "url.port",
            right,
            "https://h.example:80/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "port :443",
            "url.port",
            right,
            "https://h.example:443/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "port lost",
            "url.no-port",
            "https://h.example:8443/x",
            "https://h.example/x",
        ),
        item(
            "scheme and port behind a proxy",
            "url.scheme-and-host",
            right,
            "http://h.example:3000/api/v1/hook?b=%2Fx+y&a=1",
        ),
    ]);
}

#[test]
fn another_path_or_query_is_found() {
    let right = RIGHT;
    check(vec![
        item(
            "path prefix",
            "url.path-prefix",
            right,
            "https://h.example/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "path prefix",
            "url.path-prefix",
            right,
            "https://h.example/hook?b=%2Fx+y&a=1",
        ),
        item(
            "mounted router",
            "url.path-prefix",
            right,
            "https://h.example/?b=%2Fx+y&a=1",
        ),
        item(
            "trailing slash",
            "url.trailing-slash",
            right,
            "https://h.example/api/v1/hook/?b=%2Fx+y&a=1",
        ),
        item(
            "trailing slash lost",
            "url.trailing-slash",
            "http://h.example/x/",
            "http://h.example/x",
        ),
        item(
            "trailing slash lost",
            "url.trailing-slash",
            "http://h.example/",
            "http://h.example",
        ),
        item(
            "path only",
            "url.path-only",
            right,
            "/api/v1/hook?b=%2Fx+y&a=1",
        ),
        item(
            "path only, without query",
            "url.path-only",
            right,
            "/api/v1/hook",
        ),
        item(
            "without query",
            "url.no-query",
            right,
            "https://h.example/api/v1/hook",
        ),
        item(
            "query decoded",
            "url.query-decoded",
            right,
            "https://h.example/api/v1/hook?b=/x+y&a=1",
        ),
        item(
            "query decoded as a form",
            "url.query-decoded",
            right,
            "https://h.example/api/v1/hook?b=/x y&a=1",
        ),
        item(
            "query re-ordered",
            "url.query-reordered",
            right,
            "https://h.example/api/v1/hook?a=1&b=%2Fx+y",
        ),
        item(
            "query encoded again",
            "url.query-encoded-again",
            "https://h.example/hook?b=/x:y",
            "https://h.example/hook?b=%2Fx%3Ay",
        ),
        item(
            "host in another case",
            "url.host-lower-case",
            "http://H.Example/x",
            "http://h.example/x",
        ),
    ]);
    check(vec![part(
        "method in lower case",
        "url.method-lower-case",
        "method",
        b"post",
        with_url(right),
    )]);
}

#[test]
fn a_url_that_was_rebuilt_behind_a_proxy_is_found() {
    let public = "https://iot.example/platform/api/hook?a=1";
    let made = with_url(public).into_iter().map(|mut model| {
        let wrong = model.with("url", b"http://10.0.0.7:3000/api/hook?a=1");
        let scene = &mut model.scene;
        scene.checker.public_url = Some("https://iot.example/platform/".parse().unwrap());
        scene.request.target = b"/api/hook?a=1".to_vec();
        scene.request.headers.set("Host", "10.0.0.7:3000");
        (model.scene, wrong)
    });
    check(vec![Item {
        words: "http/https, host, port and path prefix changed together by a proxy",
        id: "url.rebuilt",
        made: made.collect(),
    }]);
}
