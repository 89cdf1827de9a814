//! The explanation of a record: looked for away from the thread that serves, one at a time, once.
//!
//! A search takes up to a second, and a page asks for a record as often as it likes. Whoever asks
//! meanwhile waits for the search that runs; the platform waits for none.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::{spawn_blocking, spawn_local};

use crate::capture::Record;
use crate::check::Checker;
use crate::diagnose::{diagnose, secret_to_check, url_to_give};
use crate::receiver::LONGEST_EXPLAINED;
use crate::report::explanation::Explanation;
use crate::report::verdict::{VerdictLine, age_in_words};
use crate::signature::Evidence;

/// What is proved of a record, in so many bytes as a page can show: what is more is counted.
#[derive(Default, Serialize)]
pub(super) struct Proof {
    /// As `explain` tells it; `more_bytes`, `more_pieces` and `more_mistakes` count what is not
    /// in it.
    explanation: Option<Value>,
    /// For each mistake, what was signed beside what should have been.
    differences: Vec<Option<String>>,
    /// Its age in words.
    age: Option<String>,
    /// Whether it is so long that its base string and its mistake are not looked for.
    is_too_long: bool,
}

/// So many proofs are kept.
const MOST_KEPT: usize = 64;

type Awaited = watch::Receiver<Option<Arc<Proof>>>;

/// The proofs of the records that were looked at last.
pub(super) struct Proofs {
    kept: RefCell<VecDeque<(u64, Awaited)>>,
    turn: Rc<Semaphore>,
}

impl Default for Proofs {
    fn default() -> Self {
        Self {
            kept: RefCell::default(),
            turn: Rc::new(Semaphore::new(1)),
        }
    }
}

impl Proofs {
    /// The proof of the record of this number, which `search` makes if it was not made yet; none
    /// if that failed.
    pub(super) async fn of(
        &self,
        id: u64,
        search: impl FnOnce() -> Proof + Send + 'static,
    ) -> Option<Arc<Proof>> {
        let known = self.kept.borrow().iter().find(|it| it.0 == id).cloned();
        let (_, mut awaited) = known.unwrap_or_else(|| self.begin(id, search));
        let found = awaited.wait_for(Option::is_some).await;
        found.ok().and_then(|found| found.clone())
    }

    /// It goes on though the one who asked may go away: the next one asks for the same.
    fn begin(&self, id: u64, search: impl FnOnce() -> Proof + Send + 'static) -> (u64, Awaited) {
        let (tell, awaited) = watch::channel(None);
        let turn = Rc::clone(&self.turn);
        spawn_local(async move {
            let _turn = turn.acquire().await;
            if let Ok(proof) = spawn_blocking(search).await {
                tell.send_replace(Some(Arc::new(proof)));
            }
        });
        let mut kept = self.kept.borrow_mut();
        kept.push_back((id, awaited));
        if kept.len() > MOST_KEPT {
            kept.pop_front();
        }
        kept[kept.len() - 1].clone()
    }
}

/// The columns of two texts beside each other.
const WIDTH: usize = 84;

impl Proof {
    pub(super) fn of(record: &Record, checker: &Checker) -> Self {
        let Some(request) = record.request() else {
            return Self::default();
        };
        let mut evidence = Evidence::of(request);
        evidence.public_url = checker.public_url.as_ref();
        let judged = checker.check(record.platform.as_deref(), record.at.as_deref(), &evidence);
        let is_too_long = request.body.len() > LONGEST_EXPLAINED;
        let diagnosis = (!is_too_long)
            .then(|| diagnose(checker, &judged, &evidence, None, &[]))
            .flatten();
        let verdict = VerdictLine::new("", checker, &evidence, &judged, &[], false);
        let age = verdict
            .freshness
            .zip(verdict.age)
            .map(|(freshness, age)| age_in_words(freshness, age));
        let steps = [
            secret_to_check(checker, &judged),
            url_to_give(checker, &judged),
        ];
        let explanation = Explanation {
            verdict,
            diagnosis: diagnosis.as_ref(),
            slips: &[],
            computed: None,
            next_steps: steps.into_iter().flatten().collect(),
            reveal: false,
            veil: &checker.veil,
        };
        let differences = explanation.differences(WIDTH).into_iter();
        Self {
            differences: differences
                .take(MOST_MISTAKES)
                .map(|text| text.map(|text| cut(text, MOST_TEXT)))
                .collect(),
            explanation: serde_json::to_value(explanation.into_line())
                .ok()
                .map(bounded),
            age,
            is_too_long,
        }
    }
}

/// So many mistakes, and pieces of a base string, are told.
const MOST_MISTAKES: usize = 20;
const MOST_PIECES: usize = 100;

/// So many bytes of all pieces together.
const MOST_BASE: usize = 64 << 10;

/// So many bytes of any other text, and so many items of any other list.
const MOST_TEXT: usize = 8 << 10;
const MOST_ITEMS: usize = 100;

