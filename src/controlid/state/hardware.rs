//! Doors, turnstile, siren, pins, screen and buzzer.

use super::{Done, Effect, State};
use crate::controlid::refusal::Refusal;
use crate::controlid::shape::{self, Members, int, text};
use crate::json::Value;
use crate::moment::Moment;

/// The id of the box that keeps the relay away from the door.
const SEC_BOX: i64 = 65_793;

/// How long a relay stays open, in seconds: `relay1_timeout` of the factory.
const OPEN_SECONDS: i64 = 3;

/// The longest that the buzzer sounds; a longer time is cut (inferred).
const LONGEST_BUZZ: i64 = 3000;

/// Until when the two are open, in unix seconds of real time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doors {
    door: i64,
    sec_box: i64,
}

impl State {
    pub(super) fn execute_actions(
        &mut self,
        body: Members<'_>,
        moment: &Moment,
    ) -> Result<Done, Refusal> {
        let mut done = Vec::new();
        let mut effects = Vec::new();
        let mut doors = self.doors;
        let until = moment.seconds().saturating_add(OPEN_SECONDS);
        for action in body.list("actions")? {
            let members = Members::of("actions", action)?;
            let action = members.text("action")?;
            let parameters = members.optional_text("parameters")?.unwrap_or_default();
            match action {
                "door" => doors.door = until,
                "sec_box" => doors.sec_box = until,
                "catra" | "open_collector" => {}
                _ => return Err(Refusal::own(format!("there is no action {action:?}"))),
            }
            done.push(shape::object([
                ("action", text(action)),
                ("status", text("allowed")),
            ]));
            effects.push(Effect::Action {
                action: action.to_owned(),
                parameters: parameters.to_owned(),
            });
        }
        self.doors = doors;
        let actions = shape::object([("actions", Value::Array(done))]);
        Ok(Done {
            effects,
            ..Done::json(&actions)
        })
    }

    pub(super) fn doors_state(&self, moment: &Moment) -> Done {
        let list = |id, until: i64| {
            let open = Value::Bool(moment.seconds() < until);
            Value::Array(vec![shape::object([("id", int(id)), ("open", open)])])
        };
        Done::json(&shape::object([
            ("doors", list(1, self.doors.door)),
            ("sec_boxes", list(SEC_BOX, self.doors.sec_box)),
        ]))
    }

    pub(super) fn alarm_status(&mut self, body: Members<'_>) -> Result<Done, Refusal> {
        if body.flag("stop")? {
            self.alarm_cause = 0;
            return Ok(Done::json(&shape::object([])).and(Effect::AlarmStopped));
        }
        Ok(Done::json(&shape::object([
            ("active", Value::Bool(self.alarm_cause != 0)),
            ("cause", int(self.alarm_cause)),
        ])))
    }
}

/// An input with nothing on it. That the members are integers is inferred.
pub(super) fn gpio_state(body: Members<'_>) -> Result<Done, Refusal> {
    let pin = body.int("gpio")?;
    Ok(Done::json(&shape::object([
        ("enabled", int(1)),
        ("in", int(1)),
        ("pin", int(pin)),
        ("idle", int(1)),
        ("pullup", int(1)),
        ("value", int(1)),
        ("notify", int(0)),
        ("notified", int(0)),
    ])))
}

/// A turnstile that nobody has passed.
pub(super) fn get_catra_info() -> Done {
    Done::json(&shape::object([
        ("left_turns", int(0)),
        ("right_turns", int(0)),
        ("entrance_turns", int(0)),
        ("exit_turns", int(0)),
        ("total_turns", int(0)),
    ]))
}

pub(super) fn message_to_screen(body: Members<'_>) -> Result<Done, Refusal> {
    let effect = Effect::Message {
        text: body.text("message")?.to_owned(),
        timeout_ms: body.optional_int("timeout")?.unwrap_or(0),
    };
    Ok(Done::json(&shape::object([])).and(effect))
}

pub(super) fn buzzer_buzz(body: Members<'_>) -> Result<Done, Refusal> {
    let effect = Effect::Buzz {
        frequency: body.int("frequency")?,
        duty_cycle: body.int("duty_cycle")?,
        timeout_ms: body.int("timeout")?.clamp(0, LONGEST_BUZZ),
    };
    Ok(Done::empty().and(effect))
}
