use super::*;
use crate::platform::laws::{Bench, assert_unchanged_by, assert_wire, signature};

const TOKEN: &str = "20200321182801";
const ONLINE: &str =
    r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#;

fn sign(form: &Form, token: &str, nonce: &str, part: &str, msg: &str) -> String {
    let secrets = Secrets::new().with(SecretName::Token, token);
    let given = Given::new().with("nonce", nonce).with(part, msg);
    signature(form, &secrets, &given)
}

#[test]
fn the_published_captures_are_signed_to_the_same_bytes() {
    let offline = r#"{"at":1585579700235,"login_type":7,"type":2,"dev_id":589888962,"status":0}"#;
    let point =
        r#"{"at":1585579995234,"type":1,"ds_id":"temperature","value":"12.34","dev_id":589888962}"#;
    for (nonce, msg, signature) in [
        ("B0k7pDoe", "LeoTAq", "/7hXrr3IpM538Z1uHvxSlA=="),
        ("w&INtJ9+", ONLINE, "1FtJkDnewfBiKFJKKheJPA=="),
        ("iSX$ZVVD", offline, "YPpafOSW1Byncd7xdXtF0Q=="),
        ("Mal9%W-E", point, "h1oeGIrbyreHf6S81qet9w=="),
    ] {
        assert_eq!(sign(&push_form(), TOKEN, nonce, "msg", msg), signature);
        assert_eq!(sign(&handshake_form(), TOKEN, nonce, "msg", msg), signature);
    }
}

#[test]
fn the_parts_are_not_sorted() {
    // On the captures, sorting as WeChat does gives the same value; on this one it does not.
    assert_eq!(
        sign(&push_form(), "ricnsmart", "5xp7vzm3fN", "msg", "hello"),
        "d/ncDg+jrcW259dHOZByyw=="
    );
}

#[test]
fn the_published_encrypted_message_is_signed_over_its_text_and_opens() {
    let sealed = "6oPS9SVFx1Hk1TXZTEXSofXR+YqEyy4W9CQ9Wfh4mr8945RHKQuPpxraU8DLqUSpos1lOIwzYAWDhYhgVt/rEDVQ66Mr3GU+Lh9F2fSc7omCIRHUGvlnZUaIv0Mnj+ew";
    assert_eq!(
        sign(&encrypted_form(), TOKEN, "w&INtJ9+", "enc_msg", sealed),
        "7esfX151zV9TUhMPJogv3A=="
    );
    let body = format!(r#"{{"msg_signature":"","enc_msg":"{sealed}","nonce":""}}"#);
    let message = Onenet
        .open(
            &Evidence::of_body(body.as_bytes()),
            &Onenet.sample_secrets(),
        )
        .unwrap();
    assert_eq!(message.bytes, ONLINE.as_bytes());
    assert!(message.sealed);
}

#[test]
fn the_base64_of_the_handshake_stands_in_the_query_unescaped() {
    let bench = Bench::new("http://152.136.74.228:5000/he/data/push/global", TOKEN)
        .given("msg", "LeoTAq")
        .given("nonce", "B0k7pDoe");
    assert_wire(
        &bench.challenge(&Onenet),
        "GET /he/data/push/global?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe HTTP/1.1\r\n\
         Host: 152.136.74.228:5000\r\n\
         User-Agent: OneNET\r\n\
         Accept-Encoding: *\r\n\
         Connection: Keep-Alive\r\n\r\n",
    );
}

#[test]
fn a_plus_in_the_query_is_a_plus() {
    let bench = Bench::new("http://h/", TOKEN).given("nonce", "1234567Q");
    let with_plus =
        |msg: &String| sign(&handshake_form(), TOKEN, "1234567Q", "msg", msg).contains('+');
    let msg = (0..100).map(|n| n.to_string()).find(with_plus).unwrap();
    let request = bench.given("msg", &msg).challenge(&Onenet);
    assert!(request.target.contains(&b'+'));
    let received = handshake_form().received(&Evidence::of(&request)).unwrap();
    assert!(received.contains(&b'+') && !received.contains(&b' '));
}

#[test]
fn a_push_is_the_published_capture_byte_for_byte() {
    let bench = Bench::new("http://h:1/push", TOKEN).given("nonce", "w&INtJ9+");
    assert_wire(
        &bench.deliver(&Onenet, ONLINE.as_bytes()),
        "POST /push HTTP/1.1\r\n\
         Host: h:1\r\n\
         User-Agent: OneNET\r\n\
         Content-Type: application/json; charset=utf-8\r\n\
         Accept-Encoding: *\r\n\
         Connection: Keep-Alive\r\n\
         Content-Length: 144\r\n\r\n\
         {\"msg\":{\"at\":1585579321430,\"login_type\":7,\"type\":2,\"dev_id\":589888962,\"status\":1},\
         \"msg_signature\":\"1FtJkDnewfBiKFJKKheJPA==\",\"nonce\":\"w&INtJ9+\"}",
    );
}

#[test]
fn a_nonce_has_8_printable_characters_that_need_no_escape() {
    let bench = Bench::new("http://h/", TOKEN);
    let body = bench.deliver(&Onenet, b"1").body;
    let nonce = scan::find(&body, "/nonce").unwrap().unwrap();
    assert_eq!(nonce.len(), 10);
    assert!(!NONCE.contains(&b'"') && !NONCE.contains(&b'\\'));
    assert!(NONCE.iter().all(u8::is_ascii_graphic));
}

#[test]
fn keys_stand_in_the_order_of_a_java_hashmap() {
    // As the vendor's receivers do: the Java one, which has that order, PHP's and C#'s.
    let receivers = [
        "java-org-json",
        "php-unescaped-slashes",
        "dotnet-newtonsoft",
    ];
    assert_unchanged_by(&receivers, EVENTS);
}

#[test]
fn several_messages_may_come_as_one_array() {
    let array = format!("[{ONLINE},{ONLINE}]");
    let bench = Bench::new("http://h/", TOKEN);
    let request = bench.deliver(&Onenet, array.as_bytes());
    let opened = Onenet
        .open(&Evidence::of_body(&request.body), &bench.secrets)
        .unwrap();
    assert_eq!(opened.bytes, array.as_bytes());
}

#[test]
fn only_200_counts_as_delivered() {
    assert!(Onenet.patience().accepts(200));
    assert!(!Onenet.patience().accepts(204));
}
