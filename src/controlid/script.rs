//! A user's own answers: `--script FILE`.
//!
//! ```toml
//! [[answer]]
//! endpoint = "load_objects"             # which command; no .fcgi, no slash
//! body = { "/object" = "users" }        # what stands where in its body; all must fit
//! reply = '{"users":[]}'                # the JSON that comes back
//! delay = "2s"                          # how long the command takes
//! times = 1                             # how often this answer is given; then the next one fits
//!
//! [[answer]]
//! endpoint = "execute_actions"
//! error = "no such door"                # instead of `reply`; `code` is 1 where it is not given
//! ```
//! Instead of `reply` there may stand `error` (and `code`), `empty = true` for a success with nothing
//! to say, or `bytes = { base64 = "…" }` for an image. The first answer that fits and is not used
//! up counts; where none does, the simulated device answers. `examples/controlid/answers.toml` is
//! an example with a comment at each key. A file that is read wrongly would give wrong tests, so
//! nothing is guessed: what is not known is refused at its place.

use std::time::Duration;

use crate::error::Error;
use crate::json::{Condition, scan};
use crate::table::{Document, Item, Table, one_of, quoted};

use super::command::{Command, Reply, compacted};

const KEYS: &[&str] = &[
    "endpoint", "body", "reply", "error", "code", "empty", "bytes", "delay", "times",
];

/// The keys that say what comes back.
const REPLIES: &[&str] = &["reply", "error", "empty", "bytes"];

/// Answers in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    answers: Vec<Scripted>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    endpoint: String,
    body: Vec<Condition>,
    /// What comes back.
    pub reply: Reply,
    /// How long the command takes.
    pub delay: Duration,
    times: Option<u32>,
}

/// How often a device has used each answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used(Vec<u32>);

impl Script {
    /// Reads the script in `text`; errors name `file_name`, the line and the column (both from
    /// 1, the column in bytes).
    pub fn read(file_name: &str, text: &str) -> Result<Self, Error> {
        let document = Document::new(file_name, text);
        let root = document.parse()?;
        let table = Table::root(&document, &root, "a script", &["answer"])?;
        let listed = table.need("answer", "[[answer]]")?;
        let mut answers: Vec<Scripted> = Vec::new();
        for item in listed.list("[[answer]]")? {
            let table = item.table("an answer", KEYS)?;
            let scripted = scripted(&table)?;
            if let Some(at) = answers.iter().position(|it| it.hides(&scripted)) {
                return Err(table.refuse(
                    format!(
                        "this is never reached: answer {} always comes first",
                        at + 1
                    ),
                    "give that one `times` or `body`, or put this one before it",
                ));
            }
            answers.push(scripted);
        }
        Ok(Self { answers })
    }

    /// The answer to a command, which is used once more by that.
    pub fn find(&self, used: &mut Used, command: &Command) -> Option<&Scripted> {
        used.0.resize(self.answers.len(), 0);
        let mut answers = self.answers.iter().zip(&mut used.0);
        let (answer, count) = answers.find(|(answer, count)| {
            answer.endpoint == command.endpoint
                && answer.times.is_none_or(|times| **count < times)
                && answer.fits(command.body.bytes())
        })?;
        *count = count.saturating_add(1);
        Some(answer)
    }
}

impl Scripted {
    fn fits(&self, body: &[u8]) -> bool {
        self.body.iter().all(|condition| condition.holds(body))
    }

    /// Whether it fits wherever the other does, and never ends.
    fn hides(&self, other: &Self) -> bool {
        self.endpoint == other.endpoint && self.times.is_none() && self.body.is_empty()
    }
}

fn scripted(table: &Table<'_>) -> Result<Scripted, Error> {
    let code = match table.find("code") {
        Some(code) if table.find("error").is_none() => {
            return Err(code.refuse(
                "`code` belongs to an `error`, and there is none",
                "write `error = \"…\"` beside it",
            ));
        }
        Some(code) => code.number("a whole number")?,
        None => 1,
    };
    Ok(Scripted {
        endpoint: endpoint(&table.need("endpoint", "endpoint = \"load_objects\"")?)?,
        body: match table.find("body") {
            Some(body) => conditions(&body)?,
            None => Vec::new(),
        },
        reply: reply(table, code)?,
        delay: match table.find("delay") {
            Some(delay) => delay.duration()?,
            None => Duration::ZERO,
        },
        times: match table.find("times") {
            Some(times) => Some(at_least_once(&times)?),
            None => None,
        },
    })
}

fn endpoint(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty() || !text.chars().all(fits) {
        return Err(item.refuse(
            format!("{} is no endpoint", quoted(text)),
            "write the command's name alone: `load_objects`, without `.fcgi` and `/`",
        ));
    }
    Ok(text.to_owned())
}

fn conditions(body: &Item<'_>) -> Result<Vec<Condition>, Error> {
    const EXAMPLE: &str = "`body = { \"/object\" = \"users\" }`";
    let Some(table) = body.entries() else {
        return Err(body.refuse("`body` is not a table", format!("for example {EXAMPLE}")));
    };
    table
        .pairs()
        .into_iter()
        .map(|(key, value)| {
            let path = key
                .parse()
                .map_err(|why| value.refuse(format!("{why}"), format!("for example {EXAMPLE}")))?;
            Ok(Condition::new(path, value.scalar()?))
        })
        .collect()
}

