//! What comes again: duplicates, retries and their schedule, old nonces.
//!
//! A push is known again by the handle that its platform documents (`seq`, `msgId`, `id`), or by
//! its message where there is none. So many messages are remembered that a day's retries of a
//! busy platform fit; the oldest is forgotten first.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::platform::Platform;

/// So many messages, and so many nonces, are remembered.
const MOST: usize = 100_000;

/// Of one message so many attempts are remembered.
const MOST_ATTEMPTS: usize = 32;

/// By what a message is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// The key of what has all these parts.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&digest.finalize()[..16]);
        Self(key)
    }
}

/// Everything that arrived lately.
#[derive(Debug, Default)]
pub struct Arrivals {
    messages: HashMap<Key, Message>,
    order: VecDeque<Key>,
    /// The message that a nonce came with.
    nonces: HashMap<Key, Key>,
    nonce_order: VecDeque<Key>,
}

#[derive(Debug)]
struct Message {
    platform: Option<Platform>,
    /// What it is called in words: `seq 12`.
    label: Option<String>,
    /// When each attempt came, in milliseconds, and whether it was accepted.
    attempts: Vec<(i64, bool)>,
    /// How many there were, those that are not remembered included.
    count: usize,
    taken: bool,
}

/// How a message stands among those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Which attempt it is, from 1.
    pub attempt: usize,
    /// How long ago the one before it came.
    pub gap: Option<Duration>,
    /// Whether it was taken before.
    pub is_duplicate: bool,
    /// Whether its nonce came before, with another message.
    pub is_replay: bool,
}

/// A message that was tried more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retried {
    /// The platform.
    pub platform: Option<Platform>,
    /// What it is called in words.
    pub label: String,
    /// How often it came.
    pub count: usize,
    /// The times between the attempts, as far as they are remembered.
    pub gaps: Vec<Duration>,
    /// Whether they are those of the platform's schedule, in words; none where it has none.
    pub schedule: Option<Result<String, String>>,
}

impl Arrivals {
    /// A message has come at this time, with this nonce.
    pub fn arrive(
        &mut self,
        key: Key,
        platform: Option<Platform>,
        label: impl FnOnce() -> String,
        nonce: Option<Key>,
        now: i64,
    ) -> Arrival {
        let is_replay = nonce.is_some_and(|nonce| self.is_old(nonce, key));
        let Some(known) = self.messages.get_mut(&key) else {
            self.order.push_back(key);
            let message = Message {
                platform,
                label: None,
                attempts: vec![(now, false)],
                count: 1,
                taken: false,
            };
            self.messages.insert(key, message);
            if self.order.len() > MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.messages.remove(&oldest);
            }
            return Arrival {
                attempt: 1,
                is_replay,
                ..Arrival::default()
            };
        };
        known.label.get_or_insert_with(label);
        let last = known.attempts.last().map(|(at, _)| *at);
        known.count += 1;
        if known.attempts.len() < MOST_ATTEMPTS {
            known.attempts.push((now, false));
        }
        Arrival {
            attempt: known.count,
            gap: last.map(|last| {
                Duration::from_millis(u64::try_from(now.saturating_sub(last)).unwrap_or_default())
            }),
            is_duplicate: known.taken,
            is_replay,
        }
    }

    /// A message was taken: what comes of it from now on is a duplicate.
    pub fn took(&mut self, key: Key) {
        if let Some(known) = self.messages.get_mut(&key) {
            known.taken = true;
        }
    }

    /// An attempt of a message, from 1, was answered so that the platform counts it as delivered,
    /// or not.
    pub fn answered(&mut self, key: Key, attempt: usize, accepted: bool) {
        let known = self.messages.get_mut(&key);
        let attempts = known.map(|known| &mut known.attempts);
        if let Some(attempt) = attempts.and_then(|all| all.get_mut(attempt.checked_sub(1)?)) {
            attempt.1 = accepted;
        }
    }

    /// The messages that came more than once, as far as they are remembered.
    #[must_use]
    pub fn retried(&self) -> Vec<Retried> {
        let messages = self.order.iter().filter_map(|key| self.messages.get(key));
        messages
            .filter(|message| message.attempts.len() > 1)
            .map(Message::retried)
            .collect()
    }

    /// Whether a nonce came before with another message.
    fn is_old(&mut self, nonce: Key, message: Key) -> bool {
        if let Some(&first) = self.nonces.get(&nonce) {
            return first != message;
        }
        self.nonces.insert(nonce, message);
        self.nonce_order.push_back(nonce);
        if self.nonce_order.len() > MOST
            && let Some(oldest) = self.nonce_order.pop_front()
        {
            self.nonces.remove(&oldest);
        }
        false
    }
}

impl Message {
    fn retried(&self) -> Retried {
        let pairs = self.attempts.windows(2);
        let gaps: Vec<_> = pairs
            .map(|pair| {
                let gap = pair[1].0.saturating_sub(pair[0].0);
                Duration::from_millis(u64::try_from(gap).unwrap_or_default())
            })
            .collect();
        Retried {
            platform: self.platform,
            label: self.label.clone().unwrap_or_default(),
            count: self.count,
            schedule: self.schedule(&gaps),
            gaps,
        }
    }

