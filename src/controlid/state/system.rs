//! Configuration, clock, and what the device tells about itself.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::{Done, Effect, State};
use crate::controlid::refusal::Refusal;
use crate::controlid::shape::{self, Members, int, text};
use crate::json::Value;
use crate::moment::{ALPHANUMERIC, Moment};

/// The firmware that the device says it runs (inferred, as all constants of this file).
const VERSION: &str = "6.20.6";
const SECBOX_VERSION: i64 = 2;
const DISK: i64 = 3_221_225_472;
const RAM: i64 = 268_435_456;

impl State {
    pub(super) fn set_configuration(&mut self, body: &Value) -> Result<Done, Refusal> {
        self.configuration.set_all(body)?;
        self.keep_settings()?;
        Ok(Done::json(&shape::object([])).and(Effect::Configured))
    }

    pub(super) fn system_information(&self, moment: &Moment) -> Done {
        let online = self.configuration.value("general", "online") == Some("1");
        Done::json(&shape::object([
            ("uptime", self.uptime(moment)),
            ("time", int(self.time(moment))),
            ("memory", self.memory()),
            (
                "license",
                shape::object([
                    ("users", int(10_000)),
                    ("device", int(1)),
                    ("type", text("iDAccess")),
                ]),
            ),
            (
                "biometrics",
                shape::object([("max_num_records", int(10_000))]),
            ),
            ("network", self.network()),
            ("serial", text(self.identity.serial())),
            ("version", text(VERSION)),
            ("device_id", int(self.identity.id())),
            ("secbox_version", int(SECBOX_VERSION)),
            ("iDCloud_code", text(self.identity.cloud_code())),
            ("online", Value::Bool(online)),
            ("online_available", Value::Bool(true)),
        ]))
    }

    /// Time since the device was switched on, which setting the clock does not change.
    fn uptime(&self, moment: &Moment) -> Value {
        let seconds = moment
            .seconds()
            .saturating_sub(self.boot.as_second())
            .max(0);
        shape::object([
            ("days", int(seconds / 86_400)),
            ("hours", int(seconds / 3600 % 24)),
            ("minutes", int(seconds / 60 % 60)),
            ("seconds", int(seconds % 60)),
        ])
    }

    /// Numbers of a plausible size that differ from device to device and stay.
    fn memory(&self) -> Value {
        let some = i64::from(self.identity.id().to_be_bytes()[7]);
        shape::object([
            (
                "disk",
                shape::object([("free", int(DISK / 2 + some * 4096)), ("total", int(DISK))]),
            ),
            (
                "ram",
                shape::object([("free", int(RAM / 4 + some * 4096)), ("total", int(RAM))]),
            ),
        ])
    }

    fn network(&self) -> Value {
        shape::object([
            ("mac", text(self.identity.mac())),
            ("ip", text(self.identity.ip())),
            ("netmask", text("255.0.0.0")),
            ("gateway", text("10.0.0.1")),
            ("web_server_port", int(80)),
            ("ssl_enabled", Value::Bool(false)),
            ("dhcp_enabled", Value::Bool(true)),
            ("self_signed_certificate", Value::Bool(true)),
            ("dns_primary", text("8.8.8.8")),
            ("dns_secondary", text("8.8.4.4")),
        ])
    }

    /// The device counts its local time as if it were UTC (inferred).
    pub(super) fn set_system_time(
        &mut self,
        body: Members<'_>,
        moment: &Moment,
    ) -> Result<Done, Refusal> {
        let part = |name| {
            let number = body.int(name)?;
            i16::try_from(number)
                .map_err(|_| Refusal::own(format!("{name} {number} is no part of a date")))
        };
        let small = |name| {
            let number = part(name)?;
            i8::try_from(number)
                .map_err(|_| Refusal::own(format!("{name} {number} is no part of a date")))
        };
        // In the order in which the vendor's page lists them, so that the first that is missing
        // is the one that is named.
        let (day, month, year) = (small("day")?, small("month")?, part("year")?);
        let (hour, minute, second) = (small("hour")?, small("minute")?, small("second")?);
        let time = DateTime::new(year, month, day, hour, minute, second, 0)
            .and_then(|time| time.to_zoned(TimeZone::UTC))
            .map_err(|error| Refusal::own(format!("this is no date: {error}")))?;
        let offset = time.timestamp().as_second() - moment.seconds();
        self.clock_offset = offset;
        self.keep_settings()?;
        Ok(Done::empty().and(Effect::ClockSet { offset }))
    }

    /// Rows, configuration and clock start again; what was installed stays. The simulated network has nothing that could
    /// be kept or lost, so `keep_network_info` is read and changes nothing.
    pub(super) fn reset_to_factory_default(
        &mut self,
        body: Members<'_>,
        moment: &Moment,
    ) -> Result<Done, Refusal> {
        body.flag("keep_network_info")?;
        self.store.reset(&self.identity)?;
        self.configuration.reset();
        self.clock_offset = 0;
        self.keep_settings()?;
        self.reboot(moment);
        Ok(Done::empty().and(Effect::FactoryReset))
    }
}

/// The hash is the simulator's own (inferred): SHA-256 of the password and the salt. The device's
/// is not known; no server needs to compute it, for it sends back what it got.
pub(super) fn user_hash_password(body: Members<'_>, moment: &mut Moment) -> Result<Done, Refusal> {
    let password = body.text("password")?;
    let salt = moment.text(ALPHANUMERIC, 16);
    let hash = hex::encode(Sha256::digest(format!("{password}{salt}")));
    Ok(Done::json(&shape::object([
        ("password", text(hash)),
        ("salt", text(salt)),
    ])))
}

/// The login is for the device's own web server, which the simulator does not have.
pub(super) fn change_login(body: Members<'_>) -> Result<Done, Refusal> {
    body.text("login")?;
    body.text("password")?;
    Ok(Done::empty())
}
