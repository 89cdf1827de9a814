//! The device's state as a machine: a command in, its answer and what follows from it out.
//!
//! Every command of the vendor's table is answered in its form. What a driver has to do beyond
//! that (wait for a person, count a reboot) comes back as an [`Effect`]. Where the vendor's text
//! for a failure is not known, the text begins with [`OWN_TEXT`](super::refusal::OWN_TEXT).
//!
//! Not simulated: what `execute_actions` leaves in `access_logs`; turnstile counters that turn;
//! templates of fingers; holidays.

use jiff::Timestamp;

use super::command::{Body, Command, Reply};
use super::configuration::{Configuration, Installed};
use super::identity::Identity;
use super::refusal::Refusal;
use super::shape::Members;
use super::store::Store;
use crate::json::{Value, compact, tree};
use crate::moment::Moment;

mod enroll;
mod hardware;
mod images;
mod rows;
mod system;

pub use enroll::{ENROLL_MILLIS, Enrollment};

/// What a command does beyond its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The device starts again: its uptime begins at 0.
    Reboot,
    /// The device's state has started again.
    FactoryReset,
    /// Somebody is asked to put a card or a finger to the device.
    Enroll(Enrollment),
    /// Nobody needs to act any more.
    CancelEnroll,
    /// A text on the screen.
    Message {
        /// The text.
        text: String,
        /// How long it stays; 0 until something else is shown.
        timeout_ms: i64,
    },
    /// A sound.
    Buzz {
        /// In Hz.
        frequency: i64,
        /// In percent.
        duty_cycle: i64,
        /// How long, at most 3000.
        timeout_ms: i64,
    },
    /// A door, a relay or a turnstile moves.
    Action {
        /// `door`, `sec_box`, `catra` or `open_collector`.
        action: String,
        /// `id=65793, reason=3`
        parameters: String,
    },
    /// The siren is off.
    AlarmStopped,
    /// The clock of the device was set; this is how far it is from now, in seconds.
    ClockSet {
        /// Device time less real time.
        offset: i64,
    },
    /// The configuration changed: perhaps where and how often the device polls.
    Configured,
}

/// A command that was run: its answer, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What goes to the server.
    pub reply: Reply,
    /// What the driver does, in order; mostly nothing.
    pub effects: Vec<Effect>,
}

impl Done {
    fn json(value: &Value) -> Self {
        Self::of(Reply::Json(compact(value)))
    }

    fn empty() -> Self {
        Self::of(Reply::Empty)
    }

    fn of(reply: Reply) -> Self {
        Self {
            reply,
            effects: Vec::new(),
        }
    }

