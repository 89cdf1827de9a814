//! What the messages are made of: composed as the documentation has them, and judged.
//!
//! ```text
//! lifecycle        {"productId","deviceName","messageType":"lifecycle","data":{"status","time"}}
//! property         {"productId","deviceName","messageType":"notify","notifyType":"property",
//!                   "data":{"id","params":{NAME:{"value","time"}}}}
//! event            … "notifyType":"event","data":{"id","version","params":{NAME:{"value":{},"time"}}}
//! property/set     {"requestId","data":{"version","params":{NAME:VALUE}}}
//! set/reply        {"requestId","success":true}
//!                  {"requestId","code":"deviceNotFound","msg":"…","success":false}
//! property/post    {"id","version":"1.0","params":{NAME:{"value","time"}}}, from a device
//! event/post       the same with an object for a value
//! post/reply       {"id","code":200,"msg":"success"}, and so are a device's answers
//! property/get     {"id","version","params":[NAME]}; its answer has the values in "data"
//! invoke           {"id","version","params":{NAME:VALUE}}; its answer has "data"
//! ```
//! Times are unix milliseconds. The documentation's sample of a successful reply ends in a comma
//! before its brace and has comments: that is no JSON, so such texts are read, and never written.

use super::shape::{self, shown};
use super::topic::{DeviceId, Thing, Topic};
use crate::json::tree::{self, Value};
use crate::json::{compact, lenient};

/// The names of the platform's errors that are documented.
pub const CODES: [&str; 5] = [
    "authPermissionDeny",
    "parameterRequired",
    "invalidParameter",
    "deviceNotFound",
    "setPropertyFailed",
];

/// A message as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What it holds, if it is JSON, strict or not.
    pub value: Option<Value>,
    /// What had to be passed over to read it: it is no strict JSON.
    pub repairs: Vec<String>,
    /// Where it is not of its documented shape.
    pub flaws: Vec<String>,
}

impl Judged {
    /// All that a platform would not take: it reads strict JSON alone.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.flaws.iter().chain(&self.repairs).cloned().collect()
    }
}

/// Reads a payload leniently: what it holds, and what is not strict JSON in it.
pub fn read(payload: &[u8]) -> Result<(Value, Vec<String>), String> {
    if let Ok(value) = tree::parse(payload) {
        return Ok((value, Vec::new()));
    }
    let read = lenient::read(payload).map_err(|why| format!("it is not JSON: {why}"))?;
    let repairs = read.repairs.iter();
    let repairs =
        repairs.map(|repair| format!("not strict JSON: {} (byte {})", repair.what, repair.at));
    Ok((read.value, repairs.collect()))
}

/// Holds a message against the documented shape of its topic.
#[must_use]
pub fn judge(topic: &Topic<'_>, payload: &[u8]) -> Judged {
    match read(payload) {
        Ok((value, repairs)) => Judged {
            flaws: shape::flaws(topic, &value),
            value: Some(value),
            repairs,
        },
        Err(why) => Judged {
            value: None,
            repairs: Vec::new(),
            flaws: vec![why],
        },
    }
}

/// What a reply to property/set says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// To which request: its `requestId`.
    pub request_id: String,
    /// Success, or code and message.
    pub result: Result<(), (String, String)>,
}

impl Reply {
    /// Reads a reply as leniently as it can be understood.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| {
            value
                .member(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let result = match value.member("success")? {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) => Err((
                text("code").unwrap_or_default(),
                text("msg").unwrap_or_default(),
            )),
            _ => return None,
        };
        Some(Self {
            request_id: text("requestId")?,
            result,
        })
    }

    /// The reply as the documentation has it.
    #[must_use]
    pub fn compose(&self) -> Vec<u8> {
        let id = ("requestId", text(&self.request_id));
        let members = match &self.result {
            Ok(()) => vec![id, ("success", Value::Bool(true))],
            Err((code, msg)) => vec![
                id,
                ("code", text(code)),
                ("msg", text(msg)),
                ("success", Value::Bool(false)),
            ],
        };
        compact(&object(members))
    }
}

/// Parameters: names and values, as they follow each other.
pub type Params = Vec<(String, Value)>;

/// The value of a parameter, from a list of them.
#[must_use]
pub fn param<'p>(params: &'p [(String, Value)], name: &str) -> Option<&'p Value> {
    params
        .iter()
        .find(|(have, _)| have == name)
        .map(|(_, value)| value)
}

/// Gives a parameter a value, in its place if it has one.
pub fn put(params: &mut Params, name: &str, value: &Value) {
    match params.iter_mut().find(|(have, _)| have == name) {
        Some((_, old)) => *old = value.clone(),
        None => params.push((name.to_owned(), value.clone())),
    }
}

