//! Nothing is kept for who is away, and `mqtt watch` says so.

use super::{FILE, Platform};
use crate::interop::free_port;
use crate::mqtt::client::{Client, topic};
use crate::mqtt::{APPLICATION, PROPERTY};
use crate::unread::{Talk, Unread};

#[test]
fn a_watch_whose_platform_went_and_came_says_what_it_may_have_missed() {
    let bind = format!("--bind 127.0.0.1:{}", free_port());
    let first = Platform::start(&bind);
    let folder = tempfile::tempdir().unwrap();
    let address = first.address();
    let call =
        format!("mqtt watch {address} {APPLICATION} --only property --count 1 --format json");
    let mut watch = Unread::start(folder.path(), &call, Talk::Read);
    first.says("subscribed    userid/10311");
    first.end("TERM").code(143);
    watch.says("nothing is buffered: what is sent meanwhile is lost; it connects again in ");
    // This one plays at once, to nobody, and again when it is heard.
    let line = "{\"device\":\"00001/iot-0001\",\"property\":{\"WF\":1}}\n";
    let files = [("p.toml", FILE), ("play", line)];
    let second = Platform::among(&files, &format!("p.toml {bind} --play play"));
    second.says("WF=1  nobody listens: it is gone");
    second.says("subscribed    userid/10311");
    let mut other = Client::application(&second);
    let set = r#"{"requestId":"A1","data":{"params":{"WF":2}}}"#;
    other.publish(&topic("iot-0001", "property/set"), set);
    watch.says("warning: connected again; what was sent between ");
    let text = watch.read();
    let ended = watch.end();
    assert_eq!(ended.code, Some(0), "{}", ended.talk);
    let lines = text.join().unwrap();
    assert!(!lines.contains(r#"\"value\":1"#), "{lines}");
    assert!(lines.contains(r#""reconnects":1"#), "{lines}");
    second.end("INT").code(0);
}

#[test]
fn a_client_that_comes_back_has_no_subscriptions_and_no_messages() {
    let platform = Platform::start("");
    let mut app = Client::user(&platform, "mine", "userid/10311");
    app.listen(&[PROPERTY]);
    let mut other = Client::application(&platform);
    let set = |value| format!(r#"{{"requestId":"A1","data":{{"params":{{"WF":{value}}}}}}}"#);
    other.publish(&topic("iot-0001", "property/set"), set(1));
    app.message();
    drop(app);
    platform.says("disconnected  userid/10311  it closed the connection without DISCONNECT");
    other.publish(&topic("iot-0001", "property/set"), set(2));
    platform.says("WF=2  nobody listens: it is gone");
    let mut app = Client::user(&platform, "mine", "userid/10311");
    other.publish(&topic("iot-0001", "property/set"), set(3));
    assert!(app.settled().is_empty(), "it has not subscribed again");
    app.listen(&[PROPERTY]);
    other.publish(&topic("iot-0001", "property/set"), set(4));
    assert!(
        app.message()
            .payload
            .windows(9)
            .any(|it| it == b"\"value\":4")
    );
    platform.end("INT").code(0);
}
