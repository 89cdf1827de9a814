//! Somebody wants to pass: the rules decide, and the log keeps it.
//!
//! A user may pass a portal at a time if an access rule of type 1 is theirs, by themselves or by
//! a group, is the portal's, and has a time zone with a span that holds the weekday and the
//! second of the day. Not simulated: areas, holidays, rules that deny, several people at once.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::refusal::Refusal;
use super::schema::{Kind, Table};
use super::shape::{self, int, text};
use super::state::State;
use crate::json::{Value, compact};
use crate::moment::Moment;

/// What became of it: an `event` of `access_logs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// 3: nobody has this id.
    NotIdentified,
    /// 6: no rule lets this user pass here and now.
    Denied,
    /// 7: the door opens.
    Granted,
}

impl Event {
    /// The vendor's number.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Self::NotIdentified => 3,
            Self::Denied => 6,
            Self::Granted => 7,
        }
    }
}

/// One access, and how the device tells a monitoring server of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The id of the row in `access_logs`.
    pub id: i64,
    /// Whether the person passed.
    pub event: Event,
    /// The body of `dao`: `{"object_changes":[…],"device_id":…}`, all values strings.
    pub dao: Vec<u8>,
}

/// The weekday's column of `time_spans`, Sunday first.
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const DAY: i64 = 86_400;

impl State {
    /// A user stands at a portal. The row it leaves shows in `load_objects`.
    pub fn access(
        &mut self,
        user_id: i64,
        portal_id: i64,
        moment: &Moment,
    ) -> Result<Access, Refusal> {
        let time = self.time(moment);
        let device_id = self.identity.id();
        self.store.write(&self.identity, |database| {
            let event = decide(database, user_id, portal_id, time)?;
            let known = if event == Event::NotIdentified {
                0
            } else {
                user_id
            };
            let insert =
                "INSERT INTO access_logs(time,event,device_id,user_id,portal_id) VALUES(?,?,?,?,?)";
            database.prepare_cached(insert)?.execute(params![
                time,
                event.code(),
                device_id,
                known,
                portal_id
            ])?;
            let id = database.last_insert_rowid();
            if event == Event::Granted {
                let seen = "UPDATE users SET last_access=? WHERE id=?";
                database.execute(seen, params![time, user_id])?;
            }
            let dao = compact(&shape::object([
                (
                    "object_changes",
                    Value::Array(vec![inserted(database, "access_logs", id)?]),
                ),
                ("device_id", int(device_id)),
            ]));
            Ok(Access { id, event, dao })
        })
    }
}

fn decide(database: &Connection, user: i64, portal: i64, time: i64) -> Result<Event, Refusal> {
    let find = "SELECT begin_time,end_time FROM users WHERE id=?";
    let valid: Option<(i64, i64)> = database
        .prepare_cached(find)?
        .query_row([user], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((begin, end)) = valid else {
        return Ok(Event::NotIdentified);
    };
    if time < begin || (end != 0 && time > end) {
        return Ok(Event::Denied);
    }
    // 1 January 1970 was a Thursday, the fifth of these names.
    let weekday = (time.div_euclid(DAY) + 4).rem_euclid(7);
    let day = usize::try_from(weekday).map_or(DAYS[0], |day| DAYS[day]);
    let rule = format!(
        "SELECT 1 FROM access_rules \
         JOIN portal_access_rules ON portal_access_rules.access_rule_id=access_rules.id \
         JOIN access_rule_time_zones ON access_rule_time_zones.access_rule_id=access_rules.id \
         JOIN time_spans ON time_spans.time_zone_id=access_rule_time_zones.time_zone_id \
         WHERE access_rules.type=1 AND portal_access_rules.portal_id=?1 \
         AND time_spans.\"{day}\"=1 AND ?2 BETWEEN time_spans.start AND time_spans.\"end\" \
         AND access_rules.id IN (\
           SELECT access_rule_id FROM user_access_rules WHERE user_id=?3 UNION \
           SELECT access_rule_id FROM group_access_rules \
           JOIN user_groups ON user_groups.group_id=group_access_rules.group_id \
           WHERE user_groups.user_id=?3)"
    );
    let passes = database
        .prepare_cached(&rule)?
        .exists([portal, time.rem_euclid(DAY), user])?;
    Ok(if passes {
        Event::Granted
    } else {
        Event::Denied
    })
}

/// `{"object":"access_logs","type":"inserted","values":{…}}`, all values strings.
fn inserted(database: &Connection, name: &str, id: i64) -> Result<Value, Refusal> {
    let table = Table::named(name).ok_or_else(|| Refusal::own("no such object"))?;
    let sql = format!("SELECT * FROM \"{}\" WHERE id=?", table.name);
    let values = database.prepare_cached(&sql)?.query_row([id], |row| {
        let value = |(index, field): (usize, &super::schema::Field)| {
            Ok((
                field.name.to_owned(),
                text(match field.kind {
                    Kind::Text => row.get::<_, String>(index)?,
                    Kind::Int | Kind::Bool => row.get::<_, i64>(index)?.to_string(),
                }),
            ))
        };
        table.fields.iter().enumerate().map(value).collect()
    })?;
    Ok(shape::object([
        ("object", text(table.name)),
        ("type", text("inserted")),
        ("values", Value::Object(values)),
    ]))
}

#[cfg(test)]
mod tests;
