//! The documented shapes of the messages, and where a message is not of its own.

use std::collections::HashSet;
use std::fmt;

use super::topic::{Thing, Topic};
use crate::json::{Value, compact};

/// Where a value is not of the documented shape of its topic.
pub(super) fn flaws(topic: &Topic<'_>, value: &Value) -> Vec<String> {
    let mut shape = Shape::default();
    if !matches!(value, Value::Object(_)) {
        shape.wrong("", format!("is {} and not an object", kind(value)));
        return shape.flaws;
    }
    match topic.thing {
        Thing::Lifecycle => {
            about(topic, value, "lifecycle", None, &mut shape);
            if let Some(data) = shape.object(value, "data") {
                shape.one_of(data, "status", &["online", "offline"]);
                shape.time(data, "time");
            }
        }
        Thing::Property => {
            about(topic, value, "notify", Some("property"), &mut shape);
            if let Some(data) = shape.object(value, "data") {
                shape.text(data, "id");
                shape.timed(data, false);
            }
        }
        Thing::Event => {
            about(topic, value, "notify", Some("event"), &mut shape);
            if let Some(data) = shape.object(value, "data") {
                shape.text(data, "id");
                shape.text(data, "version");
                shape.timed(data, true);
            }
        }
        Thing::Set | Thing::DesiredSet if value.member("id").is_none() => {
            shape.text(value, "requestId");
            if value.member("requestId").and_then(Value::as_str) == Some("") {
                shape.wrong("requestId", "is empty");
            }
            if let Some(data) = shape.object(value, "data") {
                shape.optional_text(data, "version");
                shape.object(data, "params");
                shape.once(data.member("params"));
            }
            shape.once(Some(value));
        }
        Thing::SetReply => reply_shape(value, &mut shape),
        Thing::Post | Thing::EventPost => {
            shape.text(value, "id");
            shape.optional_text(value, "version");
            shape.timed(value, topic.thing == Thing::EventPost);
        }
        Thing::PostReply
        | Thing::EventPostReply
        | Thing::SetAnswer
        | Thing::GetAnswer
        | Thing::InvokeAnswer(_) => {
            shape.text(value, "id");
            shape.number(value, "code");
            if topic.thing == Thing::GetAnswer {
                shape.object(value, "data");
            }
        }
        Thing::Set | Thing::DesiredSet | Thing::Invoke(_) => {
            shape.text(value, "id");
            shape.optional_text(value, "version");
            shape.object(value, "params");
        }
        Thing::Get => {
            shape.text(value, "id");
            if !matches!(shape.need(value, "params"), None | Some(Value::Array(_))) {
                shape.wrong("params", "is no list of names");
            }
        }
    }
    shape.flaws
}

/// Whom a message is about, and of which type it is.
fn about(topic: &Topic<'_>, value: &Value, message: &str, notify: Option<&str>, shape: &mut Shape) {
    shape.is(value, "productId", topic.product);
    shape.is(value, "deviceName", topic.device);
    shape.is(value, "messageType", message);
    if let Some(notify) = notify {
        shape.is(value, "notifyType", notify);
    }
}

fn reply_shape(value: &Value, shape: &mut Shape) {
    shape.text(value, "requestId");
    match shape.need(value, "success") {
        None | Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => {
            shape.text(value, "code");
            shape.text(value, "msg");
        }
        Some(other) => shape.wrong("success", format!("is {}", kind(other))),
    }
}

#[derive(Default)]
struct Shape {
    flaws: Vec<String>,
}

impl Shape {
    fn wrong(&mut self, name: &str, what: impl fmt::Display) {
        let name = if name.is_empty() {
            "it".to_owned()
        } else {
            format!("`{name}`")
        };
        self.flaws.push(format!("{name} {what}"));
    }

    fn need<'v>(&mut self, value: &'v Value, name: &str) -> Option<&'v Value> {
        let found = value.member(name);
        if found.is_none() {
            self.wrong(name, "is missing");
        }
        found
    }

    /// Each member stands there once.
    fn once(&mut self, object: Option<&Value>) {
        let Some(Value::Object(members)) = object else {
            return;
        };
        let mut seen = HashSet::new();
        for (name, _) in members {
            if !seen.insert(name) {
                self.wrong(name, "stands there twice");
            }
        }
    }

    fn is(&mut self, value: &Value, name: &str, wanted: &str) {
        match self.need(value, name) {
            None => {}
            Some(Value::String(text)) if text == wanted => {}
            Some(other) => {
                let other = shown(other);
                self.wrong(name, format!("is {other} and not \"{wanted}\""));
            }
        }
    }

    fn one_of(&mut self, value: &Value, name: &str, wanted: &[&str]) {
        match self.need(value, name) {
            None => {}
            Some(Value::String(text)) if wanted.contains(&text.as_str()) => {}
            Some(other) => {
                let other = shown(other);
                self.wrong(name, format!("is {other}, known are {}", wanted.join(", ")));
            }
        }
    }

    fn text(&mut self, value: &Value, name: &str) {
        match self.need(value, name) {
            None | Some(Value::String(_)) => {}
            Some(other) => self.wrong(name, format!("is {} and not a text", kind(other))),
        }
    }

    fn optional_text(&mut self, value: &Value, name: &str) {
        if value.member(name).is_some() {
            self.text(value, name);
        }
    }

    fn number(&mut self, value: &Value, name: &str) {
        match self.need(value, name) {
            None | Some(Value::Number(_)) => {}
            Some(other) => self.wrong(name, format!("is {} and not a number", kind(other))),
        }
    }

    fn object<'v>(&mut self, value: &'v Value, name: &str) -> Option<&'v Value> {
        match self.need(value, name)? {
            object @ Value::Object(_) => Some(object),
            other => {
                self.wrong(name, format!("is {} and not an object", kind(other)));
                None
            }
        }
    }

    fn time(&mut self, value: &Value, name: &str) {
        let Some(time) = self.need(value, name) else {
            return;
        };
        match time {
            Value::Number(text) => match text.parse::<u64>() {
                // A number of 10 digits is a time in seconds: as milliseconds it lies in 1970.
                Ok(time) if time < 100_000_000_000 => {
                    self.wrong(
                        name,
                        format!("is {time}: seconds, where milliseconds belong"),
                    );
                }
                Ok(_) => {}
                Err(_) => self.wrong(name, format!("is {text} and no time in milliseconds")),
            },
            other => self.wrong(name, format!("is {} and not a number", kind(other))),
        }
    }

    /// `params`: each with its value and its time.
    fn timed(&mut self, value: &Value, is_event: bool) {
        let Some(Value::Object(params)) = self.object(value, "params") else {
            return;
        };
        for (name, param) in params {
            let mut inner = Self::default();
            match param {
                Value::Object(_) if is_event => {
                    inner.object(param, "value");
                    inner.time(param, "time");
                }
                Value::Object(_) => {
                    inner.need(param, "value");
                    inner.time(param, "time");
                }
                other => {
                    let other = kind(other);
                    self.wrong(name, format!("is {other} and not {{\"value\",\"time\"}}"));
                }
            }
            let flaws = inner.flaws.into_iter();
            self.flaws
                .extend(flaws.map(|flaw| format!("`{name}`: {flaw}")));
        }
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub(super) fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&compact(value)).into_owned()
}
