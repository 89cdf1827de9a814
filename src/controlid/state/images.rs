//! The photos of users.
//!
//! A photo that is no good is not an `error`: it is an answer with `"success":false`. `success`
//! stands last.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Done, State, json};
use crate::controlid::command::{Command, Reply};
use crate::controlid::face::{self, FaceError};
use crate::controlid::refusal::Refusal;
use crate::controlid::shape::{self, Members, int, text};
use crate::json::Value;
use crate::moment::Moment;

/// How many photos one command may ask for.
const MOST_IMAGES: usize = 100;

/// What a request with photos must stay below, in bytes.
const REQUEST_LIMIT: usize = 2_000_000;

type Outcome = Option<Result<Done, Refusal>>;

/// A photo to be stored.
struct Photo<'a> {
    user_id: i64,
    timestamp: i64,
    /// Whether a face that another user has is refused.
    unique: bool,
    image: &'a [u8],
}

impl State {
    /// Answers the commands about photos; none for any other command.
    pub(super) fn run_image(&mut self, command: &Command, moment: &Moment) -> Outcome {
        let endpoint = command.endpoint.as_str();
        // These three take their parameters from the query, whatever the body is.
        match endpoint {
            "user_set_image" => return Some(self.user_set_image(command, moment)),
            "user_test_image" => return Some(Ok(user_test_image(command))),
            "user_get_image" => return Some(self.user_get_image(command)),
            "user_list_images" => return Some(self.user_list_images(command)),
            "user_set_image_list" | "user_get_image_list" | "user_destroy_image" => {}
            _ => return None,
        }
        let body = match json(&command.body) {
            Ok(body) => body,
            Err(refusal) => return Some(Err(refusal)),
        };
        let body = match Members::of_body(&body) {
            Ok(body) => body,
            Err(refusal) => return Some(Err(refusal)),
        };
        Some(match endpoint {
            "user_set_image_list" if command.body.bytes().len() >= REQUEST_LIMIT => Err(
                Refusal::own("photos of 2 MB and more in one request are refused"),
            ),
            "user_set_image_list" => self.user_set_image_list(body, moment),
            "user_get_image_list" => self.user_get_image_list(body),
            _ => self.user_destroy_image(body),
        })
    }

    fn user_set_image(&mut self, command: &Command, moment: &Moment) -> Result<Done, Refusal> {
        let user_id = parameter(&command.query, "user_id");
        let Some(Ok(user_id)) = user_id.map(str::parse::<i64>) else {
            return Ok(Done::json(&failure(None, FaceError::INVALID_USER)));
        };
        let photo = Photo {
            user_id,
            timestamp: number(&command.query, "timestamp").unwrap_or_else(|| self.time(moment)),
            unique: number(&command.query, "match") == Some(1),
            image: command.body.bytes(),
        };
        Ok(Done::json(&self.set_image(&photo)?))
    }

    fn user_set_image_list(&mut self, body: Members<'_>, moment: &Moment) -> Result<Done, Refusal> {
        let unique = body.flag("match")?;
        let images = body.list("user_images")?;
        at_most_hundred(images.len())?;
        let mut results = Vec::new();
        for entry in images {
            let entry = Members::of("user_images", entry)?;
            let user_id = entry.int("user_id")?;
            let timestamp = entry.optional_int("timestamp")?;
            let result = match STANDARD.decode(entry.text("image")?) {
                Ok(image) => self.set_image(&Photo {
                    user_id,
                    timestamp: timestamp.unwrap_or_else(|| self.time(moment)),
                    unique,
                    image: &image,
                })?,
                Err(_) => failure(Some(user_id), FaceError::NO_IMAGE),
            };
            results.push(result);
        }
        let results = shape::object([("results", Value::Array(results))]);
        Ok(Done::json(&results))
    }

    /// Stores a photo: `{"user_id":10,"scores":{…},"success":true}`, or what is wrong with it.
    fn set_image(&mut self, photo: &Photo<'_>) -> Result<Value, Refusal> {
        let judged = self.store.read(None, |database| judge(database, photo))?;
        let scores = match judged {
            Ok(scores) => scores,
            Err(error) => return Ok(failure(Some(photo.user_id), error)),
        };
        self.store.write(&self.identity, |database| {
            let keep =
                "INSERT OR REPLACE INTO simulator_images(user_id,timestamp,image) VALUES(?,?,?)";
            database.execute(keep, params![photo.user_id, photo.timestamp, photo.image])?;
            let stamp = "UPDATE users SET image_timestamp=? WHERE id=?";
            database.execute(stamp, params![photo.timestamp, photo.user_id])?;
            Ok(())
        })?;
        Ok(shape::object([
            ("user_id", int(photo.user_id)),
            ("scores", scores),
            ("success", Value::Bool(true)),
        ]))
    }

    fn user_get_image(&self, command: &Command) -> Result<Done, Refusal> {
        let user_id = number(&command.query, "user_id")
            .ok_or_else(|| Refusal::member("user_id", "int", None))?;
        let (timestamp, image) = self
            .store
            .read(None, |database| image_of(database, user_id))?
            .ok_or_else(|| Refusal::own(format!("user {user_id} has no image")))?;
        if number(&command.query, "get_timestamp") != Some(1) {
            return Ok(Done::of(Reply::Binary(image)));
        }
        Ok(Done::json(&shape::object([
            ("timestamp", int(timestamp)),
            ("image", text(STANDARD.encode(image))),
        ])))
    }

