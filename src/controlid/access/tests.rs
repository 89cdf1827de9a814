use super::*;
use crate::controlid::command::Reply;
use crate::controlid::identity::Identity;
use crate::controlid::state::tests::{command, text};
use crate::controlid::store::{Store, Template};
use jiff::Timestamp;

/// 2024-05-06, a Monday, 07:08:09 UTC.
const MONDAY: i64 = 1_714_979_289;

fn device() -> (State, Moment) {
    let moment = Moment::fixed(Timestamp::from_second(MONDAY).unwrap(), 1);
    let store = Store::alone(Template::with_users(2).unwrap());
    let state = State::new(Identity::from_id(478_435), store, &moment).unwrap();
    (state, moment)
}

fn run((state, moment): &mut (State, Moment), endpoint: &str, body: &str) -> String {
    let command = command(endpoint, text(body), "");
    match state.answer(&command, moment).reply {
        Reply::Json(json) => String::from_utf8(json).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn event((state, moment): &mut (State, Moment), user: i64, portal: i64) -> Event {
    state.access(user, portal, moment).unwrap().event
}

#[test]
fn a_user_of_a_group_with_a_rule_passes_and_the_log_shows_it() {
    let mut device = device();
    let access = device.0.access(2, 1, &device.1).unwrap();
    assert_eq!(access.event, Event::Granted);
    assert_eq!(
        String::from_utf8(access.dao).unwrap(),
        r#"{"object_changes":[{"object":"access_logs","type":"inserted","values":{"id":"1","time":"1714979289","event":"7","device_id":"478435","identifier_id":"0","user_id":"2","portal_id":"1","identification_rule_id":"0","card_value":"0","qrcode_value":"","pin_value":"","confidence":"0","log_type_id":"0"}}],"device_id":478435}"#
    );
    assert_eq!(
        run(
            &mut device,
            "load_objects",
            r#"{"object":"access_logs","fields":["id","event","user_id"]}"#
        ),
        r#"{"access_logs":[{"id":1,"event":7,"user_id":2}]}"#
    );
    assert_eq!(
        run(
            &mut device,
            "load_objects",
            r#"{"object":"users","fields":["last_access"]}"#
        ),
        r#"{"users":[{"last_access":0},{"last_access":1714979289}]}"#
    );
}

#[test]
fn nobody_is_not_identified_and_nobody_passes_a_portal_without_a_rule() {
    let mut device = device();
    assert_eq!(event(&mut device, 99, 1), Event::NotIdentified);
    assert_eq!(event(&mut device, 1, 2), Event::Denied);
    assert_eq!(
        run(
            &mut device,
            "load_objects",
            r#"{"object":"access_logs","fields":["event","user_id"]}"#
        ),
        r#"{"access_logs":[{"event":3,"user_id":0},{"event":6,"user_id":1}]}"#
    );
}

#[test]
fn a_user_out_of_the_group_or_out_of_time_is_denied() {
    let mut device = device();
    run(
        &mut device,
        "destroy_objects",
        r#"{"object":"user_groups","where":{"user_groups":{"user_id":1}}}"#,
    );
    assert_eq!(event(&mut device, 1, 1), Event::Denied);
    run(
        &mut device,
        "create_objects",
        r#"{"object":"user_access_rules","values":[{"user_id":1,"access_rule_id":1}]}"#,
    );
    assert_eq!(event(&mut device, 1, 1), Event::Granted);
    run(
        &mut device,
        "modify_objects",
        r#"{"object":"users","values":{"end_time":1714979288}}"#,
    );
    assert_eq!(event(&mut device, 1, 1), Event::Denied);
}

#[test]
fn the_weekday_and_the_second_of_the_day_count() {
    let mut device = device();
    for (values, expected) in [
        (r#"{"mon":0}"#, Event::Denied),
        (r#"{"mon":1,"sun":0,"tue":0}"#, Event::Granted),
        (r#"{"start":25690,"end":30000}"#, Event::Denied),
        (r#"{"start":25689}"#, Event::Granted),
        (r#"{"start":0,"end":25688}"#, Event::Denied),
    ] {
        let body = format!(r#"{{"object":"time_spans","values":{values}}}"#);
        run(&mut device, "modify_objects", &body);
        assert_eq!(event(&mut device, 1, 1), expected, "{values}");
    }
}

#[test]
fn the_time_in_the_log_is_the_devices() {
    let mut device = device();
    let time = text(r#"{"day":1,"month":1,"year":2030,"hour":0,"minute":0,"second":1}"#);
    let command = command("set_system_time", time, "");
    device.0.answer(&command, &mut device.1);
    event(&mut device, 1, 1);
    assert_eq!(
        run(
            &mut device,
            "load_objects",
            r#"{"object":"access_logs","fields":["time"]}"#
        ),
        r#"{"access_logs":[{"time":1893456001}]}"#
    );
}
