//! What becomes of a property/set: the rules of a user's file.

use std::time::Duration;

use super::message::{CODES, Params, param};
use super::topic::DeviceId;
use crate::error::Error;
use crate::moment::Moment;
use crate::mqtt::topic;
use crate::rate::Rate;
use crate::table::{Item, one_of, quoted};

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A filter over `PRODUCT/NAME`.
    device: Option<String>,
    param: Option<String>,
    /// What is answered.
    pub answer: Answer,
    /// After how long.
    pub delay: Duration,
    rate: Rate,
    count: u32,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Success, without the device.
    Success,
    /// A code and its message.
    Code(String, String),
    /// Nothing ever.
    Silence,
}

const KEYS: &[&str] = &["device", "param", "answer", "msg", "delay", "rate"];

/// Reads one `[[rule]]`; `devices` are those that there are.
pub(super) fn read<'d>(
    item: &Item<'_>,
    devices: impl IntoIterator<Item = &'d DeviceId>,
) -> Result<Rule, Error> {
    let table = item.table("a rule", KEYS)?;
    let device = table.find("device").map(|it| it.text()).transpose()?;
    if let (Some(filter), Some(at)) = (device, table.find("device"))
        && !devices
            .into_iter()
            .any(|it| topic::matches(filter, &it.to_string()))
    {
        return Err(at.refuse(
            format!("{} matches no device of this file", quoted(filter)),
            "write product and name, `+` for any: `00001/+`",
        ));
    }
    let answer = table.need("answer", "answer = \"deviceNotFound\"")?;
    let msg = table.find("msg").map(|it| it.text()).transpose()?;
    let answer = match answer.text()? {
        "success" => Answer::Success,
        "time-out" => Answer::Silence,
        code if CODES.contains(&code) => {
            Answer::Code(code.to_owned(), msg.unwrap_or(message_of(code)).to_owned())
        }
        other => {
            let known = one_of(["success", "time-out"].into_iter().chain(CODES));
            return Err(answer.refuse(
                format!("{} is no answer", quoted(other)),
                format!("known: {known}"),
            ));
        }
    };
    let rate = match table.find("rate") {
        None => Rate::Always,
        Some(item) => item.text()?.parse().map_err(|why: String| {
            item.refuse(
                why.replace("`:", "`").replace(" :", " "),
                "for example `rate = \"every=3\"`",
            )
        })?,
    };
    Ok(Rule {
        device: device.map(str::to_owned),
        param: table
            .find("param")
            .map(|it| it.text().map(str::to_owned))
            .transpose()?,
        answer,
        delay: table
            .find("delay")
            .map_or(Ok(Duration::ZERO), |it| it.duration())?,
        rate,
        count: 0,
    })
}

/// The message of a code, where nobody gives another; the documentation has the first one's.
#[must_use]
pub fn message_of(code: &str) -> &'static str {
    match code {
        "deviceNotFound" => "device does not exist",
        "authPermissionDeny" => "permission denied",
        "parameterRequired" => "a parameter is required",
        "invalidParameter" => "invalid parameter",
        _ => "set property failed",
    }
}

impl Rule {
    /// Whether it strikes this time.
    pub fn strikes(&mut self, device: &DeviceId, params: &Params, moment: &mut Moment) -> bool {
        let is_device = |filter: &String| topic::matches(filter, &device.to_string());
        let has_param = |name: &String| param(params, name).is_some();
        self.device.as_ref().is_none_or(is_device)
            && self.param.as_ref().is_none_or(has_param)
            && self.rate.strikes(&mut self.count, moment)
    }
}