    fn and(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

impl From<Result<Done, Refusal>> for Done {
    fn from(result: Result<Done, Refusal>) -> Self {
        result.unwrap_or_else(|refusal| {
            Self::of(Reply::Error {
                message: refusal.message,
                code: refusal.code,
            })
        })
    }
}

/// Every command that the device knows, by its name.
pub const COMMANDS: &[&str] = &[
    "load_objects",
    "create_objects",
    "create_or_modify_objects",
    "modify_objects",
    "destroy_objects",
    "execute_actions",
    "set_configuration",
    "get_configuration",
    "system_information",
    "set_system_time",
    "user_hash_password",
    "user_set_image",
    "user_set_image_list",
    "user_get_image",
    "user_get_image_list",
    "user_list_images",
    "user_destroy_image",
    "user_test_image",
    "remote_enroll",
    "cancel_remote_enroll",
    "message_to_screen",
    "buzzer_buzz",
    "doors_state",
    "door_state",
    "alarm_status",
    "gpio_state",
    "get_catra_info",
    "reboot",
    "delete_admins",
    "logout",
    "change_login",
    "reset_to_factory_default",
    "object_metadata",
];

/// One device: rows, configuration, clock and hardware.
pub struct State {
    pub(super) identity: Identity,
    pub(super) store: Store,
    configuration: Configuration,
    /// Device time less real time, in seconds.
    clock_offset: i64,
    boot: Timestamp,
    doors: hardware::Doors,
    alarm_cause: i64,
}

impl State {
    /// The device, switched on now; with the settings that its store keeps.
    pub fn new(identity: Identity, mut store: Store, moment: &Moment) -> Result<Self, Refusal> {
        let (configuration, clock_offset) = store.settings(&identity)?;
        let mut state = Self {
            identity,
            store,
            configuration,
            clock_offset,
            boot: moment.now,
            doors: hardware::Doors::default(),
            alarm_cause: 0,
        };
        state.keep_settings()?;
        Ok(state)
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its configuration; `push_server` says where and how often it polls.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The installer sets the device up, with what may be shared by a fleet.
    pub fn install(&mut self, installed: &Installed) {
        self.configuration.install(installed);
    }

    /// Whether it has a database of its own.
    #[must_use]
    pub fn has_own_rows(&self) -> bool {
        self.store.is_own()
    }

    /// Sounds the alarm, or ends it with 0. The causes are the vendor's: 1 to 5 a zone, 6 a door
    /// left open, 7 a door forced, 8 panic finger, 9 tampering, 10 panic card.
    pub fn alarm(&mut self, cause: i64) {
        self.alarm_cause = cause;
    }

    /// The device's own time in unix seconds.
    #[must_use]
    pub fn time(&self, moment: &Moment) -> i64 {
        moment.seconds().saturating_add(self.clock_offset)
    }

    /// Starts again: the uptime begins at 0, doors are shut. Rows and configuration stay.
    pub fn reboot(&mut self, moment: &Moment) {
        self.boot = moment.now;
        self.doors = hardware::Doors::default();
        self.alarm_cause = 0;
    }

    /// Runs one command. It is known by its name alone, one of [`COMMANDS`]: what the vendor's
    /// table calls GET works with either verb.
    pub fn answer(&mut self, command: &Command, moment: &mut Moment) -> Done {
        self.run(command, moment).into()
    }

    fn run(&mut self, command: &Command, moment: &mut Moment) -> Result<Done, Refusal> {
        if let Some(result) = self.run_image(command, moment) {
            return result;
        }
        let endpoint = command.endpoint.as_str();
        if !COMMANDS.contains(&endpoint) {
            return Err(Refusal::own(format!(
                "this simulated device has no command {endpoint:?}"
            )));
        }
        let body = json(&command.body)?;
        let members = Members::of_body(&body)?;
        match endpoint {
            "load_objects" => self.load_objects(members),
            "create_objects" => self.create_objects(members),
            "create_or_modify_objects" => self.create_or_modify_objects(members),
            "modify_objects" => self.modify_objects(members),
            "destroy_objects" => self.destroy_objects(members),
            "object_metadata" => Ok(rows::object_metadata()),
            "delete_admins" => self.delete_admins(),
            "execute_actions" => self.execute_actions(members, moment),
            "doors_state" | "door_state" => Ok(self.doors_state(moment)),
            "alarm_status" => self.alarm_status(members),
            "gpio_state" => hardware::gpio_state(members),
            "get_catra_info" => Ok(hardware::get_catra_info()),
            "message_to_screen" => hardware::message_to_screen(members),
            "buzzer_buzz" => hardware::buzzer_buzz(members),
            "remote_enroll" => self.remote_enroll(members, moment),
            "cancel_remote_enroll" => Ok(enroll::cancel()),
            "set_configuration" => self.set_configuration(&body),
            "get_configuration" => self
                .configuration
                .get_all(&body)
                .map(|all| Done::json(&all)),
            "system_information" => Ok(self.system_information(moment)),
            "set_system_time" => self.set_system_time(members, moment),
            "user_hash_password" => system::user_hash_password(members, moment),
            "change_login" => system::change_login(members),
            "reset_to_factory_default" => self.reset_to_factory_default(members, moment),
            "reboot" => {
                self.reboot(moment);
                Ok(Done::empty().and(Effect::Reboot))
            }
            // What is left is `logout`.
            _ => Ok(Done::empty()),
        }
    }

    fn keep_settings(&mut self) -> Result<(), Refusal> {
        self.store
            .keep_settings(&self.identity, &self.configuration, self.clock_offset)
    }
}

/// The JSON value of a body; `{}` where nothing came.
fn json(body: &Body) -> Result<Value, Refusal> {
    match body {
        Body::None => Ok(Value::Object(Vec::new())),
        Body::Bytes(text) if text.trim_ascii().is_empty() => Ok(Value::Object(Vec::new())),
        Body::Bytes(text) => {
            // The tree would mend what is no UTF-8, and a device would not store that.
            if std::str::from_utf8(text).is_err() {
                return Err(Refusal::own("the body is no UTF-8"));
            }
            tree::parse(text).map_err(|error| Refusal::own(format!("the body is no JSON: {error}")))
        }
        Body::Binary(_) => Err(Refusal::own("the body is bytes, and no JSON")),
    }
}

#[cfg(test)]
pub(super) mod tests;