    /// Whether the platform came back as it says it does. What comes again although it was
    /// accepted follows no schedule.
    fn schedule(&self, gaps: &[Duration]) -> Option<Result<String, String>> {
        let patience = self.platform?.webhook()?.patience();
        let name = self.platform?.name();
        let source = match patience.inferred {
            Some(what) => format!("{name}'s schedule ({what} inferred)"),
            None => format!("{name}'s schedule"),
        };
        for (index, gap) in gaps.iter().enumerate() {
            let number = index + 2;
            if self.attempts[index].1 {
                return Some(Err(format!(
                    "attempt {number} came although the one before it was accepted"
                )));
            }
            let Some(pause) = patience.retries.get(index) else {
                return Some(Err(format!(
                    "attempt {number} is one more than {source} has"
                )));
            };
            // Between two attempts lies the answer to the first, up to the time limit.
            let slack = (*pause / 5).max(Duration::from_millis(500));
            if *gap + slack < *pause || *gap > *pause + slack + patience.limit {
                return Some(Err(format!(
                    "attempt {number} came after {}, and {source} says {}",
                    words(*gap),
                    words(*pause)
                )));
            }
        }
        Some(Ok(format!("as {source} says")))
    }
}

/// A duration to a tenth of a second.
#[must_use]
pub fn words(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(arrivals: &mut Arrivals, message: &str, nonce: &str, now: i64) -> Arrival {
        let key = Key::of(&[message.as_bytes()]);
        let label = || format!("seq {message}");
        let nonce = Some(Key::of(&[b"nonce", nonce.as_bytes()]));
        arrivals.arrive(key, Some(Platform::Tencent), label, nonce, now)
    }

    #[test]
    fn a_message_that_was_taken_is_a_duplicate_and_one_that_was_not_a_retry() {
        let mut arrivals = Arrivals::default();
        let key = Key::of(&[b"1"]);
        assert_eq!(arrive(&mut arrivals, "1", "a", 0).attempt, 1);
        arrivals.answered(key, 1, false);
        let second = arrive(&mut arrivals, "1", "a", 1000);
        assert_eq!((second.attempt, second.is_duplicate), (2, false));
        assert_eq!(second.gap, Some(Duration::from_secs(1)));
        arrivals.took(key);
        assert!(arrive(&mut arrivals, "1", "a", 2000).is_duplicate);
        assert!(!arrive(&mut arrivals, "2", "b", 2000).is_duplicate);
    }

    #[test]
    fn a_nonce_with_another_message_is_a_replay_and_with_the_same_a_retry() {
        let mut arrivals = Arrivals::default();
        assert!(!arrive(&mut arrivals, "1", "a", 0).is_replay);
        assert!(!arrive(&mut arrivals, "1", "a", 1).is_replay);
        assert!(arrive(&mut arrivals, "2", "a", 2).is_replay);
        assert!(!arrive(&mut arrivals, "2", "b", 3).is_replay);
    }

    #[test]
    fn retries_are_held_against_the_vendors_schedule() {
        let schedule = |times: &[i64]| {
            let mut arrivals = Arrivals::default();
            for &time in times {
                arrive(&mut arrivals, "1", "a", time);
            }
            let retried = arrivals.retried();
            retried.into_iter().next().and_then(|it| it.schedule)
        };
        let right = Some(Ok("as Tencent's schedule says".to_owned()));
        assert_eq!(schedule(&[0, 1_010, 4_030, 14_100]), right);
        assert_eq!(schedule(&[0, 1_400]), right);
        let wrong = |times: &[i64]| schedule(times).unwrap().unwrap_err();
        assert_eq!(
            wrong(&[0, 1_000, 11_500]),
            "attempt 3 came after 10.5 s, and Tencent's schedule says 3.0 s"
        );
        assert!(wrong(&[0, 1_000, 4_000, 14_000, 15_000]).contains("one more than"));
        assert_eq!(schedule(&[0]), None);
    }

    #[test]
    fn a_second_attempt_of_what_was_accepted_is_said() {
        let mut arrivals = Arrivals::default();
        arrive(&mut arrivals, "1", "a", 0);
        arrivals.answered(Key::of(&[b"1"]), 1, true);
        arrive(&mut arrivals, "1", "a", 1_000);
        let retried = &arrivals.retried()[0];
        assert_eq!(retried.label, "seq 1");
        let why = retried.schedule.clone().unwrap().unwrap_err();
        assert!(why.contains("although"), "{why}");
    }

    #[test]
    fn the_oldest_is_forgotten_and_memory_does_not_grow() {
        let mut arrivals = Arrivals::default();
        for number in 0..=MOST {
            arrive(&mut arrivals, &number.to_string(), &number.to_string(), 0);
        }
        assert_eq!(arrivals.messages.len(), MOST);
        assert_eq!(arrivals.nonces.len(), MOST);
        assert_eq!(arrive(&mut arrivals, "0", "x", 1).attempt, 1);
    }
}
