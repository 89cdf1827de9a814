//! What is known to go wrong, item by item, each made by hand on two platforms and more.
//!
//! Nothing here asks the table how a mistake is made: the wrong bytes are written out.

mod bodies;
mod digests;
mod inputs;
mod models;
mod orders;
mod secrets;
mod urls;

use std::collections::HashSet;

use crate::bench::{Scene, ids};
use models::Model;

/// One item: its words, the mistake that must be named, and the scenes with what was computed.
struct Item<'w> {
    words: &'w str,
    id: &'w str,
    made: Vec<(Scene, String)>,
}

/// An item whose effect is that one part had another value.
fn part<'w>(words: &'w str, id: &'w str, part: &str, value: &[u8], on: Vec<Model>) -> Item<'w> {
    let made = on.into_iter().map(|model| {
        let wrong = model.with(part, value);
        (model.scene, wrong)
    });
    Item {
        words,
        id,
        made: made.collect(),
    }
}

/// The first hit names the mistake, alone, in what arrived and in what was computed.
fn check(items: Vec<Item<'_>>) {
    for Item { words, id, made } in items {
        let platforms: HashSet<_> = made.iter().map(|(scene, _)| scene.name.clone()).collect();
        assert!(platforms.len() > 1, "{words}: only on {platforms:?}");
        for (scene, wrong) in made {
            let hits = scene.hits(wrong.as_bytes());
            let named: Vec<_> = hits.iter().take(1).flat_map(ids).collect();
            assert!(
                named.contains(&id) && hits[0].depth() == 1,
                "{words}, {}: {id} is found as {named:?}",
                scene.name
            );
        }
    }
}
