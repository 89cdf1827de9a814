//! Each row of the vendor's table of commands, with its exact JSON.

use std::sync::{Arc, OnceLock};

use super::*;
use crate::controlid::command::Verb;
use crate::controlid::store::{Quota, Template};

mod fleet;
mod hardware;
mod hostile;
mod images;
mod model;
mod objects;

/// A device and its moment.
pub(super) struct Bench {
    pub(super) state: State,
    pub(super) moment: Moment,
}

/// 2024-05-06, a Monday, 07:08:09 UTC.
pub(super) const NOW: i64 = 1_714_979_289;

pub(super) fn bench() -> Bench {
    static FACTORY: OnceLock<Arc<Template>> = OnceLock::new();
    let template = FACTORY.get_or_init(|| Template::factory().unwrap());
    let moment = Moment::fixed(Timestamp::from_second(NOW).unwrap(), 7);
    let store = Store::shared(Arc::clone(template), Quota::unlimited());
    let identity = Identity::from_serial("0G0200/005B6D").unwrap();
    let state = State::new(identity, store, &moment).unwrap();
    Bench { state, moment }
}

impl Bench {
    pub(super) fn done(&mut self, endpoint: &str, body: Body, query: &str) -> Done {
        let command = command(endpoint, body, query);
        self.state.answer(&command, &mut self.moment)
    }

    /// The answer to a JSON body, as text.
    pub(super) fn run(&mut self, endpoint: &str, body: &str) -> String {
        shown(self.done(endpoint, text(body), "").reply)
    }

    fn effects(&mut self, endpoint: &str, body: &str) -> Vec<Effect> {
        self.done(endpoint, text(body), "").effects
    }

    fn pass(&mut self, seconds: i64) {
        let now = self.moment.seconds() + seconds;
        self.moment.now = Timestamp::from_second(now).unwrap();
    }
}

pub(in crate::controlid) fn command(endpoint: &str, body: Body, query: &str) -> Command {
    Command {
        transaction: None,
        verb: Verb::Post,
        endpoint: endpoint.to_owned(),
        body,
        content_type: None,
        query: query.to_owned(),
    }
}

/// A body that came as text.
pub(in crate::controlid) fn text(body: &str) -> Body {
    Body::Bytes(body.as_bytes().to_vec())
}

pub(super) fn shown(reply: Reply) -> String {
    match reply {
        Reply::Json(json) => String::from_utf8(json).unwrap(),
        Reply::Empty => "empty".into(),
        Reply::Binary(bytes) => format!("{} bytes", bytes.len()),
        Reply::Error { message, code } => format!("error {code}: {message}"),
    }
}

#[test]
fn load_objects() {
    let mut bench = bench();
    assert_eq!(
        bench.run("load_objects", r#"{"object":"users"}"#),
        r#"{"users":[]}"#
    );
    assert_eq!(
        bench.run("load_objects", r#"{"object":"time_zones"}"#),
        r#"{"time_zones":[{"id":1,"name":"Always Allowed"}]}"#
    );
    assert_eq!(
        bench.run(
            "load_objects",
            r#"{"object":"groups","fields":["COUNT(*)"]}"#
        ),
        r#"{"groups":[{"COUNT(*)":1}]}"#
    );
    assert_eq!(
        bench.run("load_objects", r#"{"object":"devices"}"#),
        r#"{"devices":[{"id":3206485144263533,"name":"0G0200/005B6D","ip":"10.0.91.109","public_key":""}]}"#
    );
    assert!(!bench.state.has_own_rows(), "reading makes no database");
    let user = r#"{"object":"users","values":[{"id":1,"registration":"Test","name":"Walter White","password":"Heisenberg","salt":""}]}"#;
    bench.run("create_objects", user);
    assert_eq!(
        bench.run("load_objects", r#"{"object":"users"}"#),
        r#"{"users":[{"id":1,"registration":"Test","name":"Walter White","password":"Heisenberg","salt":"","user_type_id":0,"begin_time":0,"end_time":0,"image_timestamp":0,"last_access":0,"expires":0}]}"#
    );
}

#[test]
fn create_objects() {
    let mut bench = bench();
    assert_eq!(
        bench.run(
            "create_objects",
            r#"{"object":"users","values":[{"id":7,"name":"A"},{"name":"B"}]}"#
        ),
        r#"{"ids":[7,8]}"#
    );
    assert_eq!(
        bench.run(
            "create_objects",
            r#"{"object":"users","values":[{"name":"C"},{"id":7,"name":"D"}]}"#
        ),
        "error 1: constraint failed: UNIQUE constraint failed: users.id"
    );
    assert_eq!(
        bench.run(
            "create_objects",
            r#"{"object":"cards","values":[{"value":5,"user_id":7},{"value":5,"user_id":8}]}"#
        ),
        "error 1: constraint failed: UNIQUE constraint failed: cards.value"
    );
    assert_eq!(
        bench.run(
            "create_objects",
            r#"{"object":"cards","values":[{"value":5,"user_id":99}]}"#
        ),
        "error 1: constraint failed: FOREIGN KEY constraint failed"
    );
    // All or nothing: neither C nor the first card was kept.
    assert_eq!(
        bench.run(
            "load_objects",
            r#"{"object":"users","fields":["id","name"]}"#
        ),
        r#"{"users":[{"id":7,"name":"A"},{"id":8,"name":"B"}]}"#
    );
    assert_eq!(
        bench.run("load_objects", r#"{"object":"cards"}"#),
        r#"{"cards":[]}"#
    );
}

#[test]
fn create_or_modify_objects() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"id":7,"name":"A","registration":"x"}]}"#,
    );
    assert_eq!(
        bench.run(
            "create_or_modify_objects",
            r#"{"object":"users","values":[{"id":7,"name":"B"},{"name":"C"}]}"#
        ),
        r#"{"changes":2}"#
    );
    assert_eq!(
        bench.run(
            "load_objects",
            r#"{"object":"users","fields":["id","name","registration"]}"#
        ),
        r#"{"users":[{"id":7,"name":"B","registration":"x"},{"id":8,"name":"C","registration":""}]}"#
    );
}

