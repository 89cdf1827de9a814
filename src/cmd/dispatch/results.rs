//! What devices answered, as long as it is held.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::controlid::dispatch::{Change, Event};
use crate::json::scan;

/// The bytes of results that are held for whoever asks by number.
const HELD: usize = 64 << 20;

/// What a device answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) success: bool,
    pub(super) response: Option<String>,
    pub(super) error: Option<String>,
}

impl Answered {
    /// Why the device failed. A face that was refused is no error; its response says why.
    pub(super) fn why(&self) -> Option<Cow<'_, str>> {
        if self.success || self.error.is_some() {
            return self.error.as_deref().map(Cow::Borrowed);
        }
        let response = self.response.as_deref().unwrap_or_default().as_bytes();
        let message = scan::find(response, "/errors/0/message").ok().flatten();
        let message = message.and_then(scan::text);
        Some(match message {
            Some(text) => String::from_utf8_lossy(&text).into_owned().into(),
            None => "the device says that it did not succeed".into(),
        })
    }
}

/// The results of commands, the latest ones.
#[derive(Default)]
pub(super) struct Results {
    by_number: BTreeMap<u64, Answered>,
    bytes: usize,
}

impl Results {
    /// Keeps what an event tells of an answer.
    pub(super) fn look(&mut self, event: Event) {
        if let Change::Done {
            number,
            success,
            response,
            error,
        } = event.change
        {
            let answered = Answered {
                success,
                response,
                error,
            };
            self.insert(number, answered);
        }
    }

    /// What a device answered.
    pub(super) fn get(&self, number: u64) -> Option<&Answered> {
        self.by_number.get(&number)
    }

    /// The event that it was.
    pub(super) fn event(&self, number: u64) -> Option<Change> {
        let answered = self.get(number)?.clone();
        Some(Change::Done {
            number,
            success: answered.success,
            response: answered.response,
            error: answered.error,
        })
    }

    pub(super) fn insert(&mut self, number: u64, answered: Answered) {
        self.bytes += size(&answered);
        if let Some(old) = self.by_number.insert(number, answered) {
            self.bytes -= size(&old);
        }
        while self.bytes > HELD {
            let Some((_, old)) = self.by_number.pop_first() else {
                return;
            };
            self.bytes -= size(&old);
        }
    }
}

fn size(answered: &Answered) -> usize {
    const OWN: usize = 128;
    let texts = [&answered.response, &answered.error];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    OWN + texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_that_was_refused_says_why() {
        let why = |response: &str| {
            let answered = Answered {
                success: false,
                response: Some(response.to_owned()),
                error: None,
            };
            answered.why().unwrap().into_owned()
        };
        let face = r#"{"success":false,"errors":[{"code":8,"message":"Low sharpness"}]}"#;
        assert_eq!(why(face), "Low sharpness");
        assert!(why(r#"{"success":false}"#).starts_with("the device says"));
    }

    #[test]
    fn the_latest_results_are_held() {
        let mut results = Results::default();
        let mut insert = |number| {
            results.insert(
                number,
                Answered {
                    success: true,
                    response: Some("x".repeat(20 << 20)),
                    error: None,
                },
            );
        };
        (1..=5).for_each(&mut insert);
        insert(5);
        let left: Vec<_> = results.by_number.keys().copied().collect();
        assert_eq!(left, [3, 4, 5]);
    }
}
