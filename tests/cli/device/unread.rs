//! Nobody reads what is printed.

use std::time::Duration;

use super::*;
use crate::unread::{Talk, Unread};

#[test]
fn a_reader_that_stops_reading_stops_neither_the_device_nor_ctrl_c_nor_reports() {
    for talk in [Talk::Read, Talk::Unread] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(|request| {
            if is_result(request) {
                Reply::ok()
            } else {
                greets()
            }
        });
        let call = format!(
            "device --server {} --id {ID} --format json --hot-loop-cap 0 --report junit=r.xml",
            server.url("")
        );
        let it = Unread::start(folder.path(), &call, talk);
        // Each command makes two lines, of more than 300 bytes: far more than a pipe holds.
        server.wait_for(1_200);
        it.signal("INT");
        let ended = it.end();
        assert_eq!(ended.code, Some(130), "{}", ended.talk);
        assert!(ended.took < Duration::from_secs(15), "{:?}", ended.took);
        let report = std::fs::read_to_string(folder.path().join("r.xml")).unwrap();
        assert!(report.matches("<testcase ").count() >= 599);
        if talk == Talk::Read {
            assert!(ended.lost() > 100, "{}", ended.talk);
        }
    }
}

#[test]
fn a_time_that_was_given_ends_it_unread() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| Reply::ok());
    let call = format!(
        "device --server {} --id {ID} --devices 200 --period 10ms --ramp 0s --format json --for 2s",
        server.url("")
    );
    let it = Unread::start(folder.path(), &call, Talk::Read);
    let ended = it.end();
    assert_eq!(ended.code, Some(0), "{}", ended.talk);
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    assert!(ended.lost() > 100, "{}", ended.talk);
}

/// What a device is told of is not dropped: it waits for whoever reads, and then goes on.
#[test]
fn a_device_of_which_much_is_unread_waits_for_its_reader() {
    const POLLS: usize = 1_500;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| Reply::ok());
    // A line has the target, so that so many polls are more than may wait.
    let path = "x".repeat(30_000);
    let call = format!(
        "device --server {} --id {ID} --period 1ms --polls {POLLS} --format json",
        server.url(&format!("/{path}"))
    );
    let mut it = Unread::start(folder.path(), &call, Talk::Read);
    it.says("nobody reads standard output, and much waits there");
    let before = server.received().len();
    assert!((1_000..1_200).contains(&before), "{before} polls");
    let read = it.read();
    let ended = it.end();
    assert_eq!(ended.code, Some(0), "{}", ended.talk);
    assert!(!ended.talk.contains("were not read"), "{}", ended.talk);
    let text = read.join().unwrap();
    assert_eq!(text.matches("\"type\":\"poll\"").count(), POLLS);
    assert_eq!(server.received().len(), POLLS);
}
