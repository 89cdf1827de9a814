//! `remote_enroll`: a person is asked to put a card, a finger or a face to the device.
//!
//! With `sync` the answer waits for the person, and so does the device's loop; the driver posts
//! it after [`ENROLL_MILLIS`]. Without, `{}` comes at once (inferred) and the driver tells
//! [`State::enrolled`] when the person has acted. Only a card leaves a row; templates of fingers
//! and faces are not simulated.

use rusqlite::params;

use super::{Done, Effect, State};
use crate::controlid::refusal::Refusal;
use crate::controlid::shape::{self, Members, int};
use crate::json::Value;
use crate::moment::Moment;

/// How long the person takes, in milliseconds.
pub const ENROLL_MILLIS: u64 = 3000;

const TYPES: &[&str] = &["card", "face", "biometry", "pin", "password"];

/// What a person is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrollment {
    /// `card`, `face`, `biometry`, `pin` or `password`.
    pub kind: String,
    /// For whom; 0 for nobody yet.
    pub user_id: i64,
    /// Whether the device keeps it.
    pub save: bool,
    /// Whether the answer waits for it. If so, it is done and saved already.
    pub sync: bool,
    /// The card that the person will show.
    pub card_value: i64,
    /// How long it takes, in milliseconds.
    pub millis: u64,
}

impl State {
    pub(super) fn remote_enroll(
        &mut self,
        body: Members<'_>,
        moment: &mut Moment,
    ) -> Result<Done, Refusal> {
        let kind = body.text("type")?;
        if !TYPES.contains(&kind) {
            return Err(Refusal::own(format!("nobody can enroll a {kind:?}")));
        }
        let enrollment = Enrollment {
            kind: kind.to_owned(),
            user_id: body.optional_int("user_id")?.unwrap_or(0),
            save: body.flag("save")?,
            sync: body.flag("sync")?,
            card_value: i64::from(u32::from_be_bytes(moment.bytes())),
            millis: ENROLL_MILLIS,
        };
        let answer = if enrollment.sync {
            self.enrolled(&enrollment)?;
            self.outcome(&enrollment)
        } else {
            shape::object([])
        };
        Ok(Done::json(&answer).and(Effect::Enroll(enrollment)))
    }

    /// The person has acted: keeps the card, where it is to be kept.
    pub fn enrolled(&mut self, enrollment: &Enrollment) -> Result<(), Refusal> {
        if enrollment.kind != "card" || !enrollment.save {
            return Ok(());
        }
        self.store.write(&self.identity, |database| {
            let insert = "INSERT INTO cards(value,user_id) VALUES(?,?)";
            database.execute(insert, params![enrollment.card_value, enrollment.user_id])?;
            Ok(())
        })
    }

    /// `{success,user_id,device_id,card_value}`
    fn outcome(&self, enrollment: &Enrollment) -> Value {
        let common = [
            ("success", Value::Bool(true)),
            ("user_id", int(enrollment.user_id)),
            ("device_id", int(self.identity.id())),
        ];
        let mut answer = shape::object(common);
        if let (Value::Object(members), "card") = (&mut answer, enrollment.kind.as_str()) {
            members.push(("card_value".to_owned(), int(enrollment.card_value)));
        }
        answer
    }
}

/// Nobody is asked any more.
pub(super) fn cancel() -> Done {
    Done::json(&shape::object([])).and(Effect::CancelEnroll)
}
