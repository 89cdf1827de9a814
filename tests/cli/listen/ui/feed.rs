//! What comes is told to the pages.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::{open, wait_for};

#[test]
fn a_record_is_told_to_every_page_when_it_comes() {
    let running = open("onenet --capture c.ndjson");
    let mut pages = [running.events(""), running.events("")];
    let about = pages[0].wait("hello").data;
    assert_eq!(about["url"], running.url(""));
    let tries = about["tries"].to_string();
    assert!(
        tries.contains("pushrig push onenet.online http://"),
        "{tries}"
    );
    // It was given as a text, which is not repeated.
    assert!(tries.contains("--token -"), "{tries}");
    running.takes("onenet.datapoint", "");
    for page in &mut pages {
        let event = page.wait("record");
        assert_eq!(event.id, Some(1));
        let entry = event.data;
        assert_eq!(entry["events"][0], "datapoint");
        assert_eq!(entry["verdict"], "valid");
        assert_eq!(entry["status"], 200);
        assert_eq!(entry["target"], "/push");
        assert_eq!(entry["at"], running.records()[0]["at"]);
    }
}

#[test]
fn a_page_that_was_away_is_told_what_it_missed_and_no_more() {
    let running = open("onenet");
    for event in ["online", "datapoint", "offline"] {
        running.takes(&format!("onenet.{event}"), "");
    }
    wait_for(&running, 3);
    let mut away = running.events("Last-Event-ID: 2\r\n");
    let event = away.wait("record");
    assert_eq!(
        (event.id, &event.data["events"][0]),
        (Some(3), &"offline".into())
    );
    let mut fresh = running.events("");
    assert_eq!(fresh.wait("record").id, Some(1));
    let mut strange = running.events("Last-Event-ID: 99\r\n");
    assert_eq!(strange.wait("record").id, Some(1), "of another run");
}

#[test]
fn what_is_gone_is_said() {
    let running = open("onenet --accept-all -q");
    let mut stream = running.connect();
    let one = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(&one.repeat(1_010)).unwrap();
    wait_for(&running, 1_010);
    let mut late = running.events("Last-Event-ID: 4\r\n");
    assert_eq!(late.wait("missed").data["count"], 6);
    assert_eq!(late.wait("record").id, Some(11));
    assert_eq!(late.wait("kept").data["first"], 11);
    assert_eq!(running.get("record/10").status(), 404);
    assert_eq!(running.get("record/11").status(), 200);
}

#[test]
fn pages_that_were_closed_make_room_for_others_at_once() {
    let running = open("onenet");
    let mut pages: Vec<_> = (0..32).map(|_| running.events("")).collect();
    for page in &mut pages {
        page.wait("hello");
    }
    assert_eq!(running.get("events").status(), 503);
    drop(pages);
    let begun = Instant::now();
    let mut page = running.events("Connection: close\r\n");
    while page.next().is_none_or(|event| event.name != "hello") {
        // No page is said anything for fifteen seconds.
        assert!(begun.elapsed() < Duration::from_secs(10));
        page = running.events("Connection: close\r\n");
    }
}

#[test]
fn pages_take_no_place_of_a_platform() {
    let running = open("onenet --max-connections 1");
    let mut pages = [running.events(""), running.events("")];
    for page in &mut pages {
        page.wait("hello");
    }
    let mut kept = running.connect();
    let (path, host) = (running.page("page.js"), running.host());
    write!(kept, "GET {path} HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
    kept.read_exact(&mut [0; 1]).unwrap();
    running.takes("onenet.online", "");
    for page in &mut pages {
        page.wait("record");
    }
    // Who is let in nowhere has no place of his own.
    let mut platform = running.connect();
    write!(platform, "GET /_pushrig/ HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
    platform.read_exact(&mut [0; 1]).unwrap();
    let mut waiting = running.connect();
    write!(waiting, "GET {path} HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
    let moment = Some(Duration::from_millis(200));
    waiting.set_read_timeout(moment).unwrap();
    assert!(waiting.read_exact(&mut [0; 1]).is_err());
}

#[test]
fn ctrl_c_ends_at_once_with_pages_open() {
    let running = open("onenet");
    let mut pages = [running.events(""), running.events("")];
    for page in &mut pages {
        page.wait("hello");
    }
    // One that never reads anything, with much on its way to it.
    let mut deaf = running.connect();
    write!(
        deaf,
        "GET {} HTTP/1.1\r\n{}\r\n\r\n",
        running.page("events"),
        running.host()
    )
    .unwrap();
    running.takes("onenet.online", "");
    let begun = Instant::now();
    let ended = running.stop();
    assert!(
        begun.elapsed() < Duration::from_millis(1_900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(ended.code, Some(0));
    for page in &mut pages {
        page.wait("end");
        assert!(page.next().is_none());
    }
}

#[test]
fn a_page_that_never_reads_holds_up_nobody() {
    let running = open("onenet --accept-all -q");
    let mut deaf = running.connect();
    write!(
        deaf,
        "GET {} HTTP/1.1\r\n{}\r\n\r\n",
        running.page("events"),
        running.host()
    )
    .unwrap();
    let mut stream = running.connect();
    let target = "x".repeat(8_000);
    let one = format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes();
    for _ in 0..30 {
        stream.write_all(&one.repeat(100)).unwrap();
        let mut answers = vec![0; 100 * 20];
        stream.read_exact(&mut answers).unwrap();
    }
    // What was sent ahead is not what a push is to wait for.
    wait_for(&running, 3_000);
    running.takes("onenet.online", "");
    assert_eq!(running.get("").status(), 200);
    let begun = Instant::now();
    let ended = running.stop();
    assert!(
        begun.elapsed() < Duration::from_millis(1_900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(ended.counter("requests"), 3_001);
    drop(deaf);
}