fn reply(table: &Table<'_>, code: i64) -> Result<Reply, Error> {
    let found = table.found(REPLIES);
    let item = match found.as_slice() {
        [item] => item,
        [] => {
            return Err(table.refuse(
                "the answer does not say what comes back",
                format!("say it with {}", one_of(REPLIES.iter().copied())),
            ));
        }
        [first, second, ..] => {
            return Err(second.refuse(
                format!(
                    "the answer has both {} and {}",
                    quoted(first.key()),
                    quoted(second.key())
                ),
                "keep one of them",
            ));
        }
    };
    Ok(match item.key() {
        "reply" => {
            let json = item.text()?.as_bytes();
            scan::check(json).map_err(|why| {
                item.refuse(
                    format!("the reply is not JSON: {why}"),
                    "write it in single quotes: `reply = '{\"users\":[]}'`",
                )
            })?;
            Reply::Json(compacted(json))
        }
        "error" => Reply::Error {
            message: item.text()?.to_owned(),
            code,
        },
        "bytes" => Reply::Binary(item.bytes()?),
        // The keys were checked against the list, in which `empty` is the only one left.
        _ => {
            item.yes("`true`")?;
            Reply::Empty
        }
    })
}

fn at_least_once(times: &Item<'_>) -> Result<u32, Error> {
    const WANTED: &str = "how often the answer is given, 1 or more";
    let count = times.number(WANTED)?;
    if count == 0 {
        return Err(times.refuse("an answer that is given 0 times is none", WANTED));
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controlid::state::tests::{self, text};

    fn command(endpoint: &str, body: &str) -> Command {
        tests::command(endpoint, text(body), "")
    }

    const EXAMPLE: &str = include_str!("../../examples/controlid/answers.toml");

    #[test]
    fn the_example_answers_as_its_comments_say() {
        let script = Script::read("answers.toml", EXAMPLE).unwrap();
        let mut used = Used::default();
        let mut ask = |endpoint, body| {
            let found = script.find(&mut used, &command(endpoint, body));
            found.map(|it| (it.reply.clone(), it.delay))
        };
        let users = r#"{"object":"users"}"#;
        let walter = Reply::Json(br#"{"users":[{"id":1,"name":"Walter White"}]}"#.to_vec());
        assert_eq!(ask("load_objects", users), Some((walter, Duration::ZERO)));
        let none = Reply::Json(br#"{"users":[]}"#.to_vec());
        assert_eq!(
            ask("load_objects", users),
            Some((none, Duration::from_secs(2)))
        );
        assert_eq!(ask("load_objects", r#"{"object":"cards"}"#), None);
        let jammed = Reply::Error {
            message: "the door is jammed".to_owned(),
            code: 7,
        };
        let door = r#"{"actions":[{"action":"door","parameters":"door=1"}]}"#;
        assert_eq!(ask("execute_actions", door).unwrap().0, jammed);
        assert_eq!(ask("set_system_time", "{}").unwrap().0, Reply::Empty);
        let image = Reply::Binary(vec![0xFF, 0xD8, 0xFF, 0xD9]);
        assert_eq!(ask("user_get_image", "").unwrap().0, image);
    }

    #[test]
    fn each_device_uses_the_answers_up_by_itself() {
        let text = "[[answer]]\nendpoint = \"x\"\nempty = true\ntimes = 1\n";
        let script = Script::read("s", text).unwrap();
        let (mut one, mut other) = (Used::default(), Used::default());
        assert!(script.find(&mut one, &command("x", "")).is_some());
        assert!(script.find(&mut one, &command("x", "")).is_none());
        assert!(script.find(&mut other, &command("x", "")).is_some());
    }

    #[test]
    fn what_is_wrong_is_refused_at_its_place() {
        for (answer, expected) in [
            ("reply = '{}'", "s.toml:1:1: an answer needs `endpoint`"),
            (
                "endpoint = \"x\"",
                "s.toml:1:1: the answer does not say what comes back",
            ),
            (
                "endpoint = \"x.fcgi\"\nreply = '{}'",
                "s.toml:2:12: `x.fcgi` is no endpoint",
            ),
            (
                "endpoint = \"x\"\nreply = '{'",
                "s.toml:3:9: the reply is not JSON: the text ends inside an object (byte 1)",
            ),
            (
                "endpoint = \"x\"\nreply = '{}'\nempty = true",
                "s.toml:4:9: the answer has both `reply` and `empty`",
            ),
            (
                "endpoint = \"x\"\nreply = '{}'\ncode = 1",
                "s.toml:4:8: `code` belongs to an `error`, and there is none",
            ),
            (
                "endpoint = \"x\"\nempty = true\ntimes = 0",
                "s.toml:4:9: an answer that is given 0 times is none",
            ),
            (
                "endpoint = \"x\"\nempty = true\ntimes = -1",
                "s.toml:4:9: `times` cannot be -1",
            ),
            (
                "endpoint = \"x\"\nempty = true\ndelay = \"soon\"",
                "s.toml:4:9: `soon` is no time",
            ),
            (
                "endpoint = \"x\"\nempty = true\nbody = { \"a..b\" = 1 }",
                "s.toml:4:19: the path `a..b` has an empty name in it: an empty name needs the form `/a//b`",
            ),
            (
                "endpoint = \"x\"\nempty = true\nbody = { a = [] }",
                "s.toml:4:14: `body` cannot be a list",
            ),
            (
                "endpoint = \"x\"\nempty = true\nwhen = 1",
                "s.toml:4:1: an answer has no key `when`",
            ),
            (
                "endpoint = \"x\"\nempty = true\n[[answer]]\nendpoint = \"x\"\nreply = '1'",
                "s.toml:4:1: this is never reached: answer 1 always comes first",
            ),
        ] {
            let text = format!("[[answer]]\n{answer}\n");
            let why = Script::read("s.toml", &text).unwrap_err().to_string();
            assert_eq!(why, expected, "{text}");
        }
    }
}
