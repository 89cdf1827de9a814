use std::io;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::message::Scheme;

fn file(name: &str) -> io::Result<Vec<u8>> {
    match name {
        "body.txt" => Ok(b"a\r\nb\n".to_vec()),
        "headers.txt" => Ok(b"A: 1\nB;\n".to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn all(command: &[u8]) -> Vec<Result<Located, Error>> {
    read("f", command, &file).unwrap().items
}

fn parse(command: &[u8]) -> Request {
    let mut items = all(command);
    assert_eq!(items.len(), 1, "{}", String::from_utf8_lossy(command));
    items.remove(0).unwrap().record.request().unwrap().clone()
}

fn body(command: &str) -> String {
    String::from_utf8(parse(command.as_bytes()).body).unwrap()
}

fn names(request: &Request) -> Vec<String> {
    let name = |(name, _): (&[u8], &[u8])| String::from_utf8_lossy(name).into_owned();
    request.headers.iter().map(name).collect()
}

fn refusal(command: &str) -> String {
    let mut items = all(command.as_bytes());
    items.pop().unwrap().unwrap_err().to_string()
}

#[test]
fn quotes_escapes_and_continued_lines_are_read_as_a_shell_reads_them() {
    for (word, value) in [
        (r#"'a"b\c'"#, r#"a"b\c"#),
        (r#""a\"b\\c\d$""#, r#"a"b\c\d$"#),
        (r"a\ b\'c", "a b'c"),
        (r"$'a\'\x41\u4e2d\101\n\U0001F600'", "a'A中A\n😀"),
        ("'a'\"b\"c", "abc"),
        ("\"a\\\nb\"", "ab"),
        ("'it'\\''s'", "it's"),
        ("''", ""),
    ] {
        assert_eq!(body(&format!("curl h -d {word} \\\n -s")), value, "{word}");
    }
}

#[test]
fn several_commands_pipes_comments_and_redirections_are_told_apart() {
    let text = b"# one\n$ curl -s http://a/1 2>/dev/null | jq . ; curl http://a/2 > out.txt && curl http://a/3 #x\nexport X=1\ncurl 'http://a/4'\r\n";
    let reading = read("f", text, &file).unwrap();
    let targets: Vec<_> = reading
        .items
        .iter()
        .map(|item| item.as_ref().unwrap())
        .map(|located| {
            (
                located.record.request().unwrap().target.clone(),
                located.place.line,
            )
        })
        .collect();
    let expected = [("/1", 2), ("/2", 2), ("/3", 2), ("/4", 4)];
    assert_eq!(targets.len(), 4);
    for ((target, line), (path, number)) in targets.into_iter().zip(expected) {
        assert_eq!((target.as_slice(), line), (path.as_bytes(), Some(number)));
    }
    assert_eq!(reading.warnings, ["f:3: `export` is not curl: left out"]);
}

#[test]
fn a_body_may_come_by_standard_input() {
    assert_eq!(
        body("printf '\\000%%\\n%s' x | curl h --data-binary @-"),
        "\0%\nx"
    );
    assert_eq!(body("echo '{}' | curl h -d @-"), "{}");
    assert_eq!(body("echo -n '{}' | curl h --data-binary @-"), "{}");
    assert_eq!(
        body("curl h --data-binary @- <<'EOF'\n{\n}\nEOF\n"),
        "{\n}\n"
    );
    assert_eq!(body("curl h --data-binary @- <<<'{}'"), "{}\n");
    assert_eq!(body("curl h --data-binary @- < body.txt"), "a\r\nb\n");
    assert!(refusal("curl h -d @-").contains("standard input is not known"));
}

#[test]
fn data_options_are_joined_encoded_and_read_from_files_as_curl_does() {
    assert_eq!(body("curl h -d a=1 --data-raw @b --data ''"), "a=1&@b&");
    assert_eq!(body("curl h -d @body.txt"), "ab");
    assert_eq!(body("curl h --data-binary @body.txt"), "a\r\nb\n");
    assert_eq!(
        body("curl h --data-urlencode 'a=b c+&中'"),
        "a=b+c%2B%26%E4%B8%AD"
    );
    assert_eq!(
        body("curl h --data-urlencode '=x/y' --data-urlencode n@body.txt"),
        "x%2Fy&n=a%0D%0Ab%0A"
    );
    assert_eq!(body("curl h --json '{' --json '}'"), "{}");
    assert_eq!(
        parse(b"curl 'h/p?q=1' -G -d x=1 --data-urlencode 'a=b c'").target,
        b"/p?q=1&x=1&a=b+c"
    );
    assert_eq!(parse(b"curl h --url-query 'a=b c'").target, b"/?a=b+c");
    assert_eq!(
        parse(b"curl -T body.txt http://h/up/").target,
        b"/up/body.txt"
    );
    assert!(refusal("curl h -d @gone").contains("f:1:11: cannot read gone"));
}

#[test]
fn headers_stand_in_curls_order() {
    // Seen: curl 7.88.1 against a socket.
    let request = parse(b"curl -d a=1 -H 'X: 1' -u a:b -A ua -b c=d -b e=f -e ref h");
    assert_eq!(
        names(&request),
        [
            "Host",
            "Authorization",
            "User-Agent",
            "Referer",
            "Cookie",
            "X",
            "Content-Type"
        ]
    );
    assert_eq!(
        request.headers.first("authorization"),
        Some(&b"Basic YTpi"[..])
    );
    assert_eq!(request.headers.first("cookie"), Some(&b"c=d; e=f"[..]));
    let request =
        parse(b"curl -d x -H 'host: zz' -H 'X;' -H 'Content-Type:' -H @headers.txt -H none h");
    assert_eq!(names(&request), ["host", "X", "A", "B"]);
    assert_eq!(
        names(&parse(b"curl --json {} h")),
        ["Host", "Content-Type", "Accept"]
    );
    assert_eq!(names(&parse(b"curl -H Host: h")), [""; 0]);
    let credentials = parse(b"curl 'http://us%20er:p%40@h/'");
    assert_eq!(credentials.authority(), Some(&b"h"[..]));
    assert_eq!(
        credentials.headers.first("Authorization"),
        Some(&b"Basic dXMgZXI6cEA="[..])
    );
}

#[test]
fn methods_follow_from_the_options() {
    for (command, method) in [
        ("curl h", "GET"),
        ("curl h -d x", "POST"),
        ("curl -I h", "HEAD"),
        ("curl -T body.txt h", "PUT"),
        ("curl -sSkXPATCH -d x h", "PATCH"),
        ("curl --request=DELETE h", "DELETE"),
        ("curl -G -d x h", "GET"),
    ] {
        assert_eq!(
            parse(command.as_bytes()).method,
            method.as_bytes(),
            "{command}"
        );
    }
}

#[test]
fn urls_are_taken_as_curl_takes_them() {
    for (url, target) in [
        ("h", "/"),
        ("'http://h?a=b#c'", "/?a=b"),
        ("http://h/a/./b/../c/..?../x", "/a/?../x"),
        ("--path-as-is http://h/a/../b", "/a/../b"),
        ("'http://h/{a}[1]?b c'", "/{a}[1]?b c"),
        ("--request-target '/x \"y' http://h/z", "/x \"y"),
        ("--url http://h/u", "/u"),
        ("-- http://h/-", "/-"),
    ] {
        assert_eq!(
            parse(format!("curl {url}").as_bytes()).target,
            target.as_bytes(),
            "{url}"
        );
    }
    assert_eq!(parse(b"curl http://h:80/").authority(), Some(&b"h"[..]));
    assert_eq!(parse(b"curl https://h:80/").authority(), Some(&b"h:80"[..]));
    assert_eq!(parse(b"curl https://h").scheme, Some(Scheme::Https));
    assert_eq!(all(b"curl h/1 h/2 --next -d x h/3").len(), 3);
}

#[test]
fn options_that_do_not_change_the_request_are_passed_over_with_their_values() {
    let request = parse(b"curl -m 5 --max-time 5 -o out -w '%{http_code}' --retry 3 --resolve h:80:1.2.3.4 --cacert x -vLiN --compressed --no-keepalive -x http://p:1 --connect-timeout 2 --tlsv1.2 --http1.1 h/x");
    assert_eq!(request.target, b"/x");
    assert_eq!(names(&request), ["Host"]);
}

#[test]
fn what_cannot_be_known_is_an_error_with_its_column() {
    assert!(refusal("curl h -H \"Token: $TOKEN\"").starts_with("f:1:19: a shell variable"));
    assert!(refusal("curl h -d `date`").starts_with("f:1:11: a command in backquotes"));
    assert!(refusal("curl h -d $(date)").contains("shell variable"));
    assert!(refusal("curl h -F a=b").contains("multipart"));
    assert!(refusal("curl h --nonsense").starts_with("f:1:8: curl has no option `--nonsense`"));
    assert!(refusal("curl h -d 'x").starts_with("f:1:11: this quote is never closed"));
    assert!(refusal("curl h -d").contains("needs a value"));
    assert!(refusal("curl -s").contains("no URL"));
    assert!(refusal("curl ftp://h/x").contains("not a URL of HTTP"));
    assert!(read("f", b"ls", &file).is_err());
}

#[test]
fn an_ampersand_without_quotes_is_noted() {
    let mut items = all(b"curl http://h/x?a=1&b=2");
    let located = items.remove(0).unwrap();
    assert_eq!(located.record.request().unwrap().target, b"/x?a=1");
    assert!(located.notes[0].contains("a URL needs quotes"));
}

#[test]
fn commands_for_windows_are_read() {
    let request = parse(b"curl \"http://h/x?a=1&b=2\" ^\r\n  -H \"A: \\\"1\\\" \\\\ ^\" ^\r\n --data-raw \"{\\\"a\\\":1}\"\r\n");
    assert_eq!(request.target, b"/x?a=1&b=2");
    assert_eq!(request.headers.first("A"), Some(&br#""1" \\ ^"#[..]));
    assert_eq!(request.body, br#"{"a":1}"#);
    let request = parse(b"curl ^\"http://h/^\" ^\n  --data-raw ^\"a^\n\nb^%c^\"\n");
    assert_eq!(request.body, b"a\nb%c");
}

#[test]
fn a_caret_in_a_value_does_not_make_a_command_one_for_windows() {
    let request = parse(b"curl h \\\n  -H 'A: b ^\"c' \\\n -d 'x ^\ny'");
    assert_eq!(request.headers.first("A"), Some(&b"b ^\"c"[..]));
    assert_eq!(request.body, b"x ^\ny");
}

fn written(request: &Request) -> String {
    String::from_utf8(write(request)).unwrap()
}

#[test]
fn a_push_is_written_one_header_a_line() {
    let request = Request {
        body: br#"{"it's":1}"#.to_vec(),
        headers: Headers::from_iter([
            ("Host", "example.com"),
            ("Content-Type", "application/json"),
            ("X-Empty", ""),
            ("Content-Length", "10"),
        ]),
        ..Request::new("POST", "/push?x=1")
    };
    assert_eq!(
        written(&request),
        "curl 'http://example.com/push?x=1' \\\n  -H 'Content-Type: application/json' \\\n  -H 'X-Empty;' \\\n  -H 'Accept:' \\\n  -H 'User-Agent:' \\\n  --data-binary '{\"it'\\''s\":1}'"
    );
}

#[test]
fn what_curl_would_change_is_given_to_it_another_way() {
    let host = || Headers::from_iter([("Host", "h")]);
    let with = |method: &str, target: &str, body: &[u8]| Request {
        headers: host(),
        body: body.to_vec(),
        ..Request::new(method, target)
    };
    assert!(written(&with("GET", "/a b", b"")).contains("--request-target '/a b' 'http://h/'"));
    assert!(written(&with("GET", "/a/../b", b"")).contains("--path-as-is 'http://h/a/../b'"));
    assert!(written(&with("HEAD", "/", b"")).contains("--head"));
    assert!(written(&with("POST", "/", b"@x")).contains("--data-raw '@x'"));
    assert!(written(&with("POST", "/", b"\0-")).starts_with("printf '\\000-' | curl"));
    assert!(written(&with("POST", "/", &[b'x'; 2000])).contains("-H 'Expect:'"));
    let mut two = with("GET", "/", b"");
    two.headers.push("host", "i");
    assert!(written(&two).starts_with("# curl cannot send Host twice"));
    let mut https = with("GET", "/", b"");
    https.scheme = Some(Scheme::Https);
    assert!(written(&https).contains("--http1.1 'https://h/'"));
}

/// Requests as curl can send them: `Host` first and once, nothing that frames.
fn sendable() -> impl Strategy<Value = Request> {
    let method = prop_oneof![
        Just("POST".to_owned()),
        Just("GET".to_owned()),
        "[A-Z!'*-]{1,8}"
    ];
    let target = prop_oneof!["/[a-z/.?&=+%'\\[{]{0,20}", "[ -~中é]{1,20}"];
    let header = (
        "[A-Za-z][A-Za-z!'*-]{0,8}",
        "([!-~中]([ -~\\t中]{0,8}[!-~])?)?",
    );
    let body = prop_oneof![
        "(?s)[ -~\\n中@'\\\\%$`]{0,40}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..40),
        "-[ -~]{0,5}".prop_map(|text| [text.as_bytes(), b"\0"].concat()),
    ];
    let host = prop_oneof!["[a-z.]{1,8}(:[0-9]{1,4})?", "\\[::1\\]", "[!-~]{1,8}"];
    let scheme = prop_oneof![Just(Scheme::Http), Just(Scheme::Https)];
    (method, target, vec(header, 0..4), body, host, scheme).prop_map(
        |(method, target, fields, body, host, scheme)| {
            let mut headers = Headers::from_iter([("Host", host)]);
            for (name, value) in fields {
                if !name.eq_ignore_ascii_case("host") {
                    headers.push(name, value);
                }
            }
            Request {
                scheme: Some(scheme),
                headers,
                body,
                ..Request::new(method, target)
            }
        },
    )
}

proptest! {
    #[test]
    fn a_request_that_is_written_is_read_back(request in sendable()) {
        let command = write(&request);
        prop_assert_eq!(parse(&command), request, "{}", String::from_utf8_lossy(&command));
    }
}

#[cfg(unix)]
mod in_a_shell {
    use std::os::unix::ffi::OsStrExt;
    use std::process::{Command, Stdio};

    use super::*;

    /// What a real shell hands to curl: its words and its standard input.
    fn handed_to_curl(command: &[u8]) -> (Vec<words::Word>, Vec<u8>) {
        let script = [
            &b"curl() { printf '%s\\0' \"$#\" \"$@\"; cat; }\n"[..],
            command,
        ]
        .concat();
        let output = Command::new("sh")
            .arg("-c")
            .arg(std::ffi::OsStr::from_bytes(&script))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(command)
        );
        let mut parts = output.stdout.split(|&byte| byte == 0);
        let count: usize = std::str::from_utf8(parts.next().unwrap())
            .unwrap()
            .parse()
            .unwrap();
        let words: Vec<words::Word> = parts
            .take(count)
            .map(|bytes| words::Word {
                at: 0,
                bytes: bytes.to_vec(),
            })
            .collect();
        let used: usize = words.iter().map(|word| word.bytes.len() + 1).sum();
        let stdin = output.stdout[count.to_string().len() + 1 + used..].to_vec();
        (words, stdin)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_shell_hands_curl_the_request_that_was_written(request in sendable()) {
            let (words, stdin) = handed_to_curl(&write(&request));
            let mut sent = requests(&words, Some(&stdin), &file).unwrap();
            prop_assert_eq!(sent.len(), 1);
            prop_assert_eq!(sent.remove(0).0, request);
        }
    }
}
