//! Prints what there is to tell: results on standard output, talk on standard error.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::time::Instant;

use serde::Serialize;

use super::api::{ShownDevice, devices};
use super::desk::Desk;
use super::told::{self, Note, Told};
use crate::controlid::dispatch::Tally;
use crate::error::{Error, Outcome};
use crate::report::{counted, millis, outcome};
use crate::session::Session;
use crate::term::{Paint, cut, escape, tame_json};

/// So many different notes are told to people; what is beyond is counted.
const NOTES: usize = 200;
/// So many devices are shown to people.
const DEVICES: usize = 50;

/// The one who prints.
pub(super) struct Show<'s> {
    pub(super) session: &'s mut Session,
    /// How often each note came.
    notes: BTreeMap<(&'static str, String), u64>,
    further: u64,
    /// What unreadable input makes of the run.
    input: Outcome,
    unreadable: u64,
    started: Instant,
    /// The commands whose ends were printed.
    pub(super) ends: Ends,
    /// A terminal turns, hides and obeys what a device may have sent.
    is_terminal: bool,
}

#[derive(Serialize)]
struct ReadyLine<'r> {
    v: u8,
    r#type: &'static str,
    url: &'r str,
    commands: &'r str,
    bind: String,
}

#[derive(Serialize)]
struct SummaryLine<'s> {
    v: u8,
    r#type: &'static str,
    outcome: &'static str,
    commands: u64,
    done: u64,
    failed: u64,
    lost: u64,
    unknown: u64,
    queued: u64,
    in_flight: u64,
    unreadable: u64,
    elapsed_ms: f64,
    ended: Option<&'s str>,
    devices: Vec<ShownDevice<'s>>,
}

/// Commands whose ends were printed, each with the place where its line ends.
#[derive(Default)]
pub(super) struct Ends(VecDeque<(u64, u64)>);

impl Ends {
    /// Those that are out when so many bytes are; once.
    pub(super) fn out(&mut self, written: u64) -> Vec<u64> {
        let count = self.0.partition_point(|(end, _)| *end <= written);
        self.0.drain(..count).map(|(_, number)| number).collect()
    }
}

impl<'s> Show<'s> {
    pub(super) fn new(session: &'s mut Session) -> Self {
        Self {
            session,
            notes: BTreeMap::new(),
            further: 0,
            input: Outcome::Yes,
            unreadable: 0,
            started: Instant::now(),
            ends: Ends::default(),
            is_terminal: std::io::stdout().is_terminal(),
        }
    }

    /// The socket accepts: `url` is what a device is given, `commands` where orders go.
    pub(super) fn ready(&mut self, url: &str, commands: &str, bind: SocketAddr) {
        if self.session.globals.quiet {
            return;
        }
        if self.session.json() {
            self.line(&ReadyLine {
                v: 1,
                r#type: "ready",
                url,
                commands,
                bind: bind.to_string(),
            });
            return;
        }
        self.session.talk(|paint| {
            let url = escape(url.as_bytes());
            format!(
                "{}: a device polls {url}/push; orders go to {commands}\n",
                paint.ok("ready")
            )
        });
        if !bind.ip().is_loopback() {
            self.session.note(
                "it answers whoever reaches this machine; a device is given the address that it \
                 reaches",
            );
        }
    }

    /// Prints it; whether there is nothing to print, so that it counts as told.
    pub(super) fn tell(&mut self, told: &Told) -> bool {
        match told {
            Told::Note(note) if !self.session.json() => {
                self.say(note);
                true
            }
            told if self.session.globals.quiet && told.is_right() => true,
            told => {
                self.print(told.to_json(), told.number());
                false
            }
        }
    }

    fn line(&mut self, value: &impl Serialize) {
        // Texts and numbers: nothing in it can fail to be written.
        let line = serde_json::to_string(value).unwrap_or_default();
        self.print(line, None);
    }

    fn print(&mut self, line: String, number: Option<u64>) {
        let line = if self.is_terminal {
            tame_json(&line)
        } else {
            line
        };
        // What cannot be written is told by the next flush.
        let _ = self.session.out.write_all((line + "\n").as_bytes());
        if let Some(number) = number {
            self.ends.0.push_back((self.session.printed().0, number));
        }
    }

    /// Input that could not be read; the rest is served.
    pub(super) fn complain(&mut self, error: &Error) {
        self.input = self.input.and(error.outcome());
        self.unreadable += 1;
        self.session.complain(error);
        if self.session.json() {
            let note = Note::about("unreadable-input", "", error.to_string());
            self.tell(&Told::Note(note));
        }
    }