/// An explanation that is not longer than a page can show, with the counts of what is left out.
fn bounded(mut explanation: Value) -> Value {
    let pieces = shorten(&mut explanation, "base_string", MOST_PIECES);
    let mistakes = shorten(&mut explanation, "mistakes", MOST_MISTAKES);
    let mut room = MOST_BASE;
    if let Some(pieces) = explanation["base_string"].as_array_mut() {
        for piece in pieces {
            let (text, is_base64) = match piece.get_mut("text") {
                Some(Value::String(text)) => (text, false),
                Some(Value::Object(bytes)) => match bytes.get_mut("base64") {
                    Some(Value::String(text)) => (text, true),
                    _ => continue,
                },
                _ => continue,
            };
            let more = text.len().saturating_sub(room);
            let more = if is_base64 {
                more.next_multiple_of(4).min(text.len())
            } else {
                more
            };
            let end = boundary(text, text.len() - more);
            let more = text.len() - end;
            text.truncate(end);
            room -= end;
            if more > 0 {
                piece["more_bytes"] = json!(if is_base64 { more / 4 * 3 } else { more });
            }
        }
    }
    if let Some(members) = explanation.as_object_mut() {
        for (name, value) in members
            .iter_mut()
            .filter(|(name, _)| *name != "base_string")
        {
            limit(name, value);
        }
        members.insert("more_pieces".to_owned(), json!(pieces));
        members.insert("more_mistakes".to_owned(), json!(mistakes));
    }
    explanation
}

/// Leaves so many items of a list, and says how many are gone.
fn shorten(explanation: &mut Value, list: &str, most: usize) -> usize {
    let Some(list) = explanation[list].as_array_mut() else {
        return 0;
    };
    let more = list.len().saturating_sub(most);
    list.truncate(most);
    more
}

/// Cuts long texts and lists.
fn limit(name: &str, value: &mut Value) {
    match value {
        // What is cut is no base64 any more, unless whole groups of it are left.
        Value::String(text) if name == "base64" => text.truncate(MOST_TEXT),
        Value::String(text) => *text = cut(std::mem::take(text), MOST_TEXT),
        Value::Array(items) => {
            let more = items.len().saturating_sub(MOST_ITEMS);
            items.truncate(MOST_ITEMS);
            for item in items.iter_mut() {
                limit(name, item);
            }
            if more > 0 && items.iter().all(Value::is_string) {
                items.push(json!(format!("… {more} more")));
            }
        }
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, value)| limit(name, value)),
        _ => {}
    }
}

/// The first bytes of a text, and how many more it has.
fn cut(mut text: String, most: usize) -> String {
    let end = boundary(&text, most);
    let more = text.len() - end;
    if more > 0 {
        text.truncate(end);
        // A String takes any text.
        let _ = write!(text, " … {more} more bytes");
    }
    text
}

/// The end of the last character that is whole within so many bytes.
fn boundary(text: &str, most: usize) -> usize {
    let mut ends = (0..=most.min(text.len())).rev();
    ends.find(|&end| text.is_char_boundary(end)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::LocalSet;

    use super::*;
    use crate::net::block_on;

    #[test]
    fn a_record_is_searched_once_however_often_it_is_looked_at() {
        let searched = Arc::new(AtomicUsize::new(0));
        let looked_at = async {
            let proofs = Proofs::default();
            let look = |id| {
                let searched = Arc::clone(&searched);
                proofs.of(id, move || {
                    searched.fetch_add(1, Ordering::Relaxed);
                    Proof::default()
                })
            };
            // One that does not wait for its answer.
            let gone = look(1);
            tokio::select! {
                biased;
                _ = gone => panic!("nobody searched yet"),
                () = std::future::ready(()) => {}
            }
            for _ in 0..100 {
                let (one, other) = tokio::join!(look(1), look(2));
                assert!(one.is_some() && other.is_some());
            }
            assert_eq!(searched.load(Ordering::Relaxed), 2);
            for id in 3..=500 {
                look(id).await;
            }
            proofs.kept.borrow().len()
        };
        let kept = block_on(LocalSet::new().run_until(looked_at)).unwrap();
        assert_eq!(kept, MOST_KEPT, "and no more are kept than have room");
    }

    #[test]
    fn an_explanation_is_bounded_and_says_what_is_left_out() {
        let piece = |text: Value| json!({"part": "a", "bytes": 1, "text": text});
        let long = "中".repeat(MOST_BASE);
        let mut pieces = vec![
            piece("short".into()),
            piece(long.clone().into()),
            piece(json!({"base64": "AAAA".repeat(MOST_BASE)})),
        ];
        pieces.resize(MOST_PIECES + 7, piece("x".into()));
        let explanation = bounded(json!({
            "base_string": pieces,
            "mistakes": vec![json!({"title": long, "order": vec!["k"; 1_000]}); 30],
            "received": {"base64": "AAAA".repeat(MOST_BASE)},
            "expected": null,
        }));
        let (base, mistakes) = (&explanation["base_string"], &explanation["mistakes"]);
        assert_eq!(base[0], piece("short".into()), "what is short is whole");
        let shown = base[1]["text"].as_str().unwrap().len();
        assert_eq!(base[1]["more_bytes"], long.len() - shown);
        assert_eq!(base[2]["more_bytes"], 3 * MOST_BASE);
        assert_eq!(
            (&explanation["more_pieces"], &explanation["more_mistakes"]),
            (&7.into(), &10.into())
        );
        let title = mistakes[0]["title"].as_str().unwrap();
        assert!(
            title.ends_with(" more bytes"),
            "{}",
            &title[MOST_TEXT - 9..]
        );
        assert_eq!(mistakes[0]["order"][MOST_ITEMS], "… 900 more");
        let size = explanation.to_string().len();
        assert!(size < MOST_BASE + 25 * (MOST_TEXT + 2_000), "{size}");
    }
}
