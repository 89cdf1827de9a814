//! What a device remembers of a server to judge it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use memchr::memmem;

use crate::controlid::command::{Command, first, must_not_repeat};
use crate::json::scan;

/// So many polls in a row with the very same command are a loop.
const SAME: u32 = 25;

/// So many polls in a row with any command are one, unless the queue is very long.
const ANY: u32 = 10_000;

/// A server that asks again does so within so many polls.
const ASKED_AGAIN: u8 = 10;

/// The commands that came, in a few words.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Polls in a row that brought commands.
    streak: u32,
    /// Those of them, the last ones, that brought the same.
    same: u32,
    last: u64,
    /// Whether they were slowed down before.
    was_capped: bool,
    /// The first of the last commands that may be asked for again.
    first: Option<u64>,
    /// The command whose result was lost, and the polls since then.
    lost: Option<(u64, u8)>,
}

/// What commands tell about the server.
pub(super) struct News {
    /// It never rests: how many polls that was.
    pub(super) hot_loop: Option<u32>,
    /// It has not asked for a lost result.
    pub(super) lost_command: bool,
    /// The polls in a row have just come to so many that they are slowed down.
    pub(super) capped: bool,
}

impl Watch {
    /// Polls in a row that brought commands.
    pub(super) fn streak(&self) -> u32 {
        self.streak
    }

    /// A poll brought commands.
    pub(super) fn had_commands(&mut self, commands: &[Command], cap: u32) -> News {
        let digest = digest(commands);
        self.first = commands
            .iter()
            .find(|command| !must_not_repeat(&command.endpoint))
            .map(one);
        self.streak = self.streak.saturating_add(1);
        self.same = if digest == self.last && self.streak > 1 {
            self.same.saturating_add(1)
        } else {
            1
        };
        self.last = digest;
        let asks_for = |(lost, _)| commands.iter().any(|command| one(command) == lost);
        let lost_command = if self.lost.is_some_and(asks_for) {
            self.lost = None;
            false
        } else {
            self.has_not_asked()
        };
        News {
            hot_loop: (self.same >= SAME || self.streak >= ANY).then_some(self.streak),
            lost_command,
            capped: cap > 0 && self.streak == cap && !std::mem::replace(&mut self.was_capped, true),
        }
    }

    /// A poll brought none; whether the server has not asked for a lost result by now.
    pub(super) fn had_no_command(&mut self) -> bool {
        self.streak = 0;
        self.has_not_asked()
    }

    /// The result of the last commands is lost. A server does well not to ask again for what
    /// must not happen twice.
    pub(super) fn lost_a_result(&mut self) {
        self.lost = self.first.map(|command| (command, 0)).or(self.lost);
    }

    /// The device was away, so nothing is in a row with what comes.
    pub(super) fn start_again(&mut self) {
        self.streak = 0;
    }

    fn has_not_asked(&mut self) -> bool {
        let Some((_, polls)) = &mut self.lost else {
            return false;
        };
        *polls += 1;
        let over = *polls >= ASKED_AGAIN;
        if over {
            self.lost = None;
        }
        over
    }
}

/// Commands in a word; the same in all of one run, which is all that is needed.
fn digest(commands: &[Command]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for command in commands {
        (&command.endpoint, &command.query, command.body.bytes()).hash(&mut hasher);
    }
    hasher.finish()
}

fn one(command: &Command) -> u64 {
    digest(std::slice::from_ref(command))
}

/// The id with its last digits rounded away, as a double keeps it, if the body names it so.
pub(super) fn rounded_id(id: i64, body: &[u8]) -> Option<String> {
    const EXACT: u64 = 1 << 53;
    if id.unsigned_abs() <= EXACT || body.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "the loss is what is looked for")]
    let double = id as f64;
    let own = id.to_string();
    // JavaScript writes the shortest digits that give the double, then zeros; C writes its value.
    [format!("{double}"), format!("{double:.0}")]
        .into_iter()
        .find(|rounded| *rounded != own && names(body, rounded))
}

/// Whether a number stands in the body, not as a part of a longer one.
fn names(body: &[u8], number: &str) -> bool {
    let digit = |at: Option<usize>| {
        at.and_then(|at| body.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    memmem::find_iter(body, number)
        .any(|at| !digit(at.checked_sub(1)) && !digit(Some(at + number.len())))
}

/// Whether the answer to /result is what was sent, or another result.
pub(super) fn is_echo(answer: &[u8], sent: &[u8]) -> bool {
    answer == sent
        || scan::members(answer).is_ok_and(|members| {
            ["response", "transactions_results"]
                .iter()
                .any(|name| first(&members, name).is_some())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_beyond_2_to_the_53_is_found_where_its_last_digits_are_gone() {
        let id = 1_152_921_504_606_846_977;
        for body in [
            r#"{"deviceId":1152921504606847000}"#,
            r#"{"endpoint":"x","body":"{\"device_id\":1152921504606846976}"}"#,
        ] {
            assert!(rounded_id(id, body.as_bytes()).is_some(), "{body}");
        }
        for body in [
            r#"{"deviceId":1152921504606846977}"#,
            r#"{"deviceId":11529215046068470001}"#,
            "",
        ] {
            assert_eq!(rounded_id(id, body.as_bytes()), None, "{body}");
        }
        // This one is smaller than 2^53, and a double keeps it.
        assert_eq!(rounded_id(3_206_485_144_263_533, b"3206485144263533"), None);
    }
}
