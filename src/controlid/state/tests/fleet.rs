//! Many devices that read one template; a device whose state is a file.

use std::sync::Arc;

use super::{Bench, NOW, bench};
use crate::controlid::identity::Identity;
use crate::controlid::state::State;
use crate::controlid::store::{FileError, Quota, Store, Template};
use crate::moment::Moment;
use jiff::Timestamp;

const CREATE: &str = r#"{"object":"users","values":[{"name":"New"}]}"#;
const COUNT: &str = r#"{"object":"users","fields":["COUNT(*)"]}"#;

fn moment() -> Moment {
    Moment::fixed(Timestamp::from_second(NOW).unwrap(), 7)
}

fn device(id: i64, template: &Arc<Template>, quota: &Quota) -> Bench {
    let store = Store::shared(Arc::clone(template), quota.clone());
    let moment = moment();
    let state = State::new(Identity::from_id(id), store, &moment).unwrap();
    Bench { state, moment }
}

#[test]
fn readers_share_the_template_and_a_writer_gets_its_own_rows() {
    let template = Template::with_users(3).unwrap();
    let quota = Quota::limited(1);
    let mut first = device(1, &template, &quota);
    let mut second = device(2, &template, &quota);
    assert_eq!(
        first.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":3}]}"#
    );
    assert_eq!(first.run("create_objects", CREATE), r#"{"ids":[4]}"#);
    assert!(first.state.has_own_rows() && !second.state.has_own_rows());
    assert_eq!(
        first.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":4}]}"#
    );
    assert_eq!(
        second.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":3}]}"#
    );
}

#[test]
fn beyond_the_quota_a_write_is_refused_until_a_device_gives_its_rows_back() {
    let template = Template::with_users(3).unwrap();
    let quota = Quota::limited(1);
    let mut first = device(1, &template, &quota);
    let mut second = device(2, &template, &quota);
    first.run("create_objects", CREATE);
    assert_eq!(
        second.run("create_objects", CREATE),
        "error 1: pushrig: too many devices of this fleet have a state of their own"
    );
    assert_eq!(
        second.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":3}]}"#
    );
    assert_eq!(first.run("reset_to_factory_default", "{}"), "empty");
    assert_eq!(
        first.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":0}]}"#
    );
    assert_eq!(quota.left(), 1);
    assert_eq!(second.run("create_objects", CREATE), r#"{"ids":[4]}"#);
}

#[test]
fn each_reader_sees_itself_among_the_devices() {
    let template = Template::factory().unwrap();
    let quota = Quota::unlimited();
    for id in [0, 5, 3_206_485_144_263_533, i64::MAX] {
        let mut bench = device(id, &template, &quota);
        let expected = format!(r#"{{"devices":[{{"id":{id}}}]}}"#);
        let body = r#"{"object":"devices","fields":["id"]}"#;
        assert_eq!(bench.run("load_objects", body), expected);
        bench.run("create_objects", CREATE);
        assert_eq!(bench.run("load_objects", body), expected);
    }
}

#[test]
fn seeded_people_are_in_group_1_and_have_a_card() {
    let template = Template::with_users(2).unwrap();
    let mut bench = device(1, &template, &Quota::unlimited());
    assert_eq!(
        bench.run(
            "load_objects",
            r#"{"object":"users","fields":["id","registration","name"]}"#
        ),
        r#"{"users":[{"id":1,"registration":"1","name":"Person 1"},{"id":2,"registration":"2","name":"Person 2"}]}"#
    );
    assert_eq!(
        bench.run(
            "load_objects",
            r#"{"object":"cards","where":{"groups":{"id":1}}}"#
        ),
        r#"{"cards":[{"id":1,"value":429496729601,"user_id":1},{"id":2,"value":429496729602,"user_id":2}]}"#
    );
}

#[test]
fn a_state_file_keeps_rows_configuration_and_clock_over_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let open = || {
        let template = Template::with_users(2).unwrap();
        let store = Store::open_file(&path, template).unwrap();
        let moment = moment();
        let state = State::new(Identity::from_id(7), store, &moment).unwrap();
        Bench { state, moment }
    };
    let mut bench = open();
    assert_eq!(bench.run("create_objects", CREATE), r#"{"ids":[3]}"#);
    bench.run("set_configuration", r#"{"general":{"online":"1"}}"#);
    bench.run(
        "set_system_time",
        r#"{"day":1,"month":1,"year":2030,"hour":0,"minute":0,"second":0}"#,
    );
    let time = bench.state.time(&bench.moment);
    drop(bench);

    let mut bench = open();
    assert_eq!(
        bench.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":3}]}"#
    );
    assert_eq!(
        bench.run("get_configuration", r#"{"general":["online"]}"#),
        r#"{"general":{"online":"1"}}"#
    );
    assert_eq!(bench.state.time(&bench.moment), time);
    let own = bench.run("load_objects", r#"{"object":"devices","fields":["id"]}"#);
    assert_eq!(own, r#"{"devices":[{"id":7}]}"#);
    assert_eq!(
        bench.run(
            "create_objects",
            r#"{"object":"cards","values":[{"value":1,"user_id":99}]}"#
        ),
        "error 1: constraint failed: FOREIGN KEY constraint failed"
    );
    bench.run("reset_to_factory_default", "{}");
    drop(bench);

    let mut bench = open();
    assert_eq!(
        bench.run("load_objects", COUNT),
        r#"{"users":[{"COUNT(*)":0}]}"#
    );
    assert_eq!(
        bench.run("get_configuration", r#"{"general":["online"]}"#),
        r#"{"general":{"online":"0"}}"#
    );
}

#[test]
fn a_file_that_is_no_state_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "my notes, which are longer than a header of a database file would be; on and on they go, line after line").unwrap();
    assert!(Store::open_file(&text, Template::factory().unwrap()).is_err());
    let other = folder.path().join("other.db");
    let database = rusqlite::Connection::open(&other).unwrap();
    database.execute_batch("CREATE TABLE mine(x)").unwrap();
    drop(database);
    let error = Store::open_file(&other, Template::factory().unwrap())
        .err()
        .unwrap();
    assert!(matches!(error, FileError::Foreign), "{error}");
}

#[test]
fn what_a_device_holds_that_only_reads_is_small() {
    assert!(size_of::<State>() <= 256, "{}", size_of::<State>());
    assert!(!bench().state.has_own_rows());
}
