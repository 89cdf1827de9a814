//! What comes again: duplicates, retries and their schedule, old nonces.
//!
//! A push is known again by the handle that its platform documents (`seq`, `msgId`, `id`), or by
//! its message where there is none. So many messages are remembered that a day's retries of a
//! busy platform fit; the oldest is forgotten first.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher};
use std::time::Duration;

use foldhash::quality::FixedState;

use crate::platform::Platform;

/// So many messages, and so many nonces, are remembered.
const MOST: usize = 100_000;

/// Of one message so many attempts are remembered.
const MOST_ATTEMPTS: usize = 32;

/// By what a message is known again: 64 bits of it. That two of a hundred thousand messages share
/// them is a chance of one in four thousand million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// The key of what has all these parts.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = FixedState::default().build_hasher();
        for part in parts {
            part.hash(&mut hasher);
        }
        Self(hasher.finish())
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// A map whose keys are hashes: they need no second one.
type KeyMap<T> = HashMap<Key, T, BuildHasherDefault<AsItIs>>;

/// Takes a hash as it is.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}

/// Everything that arrived lately.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// The number of each message that is remembered; numbers are given in order.
    numbers: KeyMap<u32>,
    /// Those messages, by their numbers.
    messages: VecDeque<Message>,
    /// The number of the first of them.
    first: u32,
    /// The message that a nonce came with.
    nonces: KeyMap<Key>,
    nonce_order: VecDeque<Key>,
}

#[derive(Debug)]
struct Message {
    key: Key,
    platform: Option<Platform>,
    taken: bool,
    attempt: Attempt,
    /// Most messages come once, and have none.
    again: Option<Box<Again>>,
}

/// A message that came again.
#[derive(Debug)]
struct Again {
    /// What it is called in words: `seq 12`.
    label: String,
    /// The attempts behind the first.
    attempts: Vec<Attempt>,
    /// When the last one came, in milliseconds; it may not be remembered.
    last: i64,
    /// How many there were in all, those that are not remembered included.
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    /// When it came, in milliseconds.
    at: i64,
    /// Whether it was accepted.
    accepted: bool,
}

/// How a message stands among those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Which of the remembered messages it is; none if it is nobody's.
    pub(super) message: Option<u32>,
    /// Which attempt it is, from 1.
    pub attempt: usize,
    /// How long ago the one before it came.
    pub gap: Option<Duration>,
    /// Whether it was taken before.
    pub is_duplicate: bool,
    /// Whether its nonce came before, with another message.
    pub is_replay: bool,
    /// Whether it is the attempt by which its message was taken.
    pub(super) has_taken: bool,
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
        self.reserve();
        // Nobody waits for the answer to what came four thousand million messages ago.
        let fresh = self.first.wrapping_add(self.count());
        let number = *self.numbers.entry(key).or_insert(fresh);
        let mut arrival = Arrival {
            message: Some(number),
            attempt: 1,
            is_replay: nonce.is_some_and(|nonce| self.is_old(nonce, key)),
            ..Arrival::default()
        };
        let attempt = Attempt {
            at: now,
            accepted: false,
        };
        if number == fresh {
            self.remember(Message {
                key,
                platform,
                taken: false,
                attempt,
                again: None,
            });
        } else if let Some(known) = self.message(number) {
            let again = known.again.get_or_insert_with(|| {
                Box::new(Again {
                    label: label(),
                    attempts: Vec::new(),
                    last: known.attempt.at,
                    count: 1,
                })
            });
            let last = std::mem::replace(&mut again.last, now);
            again.count += 1;
            if again.attempts.len() + 1 < MOST_ATTEMPTS {
                again.attempts.push(attempt);
            }
            arrival.attempt = again.count;
            arrival.gap = Some(between(last, now));
            arrival.is_duplicate = known.taken;
        }
        arrival
    }

    /// A message was taken, by the attempt that this is: what comes of it from now on is a
    /// duplicate.
    pub fn took(&mut self, arrival: &mut Arrival) {
        if let Some(known) = arrival.message.and_then(|number| self.message(number)) {
            arrival.has_taken |= !known.taken;
            known.taken = true;
        }
    }

    /// It was not taken after all.
    pub fn dropped(&mut self, arrival: &Arrival) {
        let known = arrival.message.filter(|_| arrival.has_taken);
        if let Some(known) = known.and_then(|number| self.message(number)) {
            known.taken = false;
        }
    }

    /// An attempt of a message was answered so that the platform counts it as delivered, or not.
    pub fn answered(&mut self, arrival: &Arrival, accepted: bool) {
        let known = arrival.message.and_then(|number| self.message(number));
        if let Some(attempt) = known.and_then(|known| known.attempt_mut(arrival.attempt)) {
            attempt.accepted = accepted;
        }
    }

    /// The messages that came more than once, as far as they are remembered.
    #[must_use]
    pub fn retried(&self) -> Vec<Retried> {
        self.messages.iter().filter_map(Message::retried).collect()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }

    /// None of one that was forgotten.
    fn message(&mut self, number: u32) -> Option<&mut Message> {
        let at = number.wrapping_sub(self.first);
        self.messages.get_mut(usize::try_from(at).ok()?)
    }

    /// The maps never grow: at the rates that a load test has, that would cost as much as filling
    /// them.
    fn reserve(&mut self) {
        if self.numbers.capacity() == 0 {
            self.numbers.reserve(MOST + 1);
            self.nonces.reserve(MOST + 1);
        }
    }

    /// Remembers one more, and forgets the oldest where they are too many.
    fn remember(&mut self, message: Message) {
        self.messages.push_back(message);
        if self.messages.len() > MOST
            && let Some(oldest) = self.messages.pop_front()
        {
            self.first = self.first.wrapping_add(1);
            self.numbers.remove(&oldest.key);
        }
    }

    /// Whether a nonce came before with another message.
    fn is_old(&mut self, nonce: Key, message: Key) -> bool {
        let first = *self.nonces.entry(nonce).or_insert_with(|| {
            self.nonce_order.push_back(nonce);
            message
        });
        if self.nonce_order.len() > MOST
            && let Some(oldest) = self.nonce_order.pop_front()
        {
            self.nonces.remove(&oldest);
        }
        first != message
    }
}