    fn user_get_image_list(&self, body: Members<'_>) -> Result<Done, Refusal> {
        let ids = shape::ids("user_ids", body.list("user_ids")?)?;
        at_most_hundred(ids.len())?;
        let images = self.store.read(None, |database| {
            let entry = |id: i64| {
                Ok(match image_of(database, id)? {
                    Some((timestamp, image)) => shape::object([
                        ("id", int(id)),
                        ("timestamp", int(timestamp)),
                        ("image", text(STANDARD.encode(image))),
                    ]),
                    None => shape::object([("id", int(id)), ("error", absent(database, id)?)]),
                })
            };
            ids.into_iter().map(entry).collect::<Result<_, Refusal>>()
        })?;
        Ok(Done::json(&shape::object([(
            "user_images",
            Value::Array(images),
        )])))
    }

    fn user_list_images(&self, command: &Command) -> Result<Done, Refusal> {
        let list = "SELECT user_id,timestamp FROM simulator_images ORDER BY user_id";
        let images: Vec<(i64, i64)> = self.store.read(None, |database| {
            let mut prepared = database.prepare_cached(list)?;
            let rows = prepared.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let answer = if number(&command.query, "get_timestamp") == Some(1) {
            let info = images.into_iter().map(|(id, timestamp)| {
                shape::object([("user_id", int(id)), ("timestamp", int(timestamp))])
            });
            ("image_info", Value::Array(info.collect()))
        } else {
            let ids = images.into_iter().map(|(id, _)| int(id));
            ("user_ids", Value::Array(ids.collect()))
        };
        Ok(Done::json(&shape::object([answer])))
    }

    fn user_destroy_image(&mut self, body: Members<'_>) -> Result<Done, Refusal> {
        let (all, dangling) = (body.flag("all")?, body.flag("dangling")?);
        let mut ids = shape::ids("user_ids", body.optional_list("user_ids")?)?;
        ids.extend(body.optional_int("user_id")?);
        if ids.is_empty() && !all && !dangling && body.find("user_ids").is_none() {
            return Err(Refusal::member("user_id", "int", None));
        }
        self.store.write(&self.identity, |database| {
            if all {
                database.execute("DELETE FROM simulator_images", [])?;
            }
            if dangling {
                let gone = "DELETE FROM simulator_images WHERE user_id NOT IN (SELECT id FROM users)";
                database.execute(gone, [])?;
            }
            for id in ids {
                database.execute("DELETE FROM simulator_images WHERE user_id=?", [id])?;
            }
            let without = "UPDATE users SET image_timestamp=0 \
                           WHERE image_timestamp<>0 AND id NOT IN (SELECT user_id FROM simulator_images)";
            database.execute(without, [])?;
            Ok(())
        })?;
        Ok(Done::json(&shape::object([])))
    }
}

/// `user_test_image`: scores or errors, and nothing is stored.
fn user_test_image(command: &Command) -> Done {
    Done::json(&match face::judge(command.body.bytes()) {
        Ok(scores) => shape::object([("scores", scores), ("success", Value::Bool(true))]),
        Err(error) => failure(None, error),
    })
}

fn judge(database: &Connection, photo: &Photo<'_>) -> Result<Result<Value, FaceError>, Refusal> {
    if !user_exists(database, photo.user_id)? {
        return Ok(Err(FaceError::NO_USER));
    }
    let judged = face::judge(photo.image);
    if judged.is_ok() && photo.unique {
        let same = "SELECT user_id FROM simulator_images WHERE image=? AND user_id<>?";
        let other = database
            .query_row(same, params![photo.image, photo.user_id], |row| row.get(0))
            .optional()?;
        if let Some(other) = other {
            return Ok(Err(FaceError::exists(other)));
        }
    }
    Ok(judged)
}

/// `{"user_id":2,"success":false,"errors":[{"code":2,"message":"Face not detected"}]}`
fn failure(user_id: Option<i64>, error: FaceError) -> Value {
    let success = ("success", Value::Bool(false));
    let errors = ("errors", Value::Array(vec![error.value()]));
    match user_id {
        Some(user_id) => shape::object([("user_id", int(user_id)), success, errors]),
        None => shape::object([success, errors]),
    }
}

fn user_exists(database: &Connection, id: i64) -> Result<bool, Refusal> {
    let mut prepared = database.prepare_cached("SELECT 1 FROM users WHERE id=?")?;
    Ok(prepared.exists([id])?)
}

fn image_of(database: &Connection, user_id: i64) -> Result<Option<(i64, Vec<u8>)>, Refusal> {
    let find = "SELECT timestamp,image FROM simulator_images WHERE user_id=?";
    let mut prepared = database.prepare_cached(find)?;
    let row = prepared.query_row([user_id], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(row.optional()?)
}

/// Why a user has no photo. The text for a user who is there is not known.
fn absent(database: &Connection, id: i64) -> Result<Value, Refusal> {
    if !user_exists(database, id)? {
        return Ok(FaceError::NO_USER.value());
    }
    let message = Refusal::own(format!("user {id} has no image")).message;
    Ok(shape::object([
        ("code", int(1)),
        ("message", text(message)),
    ]))
}

fn at_most_hundred(count: usize) -> Result<(), Refusal> {
    if count > MOST_IMAGES {
        return Err(Refusal::own(format!(
            "{count} images in one request, of at most {MOST_IMAGES}"
        )));
    }
    Ok(())
}

/// The first parameter of that name. Numbers need no decoding, and there is nothing else.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(have, _)| *have == name)
        .map(|(_, value)| value)
}

fn number(query: &str, name: &str) -> Option<i64> {
    parameter(query, name)?.parse().ok()
}