#[test]
fn modify_objects() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"},{"name":"B"}]}"#,
    );
    assert_eq!(
        bench.run(
            "modify_objects",
            r#"{"object":"users","values":{"name":"Z"},"where":{"users":{"id":2}}}"#
        ),
        r#"{"changes":1}"#
    );
    assert_eq!(
        bench.run(
            "modify_objects",
            r#"{"object":"users","values":{"registration":"r"}}"#
        ),
        r#"{"changes":2}"#
    );
    assert_eq!(
        bench.run(
            "modify_objects",
            r#"{"object":"users","values":{"begin_time":"soon"}}"#
        ),
        "error 1: Invalid member 'begin_time' (int expected, got string)"
    );
}

#[test]
fn destroy_objects() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"},{"name":"B"},{"name":"C"}]}"#,
    );
    bench.run(
        "create_objects",
        r#"{"object":"cards","values":[{"value":5,"user_id":1}]}"#,
    );
    assert_eq!(
        bench.run(
            "destroy_objects",
            r#"{"object":"users","where":{"users":{"id":1}}}"#
        ),
        r#"{"changes":1}"#
    );
    assert_eq!(
        bench.run("load_objects", r#"{"object":"cards"}"#),
        r#"{"cards":[]}"#
    );
    assert_eq!(
        bench.run("destroy_objects", r#"{"object":"users","where":{}}"#),
        r#"{"changes":2}"#
    );
    assert_eq!(
        bench.run("destroy_objects", r#"{"object":"users"}"#),
        r#"{"changes":0}"#
    );
}

#[test]
fn set_configuration() {
    let mut bench = bench();
    let body = r#"{"general":{"language":"en_US"},"push_server":{"push_request_period":"5"}}"#;
    assert_eq!(bench.run("set_configuration", body), "{}");
    assert_eq!(
        bench.effects("set_configuration", body),
        [Effect::Configured]
    );
    assert_eq!(
        bench
            .state
            .configuration()
            .value("push_server", "push_request_period"),
        Some("5")
    );
    assert_eq!(
        bench.run("set_configuration", r#"{"general":{"X":"1"}}"#),
        "error 1: Node or attribute not found. Node path: config->general->param[name=X]"
    );
    assert!(!bench.state.has_own_rows());
}

#[test]
fn get_configuration() {
    let mut bench = bench();
    bench.run("set_configuration", r#"{"general":{"online":"1"}}"#);
    assert_eq!(
        bench.run("get_configuration", r#"{"general":["online"]}"#),
        r#"{"general":{"online":"1"}}"#
    );
}

#[test]
fn system_information() {
    let mut bench = bench();
    bench.pass(90_061);
    assert_eq!(
        bench.run("system_information", ""),
        concat!(
            r#"{"uptime":{"days":1,"hours":1,"minutes":1,"seconds":1},"time":1715069350,"#,
            r#""memory":{"disk":{"free":1611059200,"total":3221225472},"ram":{"free":67555328,"total":268435456}},"#,
            r#""license":{"users":10000,"device":1,"type":"iDAccess"},"biometrics":{"max_num_records":10000},"#,
            r#""network":{"mac":"FC:52:CE:00:5B:6D","ip":"10.0.91.109","netmask":"255.0.0.0","gateway":"10.0.0.1","#,
            r#""web_server_port":80,"ssl_enabled":false,"dhcp_enabled":true,"self_signed_certificate":true,"#,
            r#""dns_primary":"8.8.8.8","dns_secondary":"8.8.4.4"},"serial":"0G0200/005B6D","version":"6.20.6","#,
            r#""device_id":3206485144263533,"secbox_version":2,"iDCloud_code":"CODE","online":false,"online_available":true}"#
        )
        .replace("CODE", &bench.state.identity().cloud_code())
    );
    bench.run("set_configuration", r#"{"general":{"online":"1"}}"#);
    assert!(
        bench
            .run("system_information", "")
            .contains(r#""online":true"#)
    );
}

#[test]
fn set_system_time() {
    let mut bench = bench();
    let body = r#"{"day":1,"month":2,"year":2030,"hour":3,"minute":4,"second":5}"#;
    assert_eq!(bench.run("set_system_time", body), "empty");
    bench.pass(10);
    assert!(
        bench
            .run("system_information", "")
            .contains(r#""time":1896145455,"#)
    );
    assert!(
        bench
            .run("system_information", "")
            .contains(r#""minutes":0,"seconds":10"#)
    );
    assert_eq!(
        bench.run("set_system_time", r#"{"day":1,"month":2}"#),
        "error 1: Invalid member 'year' (int expected, got undefined)"
    );
    for nonsense in ["31,\"month\":2", "1,\"month\":13", "99999,\"month\":1"] {
        let body = format!(r#"{{"day":{nonsense},"year":2030,"hour":3,"minute":4,"second":5}}"#);
        assert!(
            bench
                .run("set_system_time", &body)
                .starts_with("error 1: pushrig: ")
        );
    }
}

#[test]
fn user_hash_password() {
    let mut bench = bench();
    let first = bench.run("user_hash_password", r#"{"password":"123"}"#);
    let value = tree::parse(first.as_bytes()).unwrap();
    assert_eq!(
        value.member("password").unwrap().as_str().unwrap().len(),
        64
    );
    assert_eq!(value.member("salt").unwrap().as_str().unwrap().len(), 16);
    assert!(first.starts_with(r#"{"password":""#));
    assert_ne!(
        first,
        bench.run("user_hash_password", r#"{"password":"123"}"#)
    );
    assert_eq!(
        bench.run("user_hash_password", r#"{"password":123}"#),
        "error 1: Invalid member 'password' (string expected, got int)"
    );
}

#[test]
fn reboot() {
    let mut bench = bench();
    bench.pass(100);
    assert_eq!(bench.run("reboot", ""), "empty");
    assert_eq!(bench.effects("reboot", ""), [Effect::Reboot]);
    assert!(
        bench
            .run("system_information", "")
            .contains(r#""minutes":0,"seconds":0"#)
    );
}

#[test]
fn delete_admins() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"}]}"#,
    );
    bench.run(
        "create_objects",
        r#"{"object":"user_roles","values":[{"user_id":1,"role":1}]}"#,
    );
    assert_eq!(bench.run("delete_admins", ""), "empty");
    assert_eq!(
        bench.run("load_objects", r#"{"object":"user_roles"}"#),
        r#"{"user_roles":[]}"#
    );
}

#[test]
fn logout_and_change_login() {
    assert_eq!(bench().run("logout", ""), "empty");
    assert_eq!(
        bench().run("change_login", r#"{"login":"admin","password":"x"}"#),
        "empty"
    );
    assert_eq!(
        bench().run("change_login", r#"{"login":"admin"}"#),
        "error 1: Invalid member 'password' (string expected, got undefined)"
    );
}

#[test]
fn reset_to_factory_default() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"}]}"#,
    );
    bench.run("set_configuration", r#"{"general":{"online":"1"}}"#);
    assert_eq!(
        bench.run("reset_to_factory_default", r#"{"keep_network_info":true}"#),
        "empty"
    );
    assert_eq!(
        bench.run("load_objects", r#"{"object":"users"}"#),
        r#"{"users":[]}"#
    );
    assert!(!bench.state.has_own_rows());
    assert_eq!(
        bench.state.configuration().value("general", "online"),
        Some("0")
    );
    assert_eq!(
        bench.effects("reset_to_factory_default", r#"{"keep_network_info":true}"#),
        [Effect::FactoryReset]
    );
}

#[test]
fn object_metadata() {
    let answer = bench().run("object_metadata", "{}");
    assert!(answer.starts_with(concat!(
        r#"{"objects":[{"object":"users","fields":["#,
        r#"{"name":"id","type":"int","primary_key":true,"required":false,"unique":false},"#
    )));
    let card = r#"{"name":"value","type":"int","primary_key":false,"required":true,"unique":true},{"name":"user_id","type":"int","primary_key":false,"required":true,"unique":false,"references":"users"}"#;
    assert!(answer.contains(card));
    tree::parse(answer.as_bytes()).unwrap();
}

#[test]
fn anything_else() {
    for endpoint in ["fly", "", "load_objects.fcgi", "Load_Objects", "users"] {
        assert_eq!(
            bench().run(endpoint, "{}"),
            format!("error 1: pushrig: this simulated device has no command {endpoint:?}")
        );
    }
}

#[test]
fn every_command_is_answered_by_more_than_unknown() {
    for command in COMMANDS {
        let answer = bench().run(command, "{}");
        assert!(!answer.contains("has no command"), "{command}: {answer}");
    }
}
