//! Results that say little of whose they are.

use super::*;

fn order_of(endpoint: &str) -> Order {
    order(&format!(
        "{{\"endpoint\":\"{endpoint}\",\"policy\":\"at-most-once\"}}"
    ))
}

#[test]
fn a_result_with_a_uuid_finds_a_poll_that_had_none() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.enqueue(0, ID, load(2));
    it.poll(0, ID, None);
    let taken = it.result(0, ID, Some("late"), Some("load_objects"), OK);
    assert_eq!(taken.matched[0], 1);
    it.poll(0, ID, Some("own"));
    let taken = it.result(0, ID, Some("own"), None, OK);
    assert_eq!(taken.matched[0], 2);
}

#[test]
fn strangers_are_remembered_up_to_a_number_and_those_with_orders_always() {
    let mut it = Dispatch::default();
    for stranger in 0..STRANGERS + 10 {
        it.poll(0, &stranger.to_string(), None);
    }
    assert_eq!(it.devices().count(), STRANGERS);
    it.enqueue(0, "new", load(1));
    assert_eq!(it.poll(0, "new", None).numbers, [1]);
}

#[test]
fn an_empty_endpoint_is_none() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, load(1));
    it.poll(0, ID, None);
    let mut post = Request::new("POST", format!("/result?deviceId={ID}&uuid=&endpoint="));
    post.body = OK.to_vec();
    assert_eq!(it.answer(0, &post).notes, []);
    assert_eq!(it.tally().done, 1);
}

#[test]
fn a_late_result_without_a_uuid_is_not_that_of_another_endpoint_in_flight() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, order_of("first"));
    it.enqueue(0, ID, order_of("second"));
    it.poll(0, ID, None);
    it.expire(60_000);
    it.poll(60_000, ID, None);
    let taken = it.result(60_001, ID, None, Some("first"), OK);
    assert_eq!(taken.matched[0], 1);
    let taken = it.result(60_001, ID, None, Some("second"), OK);
    assert_eq!(taken.matched[0], 2);
}

#[test]
fn a_command_without_a_result_keeps_its_uuid() {
    let mut it = Dispatch::default();
    it.enqueue(0, ID, order_of("first"));
    it.poll(0, ID, Some("first"));
    it.expire(60_000);
    for number in 0..=RECENT {
        it.enqueue(60_000, ID, load(1));
        let uuid = number.to_string();
        it.poll(60_000, ID, Some(&uuid));
        it.result(60_000, ID, Some(&uuid), None, OK);
    }
    let taken = it.result(60_001, ID, Some("first"), None, OK);
    assert_eq!(taken.matched[0], 1);
    let gone = it.result(60_001, ID, Some("0"), None, OK);
    assert!(gone.notes[0].to_string().ends_with("is not known any more"));
}