    /// What is worth knowing, and no more than that.
    pub(super) fn note(&mut self, kind: &'static str, why: String) {
        if self.session.json() {
            self.tell(&Told::Note(Note::about(kind, "", why)));
        } else if !self.session.globals.quiet {
            self.session.note(&why);
        }
    }

    /// What the input makes of the run.
    pub(super) fn input(&self) -> Outcome {
        self.input
    }

    /// Each note once, then counted.
    fn say(&mut self, note: &Note) {
        let key = (note.kind, cut(&note.of, 100));
        let is_full = self.notes.len() >= NOTES;
        if let Some(count) = self.notes.get_mut(&key) {
            *count += 1;
        } else if is_full {
            self.further += 1;
        } else {
            self.notes.insert(key, 1);
            self.session.warn(&note.why);
        }
    }

    /// The last word.
    pub(super) fn finish(&mut self, desk: &Desk, result: Outcome, ended: Option<&str>) {
        let tally = desk.tally();
        let elapsed_ms = told::millis(self.started.elapsed());
        if self.session.json() {
            self.line(&SummaryLine {
                v: 1,
                r#type: "summary",
                outcome: outcome(result),
                commands: total(&tally),
                done: tally.done,
                failed: tally.failed,
                lost: tally.lost,
                unknown: tally.unknown,
                queued: tally.queued,
                in_flight: tally.in_flight,
                unreadable: self.unreadable,
                elapsed_ms,
                ended,
                devices: devices(desk),
            });
            return;
        }
        self.again();
        if !self.session.globals.quiet {
            let devices = devices(desk);
            self.session.talk(|paint| table(&devices, paint));
        }
        let unreadable = self.unreadable;
        self.session.talk(|paint| {
            let mut line = counts(&tally, unreadable, paint);
            let _ = writeln!(line, "  in {}", millis(elapsed_ms));
            if let Some(by) = ended {
                let _ = writeln!(line, "  ended     by {by}");
            }
            line
        });
    }

    /// How often the notes came that were told once.
    fn again(&mut self) {
        let again = std::mem::take(&mut self.notes);
        for ((kind, of), count) in again.into_iter().filter(|(_, count)| *count > 1) {
            let more = count - 1;
            let of = if of.is_empty() {
                String::new()
            } else {
                format!(" of {of}")
            };
            self.session
                .warn(&format!("{kind}{of}: {more} more such, not shown"));
        }
        if self.further > 0 {
            let text = format!("{} more warnings were not shown", self.further);
            self.session.warn(&text);
        }
    }
}

fn total(tally: &Tally) -> u64 {
    tally.done + tally.failed + tally.lost + tally.unknown + tally.queued + tally.in_flight
}

/// "5 commands: 3 succeeded, 1 failed, 1 lost".
fn counts(tally: &Tally, unreadable: u64, paint: Paint) -> String {
    let mut line = counted(total(tally), "command", "commands");
    let good = format!("{} succeeded", tally.done);
    let good = if tally.done > 0 {
        paint.ok(&good)
    } else {
        good
    };
    let _ = write!(line, ": {good}");
    for (count, what) in [
        (tally.failed, "failed"),
        (tally.lost, "lost"),
        (tally.unknown, "unknown"),
        (tally.in_flight, "in flight"),
        (tally.queued, "not handed out"),
        (unreadable, "not read"),
    ] {
        if count > 0 {
            let _ = write!(line, ", {}", paint.bad(&format!("{count} {what}")));
        }
    }
    line
}

/// A line a device.
fn table(devices: &[ShownDevice<'_>], paint: Paint) -> String {
    let mut rows = vec![
        [
            "device",
            "polls",
            "last poll",
            "done",
            "failed",
            "lost",
            "unknown",
            "waiting",
            "in flight",
        ]
        .map(str::to_owned),
    ];
    for device in devices.iter().take(DEVICES) {
        rows.push([
            escape(cut(device.id, 40).as_bytes()),
            device.polls.to_string(),
            device
                .last_poll
                .clone()
                .unwrap_or_else(|| "never".to_owned()),
            device.done.to_string(),
            device.failed.to_string(),
            device.lost.to_string(),
            device.unknown.to_string(),
            device.waiting.to_string(),
            device.in_flight.to_string(),
        ]);
    }
    if rows.len() == 1 {
        return String::new();
    }
    let mut widths = [0; 9];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let line = line.trim_end();
        let line = if index == 0 {
            paint.bold(line)
        } else {
            line.to_owned()
        };
        text.push_str(&line);
        text.push('\n');
    }
    if devices.len() > DEVICES {
        let _ = writeln!(text, "… and {} more", devices.len() - DEVICES);
    }
    text
}