fn between(first: i64, then: i64) -> Duration {
    Duration::from_millis(u64::try_from(then.saturating_sub(first)).unwrap_or_default())
}

impl Message {
    /// The attempt of this number, from 1.
    fn attempt_mut(&mut self, number: usize) -> Option<&mut Attempt> {
        match (number, &mut self.again) {
            (1, _) => Some(&mut self.attempt),
            (_, Some(again)) => again.attempts.get_mut(number.checked_sub(2)?),
            (_, None) => None,
        }
    }

    /// None where it came once.
    fn retried(&self) -> Option<Retried> {
        let again = self.again.as_ref()?;
        let attempts: Vec<_> = std::iter::once(self.attempt)
            .chain(again.attempts.iter().copied())
            .collect();
        let gaps = attempts.windows(2).map(|two| between(two[0].at, two[1].at));
        let gaps: Vec<_> = gaps.collect();
        Some(Retried {
            platform: self.platform,
            label: again.label.clone(),
            count: again.count,
            schedule: self.schedule(&attempts, &gaps),
            gaps,
        })
    }

    /// Whether the platform came back as it says it does. What comes again although it was
    /// accepted follows no schedule.
    fn schedule(&self, attempts: &[Attempt], gaps: &[Duration]) -> Option<Result<String, String>> {
        let patience = self.platform?.webhook()?.patience();
        let name = self.platform?.name();
        let source = match patience.inferred {
            Some(what) => format!("{name}'s schedule ({what} inferred)"),
            None => format!("{name}'s schedule"),
        };
        for (index, gap) in gaps.iter().enumerate() {
            let number = index + 2;
            if attempts[index].accepted {
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
        let first = arrive(&mut arrivals, "1", "a", 0);
        assert_eq!(first.attempt, 1);
        arrivals.answered(&first, false);
        let mut second = arrive(&mut arrivals, "1", "a", 1000);
        assert_eq!((second.attempt, second.is_duplicate), (2, false));
        assert_eq!(second.gap, Some(Duration::from_secs(1)));
        arrivals.took(&mut second);
        arrivals.dropped(&second);
        assert!(!arrive(&mut arrivals, "1", "a", 1500).is_duplicate);
        arrivals.took(&mut second);
        let mut third = arrive(&mut arrivals, "1", "a", 2000);
        assert!(third.is_duplicate);
        arrivals.took(&mut third);
        arrivals.dropped(&third);
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
        let first = arrive(&mut arrivals, "1", "a", 0);
        arrivals.answered(&first, true);
        arrive(&mut arrivals, "1", "a", 1_000);
        let retried = &arrivals.retried()[0];
        assert_eq!(retried.label, "seq 1");
        let why = retried.schedule.clone().unwrap().unwrap_err();
        assert!(why.contains("although"), "{why}");
    }

    #[test]
    fn gaps_are_right_beyond_the_attempts_that_are_remembered() {
        let mut arrivals = Arrivals::default();
        for number in 0..50 {
            let arrival = arrive(&mut arrivals, "1", "a", 700 * number);
            let gap = (number > 0).then(|| Duration::from_millis(700));
            assert_eq!(arrival.gap, gap, "attempt {}", arrival.attempt);
        }
    }

    #[test]
    fn a_forgotten_message_that_comes_again_with_its_nonce_is_no_replay() {
        let mut arrivals = Arrivals::default();
        arrive(&mut arrivals, "0", "kept", 0);
        for number in 1..=MOST {
            arrivals.arrive(
                Key::of(&[number.to_string().as_bytes()]),
                None,
                String::new,
                None,
                0,
            );
        }
        let again = arrive(&mut arrivals, "0", "kept", 1);
        assert_eq!((again.attempt, again.is_replay), (1, false));
    }

    #[test]
    fn the_oldest_is_forgotten_and_memory_does_not_grow() {
        let mut arrivals = Arrivals::default();
        for number in 0..=MOST {
            arrive(&mut arrivals, &number.to_string(), &number.to_string(), 0);
        }
        assert_eq!(arrivals.messages.len(), MOST);
        assert_eq!(arrivals.numbers.len(), MOST);
        assert_eq!(arrivals.nonces.len(), MOST);
        let mut again = arrive(&mut arrivals, "0", "x", 1);
        assert_eq!(again.attempt, 1);
        arrivals.took(&mut again);
        assert!(arrive(&mut arrivals, "0", "x", 2).is_duplicate);
        assert_eq!(arrive(&mut arrivals, "2", "2", 2).attempt, 2, "not yet");
    }
}