/// `lifecycle`.
#[must_use]
pub fn lifecycle(device: &DeviceId, is_online: bool, millis: i64) -> Vec<u8> {
    let status = if is_online { "online" } else { "offline" };
    compact(&object([
        ("productId", text(&device.product)),
        ("deviceName", text(&device.name)),
        ("messageType", text("lifecycle")),
        (
            "data",
            object([("status", text(status)), ("time", number(millis))]),
        ),
    ]))
}

/// `property` and `event`: what a device reported, its parameters as JSON text with their times.
///
/// `thing` is [`Thing::Event`], else it is a property. The text is not read again, so that a
/// number stays as the device wrote it.
#[must_use]
pub fn notify(device: &DeviceId, thing: Thing<'_>, id: &str, params: &[u8]) -> Vec<u8> {
    let (kind, version) = match thing {
        Thing::Event => ("event", r#""version":"1.0","#),
        _ => ("property", ""),
    };
    let [product, name, id] = [&device.product, &device.name, id].map(|it| shown(&text(it)));
    let head = format!(
        r#"{{"productId":{product},"deviceName":{name},"messageType":"notify","notifyType":"{kind}","data":{{"id":{id},{version}"params":"#
    );
    [head.as_bytes(), params, b"}}"].concat()
}

/// `property/set` and `property/desired/set`, from an application.
#[must_use]
pub fn set(request_id: &str, params: Params) -> Vec<u8> {
    let data = [("version", text("1.0")), ("params", Value::Object(params))];
    let members = [("requestId", text(request_id)), ("data", object(data))];
    compact(&object(members))
}

/// What goes to a device with an id and parameters: `property/set`, `invoke`, and, from the
/// device, `property/post` and `event/post`.
#[must_use]
pub fn numbered(id: &str, params: Value) -> Vec<u8> {
    compact(&object([
        ("id", text(id)),
        ("version", text("1.0")),
        ("params", params),
    ]))
}

/// An answer with a code; `data` only where it is documented.
#[must_use]
pub fn answer(id: &str, code: u16, msg: &str, data: Option<Value>) -> Vec<u8> {
    let mut members = vec![
        ("id", text(id)),
        ("code", number(i64::from(code))),
        ("msg", text(msg)),
    ];
    members.extend(data.map(|data| ("data", data)));
    compact(&object(members))
}

/// Parameters with their time: `{"Power":{"value":"on","time":1524448722123}}`.
#[must_use]
pub fn timed(params: &[(String, Value)], millis: i64) -> Value {
    let timed = params.iter().map(|(name, value)| {
        let value = object([("value", value.clone()), ("time", number(millis))]);
        (name.clone(), value)
    });
    Value::Object(timed.collect())
}

/// An object of these members.
pub(super) fn object(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let members = members.into_iter();
    Value::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

pub(super) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(super) fn number(number: i64) -> Value {
    Value::Number(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceId {
        "00001/iot-0001".parse().unwrap()
    }

    fn flaws_of(thing: Thing<'_>, payload: &str) -> Vec<String> {
        let name = device().topic(thing);
        judge(&Topic::parse(&name).unwrap(), payload.as_bytes()).flaws
    }

    fn text_of(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    const TIME: i64 = 1_524_448_722_123;

    /// The documentation's own messages, without blanks.
    #[test]
    fn messages_are_composed_as_the_documentation_has_them() {
        let lifecycle = text_of(lifecycle(&device(), true, TIME));
        assert_eq!(
            lifecycle,
            r#"{"productId":"00001","deviceName":"iot-0001","messageType":"lifecycle","data":{"status":"online","time":1524448722123}}"#
        );
        let params = vec![
            ("Power".to_owned(), text("on")),
            ("WF".to_owned(), Value::Number("23.6".to_owned())),
        ];
        let params = compact(&timed(&params, TIME));
        let property = text_of(notify(&device(), Thing::Property, "12345", &params));
        assert_eq!(
            property,
            r#"{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"property","data":{"id":"12345","params":{"Power":{"value":"on","time":1524448722123},"WF":{"value":23.6,"time":1524448722123}}}}"#
        );
        let inside = object([("Power", text("on")), ("WF", text("2"))]);
        let params = vec![("identifier1".to_owned(), inside)];
        let params = compact(&timed(&params, TIME));
        let event = text_of(notify(&device(), Thing::Event, "123", &params));
        assert_eq!(
            event,
            r#"{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"event","data":{"id":"123","version":"1.0","params":{"identifier1":{"value":{"Power":"on","WF":"2"},"time":1524448722123}}}}"#
        );
        let id = "8906582E6722409AA6C40E7863B733A5";
        let set = text_of(set(id, vec![("temperature".to_owned(), text("30.5"))]));
        assert_eq!(
            set,
            r#"{"requestId":"8906582E6722409AA6C40E7863B733A5","data":{"version":"1.0","params":{"temperature":"30.5"}}}"#
        );
        for (thing, payload) in [
            (Thing::Lifecycle, &lifecycle),
            (Thing::Property, &property),
            (Thing::Event, &event),
            (Thing::Set, &set),
            (Thing::DesiredSet, &set),
        ] {
            assert_eq!(flaws_of(thing, payload), [""; 0], "{thing}");
        }
    }

    /// The documentation's sample has a comment and a comma too many.
    #[test]
    fn the_printed_reply_is_read_and_a_strict_one_is_written() {
        let printed = "{\n    \"requestId\": \"8906582E6722409AA6C40E7863B733A5\", //用户自定义id \n    \"success\": true,\n}";
        let name = device().topic(Thing::SetReply);
        let judged = judge(&Topic::parse(&name).unwrap(), printed.as_bytes());
        assert_eq!(judged.flaws, [""; 0]);
        assert_eq!(judged.repairs.len(), 2, "{:?}", judged.repairs);
        let reply = Reply::read(&judged.value.unwrap()).unwrap();
        assert_eq!(reply.result, Ok(()));
        assert_eq!(
            text_of(reply.compose()),
            r#"{"requestId":"8906582E6722409AA6C40E7863B733A5","success":true}"#
        );
        let refused = r#"{"requestId":"8906582E6722409AA6C40E7863B733A5","code":"deviceNotFound","msg":"device does not exist","success":false}"#;
        let reply = Reply::read(&tree::parse(refused.as_bytes()).unwrap()).unwrap();
        assert_eq!(text_of(reply.compose()), refused);
        assert_eq!(flaws_of(Thing::SetReply, refused), [""; 0]);
    }

    #[test]
    fn what_is_not_of_its_shape_is_said_in_words() {
        for (thing, payload, expected) in [
            (Thing::Property, "x", "it is not JSON: "),
            (Thing::Property, "[]", "it is a list and not an object"),
            (
                Thing::Lifecycle,
                r#"{"productId":"00001","deviceName":"other","messageType":"lifecycle","data":{"status":"online","time":1524448722123}}"#,
                "`deviceName` is \"other\" and not \"iot-0001\"",
            ),
            (
                Thing::Lifecycle,
                r#"{"productId":"00001","deviceName":"iot-0001","messageType":"lifecycle","data":{"status":"up","time":1524448722123}}"#,
                "`status` is \"up\", known are online, offline",
            ),
            (
                Thing::Lifecycle,
                r#"{"productId":"00001","deviceName":"iot-0001","messageType":"lifecycle","data":{"status":"online","time":1524448722}}"#,
                "`time` is 1524448722: seconds, where milliseconds belong",
            ),
            (
                Thing::Property,
                r#"{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"property","data":{"id":"1","params":{"Power":"on"}}}"#,
                "`Power` is a text and not {\"value\",\"time\"}",
            ),
            (
                Thing::Event,
                r#"{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"event","data":{"id":"1","version":"1.0","params":{"a":{"value":1,"time":1524448722123}}}}"#,
                "`a`: `value` is a number and not an object",
            ),
            (
                Thing::Set,
                r#"{"data":{"params":{}}}"#,
                "`requestId` is missing",
            ),
            (
                Thing::Set,
                r#"{"requestId":"1","data":{"params":[]}}"#,
                "`params` is a list and not an object",
            ),
            (
                Thing::SetReply,
                r#"{"requestId":"1","success":"true"}"#,
                "`success` is a text",
            ),
            (
                Thing::SetReply,
                r#"{"requestId":"1","success":false}"#,
                "`code` is missing",
            ),
            (
                Thing::Post,
                r#"{"id":1,"params":{"a":{"value":1,"time":1524448722123}}}"#,
                "`id` is a number and not a text",
            ),
            (
                Thing::PostReply,
                r#"{"id":"1","code":"200"}"#,
                "`code` is a text",
            ),
            (
                Thing::Get,
                r#"{"id":"1","params":{}}"#,
                "`params` is no list of names",
            ),
        ] {
            let flaws = flaws_of(thing, payload);
            assert!(flaws[0].starts_with(expected), "{thing}: {flaws:?}");
        }
    }

    #[test]
    fn a_devices_messages_fit_their_shapes() {
        let params = vec![("Power".to_owned(), text("on"))];
        let post = numbered("123", timed(&params, TIME));
        assert_eq!(
            text_of(post.clone()),
            r#"{"id":"123","version":"1.0","params":{"Power":{"value":"on","time":1524448722123}}}"#
        );
        assert_eq!(
            text_of(answer("123", 200, "success", None)),
            r#"{"id":"123","code":200,"msg":"success"}"#
        );
        let names = Value::Array(vec![text("Power")]);
        let data = Some(Value::Object(params.clone()));
        for (thing, payload) in [
            (Thing::Post, post),
            (Thing::Set, numbered("1", Value::Object(params))),
            (Thing::Get, numbered("1", names)),
            (Thing::GetAnswer, answer("1", 200, "success", data)),
            (Thing::PostReply, answer("1", 200, "success", None)),
        ] {
            assert_eq!(flaws_of(thing, &text_of(payload)), [""; 0], "{thing}");
        }
    }
}
