//! Every order of a body's members is found.

use pushrig::json::tree::{self, Value};
use pushrig::json::{compact, scan};
use pushrig::moment::Moment;
use pushrig::signature::explain::Of;
use pushrig::signature::mistake::Change;

use crate::bench::{ids, moment, scenes, search, text};

#[test]
fn any_order_of_up_to_eight_members_is_found() {
    let mut shuffled = 0;
    for (seed, scene) in (0..).zip(scenes()) {
        let mut moment = moment(seed);
        scene.with_case(|case, form| {
            for part in 0..case.values.len() {
                let Ok(value @ Value::Object(_)) = tree::parse(&case.values[part]) else {
                    continue;
                };
                if scan::members(&case.values[part]).unwrap().len() > 8 {
                    continue;
                }
                let made = compact(&outer_shuffled(value, &mut moment));
                let change = Change::Values(vec![(part, made.clone())]);
                let digest = case.digest_after(&[&change]);
                if digest == case.digest_after(&[]) {
                    continue;
                }
                shuffled += 1;
                let hits = search(case, form, Of::Computed, &[text(form, &digest)]);
                let named: Vec<_> = hits.iter().take(1).flat_map(ids).collect();
                assert!(
                    named.iter().any(|id| id.starts_with("body.")),
                    "{}: {named:?}",
                    scene.name
                );
                let hashed: Vec<u8> = hits[0]
                    .hashed
                    .iter()
                    .filter(|piece| piece.part == Some(part))
                    .flat_map(|piece| piece.bytes.to_vec())
                    .collect();
                assert_eq!(hashed, made);
                if named[0] == "body.key-order" {
                    let order = hits[0].order.as_ref().unwrap();
                    assert!(hits[0].titles[0].contains(&order.order.join(", ")));
                }
            }
        });
    }
    assert!(shuffled > 15, "{shuffled}");
}

/// The object with its own members in another order.
fn outer_shuffled(value: Value, moment: &mut Moment) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    for at in (1..members.len()).rev() {
        members.swap(at, moment.below(at + 1));
    }
    Value::Object(members)
}
