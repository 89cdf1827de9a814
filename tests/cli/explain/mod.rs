//! `pushrig explain`.

mod mistakes;
mod tokens;
mod words;

use serde_json::Value;

/// The ids of the first mistake of an explanation: its own, and those that give the same bytes.
#[track_caller]
fn first_ids(line: &Value) -> Vec<String> {
    let mistake = &line["mistakes"][0];
    let list = |name: &str| {
        let ids = mistake[name].as_array().into_iter().flatten();
        ids.map(|id| id.as_str().expect("an id is a text").to_owned())
            .collect::<Vec<_>>()
    };
    [list("ids"), list("also")].concat()
}
