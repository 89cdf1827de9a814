//! `$sys/{productId}/{deviceName}/thing/…`: the topics of applications and of devices.
//!
//! The platform's answers end in `/reply`, a device's in `_reply`. A subscription names one
//! device; there are no wildcards in it.

use std::fmt;

use serde::{Serialize, Serializer};

/// A topic of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic<'t> {
    /// The product's id.
    pub product: &'t str,
    /// The device's name.
    pub device: &'t str,
    /// What stands behind `thing/`.
    pub thing: Thing<'t>,
}

/// What a topic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing<'t> {
    /// `lifecycle`: online and offline, to applications.
    Lifecycle,
    /// `property`: what a device reported, to applications.
    Property,
    /// `event`: the same of an event.
    Event,
    /// `property/set`: from an application to the platform, and from there to the device.
    Set,
    /// `property/desired/set`: from an application to the platform.
    DesiredSet,
    /// `property/set/reply`: what became of it, to the application.
    SetReply,
    /// `property/post`: from the device.
    Post,
    /// `property/post/reply`: to the device.
    PostReply,
    /// `event/post`: from the device.
    EventPost,
    /// `event/post/reply`: to the device.
    EventPostReply,
    /// `property/set_reply`: from the device.
    SetAnswer,
    /// `property/get`: to the device.
    Get,
    /// `property/get_reply`: from the device.
    GetAnswer,
    /// `service/{identifier}/invoke`: to the device.
    Invoke(&'t str),
    /// `service/{identifier}/invoke_reply`: from the device.
    InvokeAnswer(&'t str),
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An application of a user or of a project's group.
    Application,
    /// A device.
    Device,
}

const PREFIX: &str = "$sys/";

/// The things whose names are fixed.
const FIXED: [(Thing<'static>, &str); 13] = [
    (Thing::Lifecycle, "lifecycle"),
    (Thing::Property, "property"),
    (Thing::Event, "event"),
    (Thing::Set, "property/set"),
    (Thing::DesiredSet, "property/desired/set"),
    (Thing::SetReply, "property/set/reply"),
    (Thing::Post, "property/post"),
    (Thing::PostReply, "property/post/reply"),
    (Thing::EventPost, "event/post"),
    (Thing::EventPostReply, "event/post/reply"),
    (Thing::SetAnswer, "property/set_reply"),
    (Thing::Get, "property/get"),
    (Thing::GetAnswer, "property/get_reply"),
];

impl<'t> Topic<'t> {
    /// Reads a topic; none if it is not one of the documented ones.
    #[must_use]
    pub fn parse(name: &'t str) -> Option<Self> {
        let (product, rest) = name.strip_prefix(PREFIX)?.split_once('/')?;
        let (device, rest) = rest.split_once('/')?;
        let thing = Thing::parse(rest.strip_prefix("thing/")?)?;
        let is_named = !product.is_empty() && !device.is_empty();
        is_named.then_some(Self {
            product,
            device,
            thing,
        })
    }
}

impl Topic<'_> {
    /// Whose topic it is.
    #[must_use]
    pub fn device_id(&self) -> DeviceId {
        DeviceId {
            product: self.product.to_owned(),
            name: self.device.to_owned(),
        }
    }
}

impl fmt::Display for Topic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            product,
            device,
            thing,
        } = self;
        write!(f, "{PREFIX}{product}/{device}/thing/{thing}")
    }
}

impl<'t> Thing<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        if let Some((thing, _)) = FIXED.iter().find(|(_, name)| *name == text) {
            return Some(*thing);
        }
        let (identifier, what) = text.strip_prefix("service/")?.split_once('/')?;
        match what {
            _ if identifier.is_empty() => None,
            "invoke" => Some(Self::Invoke(identifier)),
            "invoke_reply" => Some(Self::InvokeAnswer(identifier)),
            _ => None,
        }
    }

    /// Whether the platform lets somebody subscribe to it.
    #[must_use]
    pub fn is_subscribed_by(self, role: Role) -> bool {
        match role {
            Role::Application => APPLICATION.contains(&self),
            Role::Device => matches!(
                self,
                Self::PostReply | Self::EventPostReply | Self::Set | Self::Get | Self::Invoke(_)
            ),
        }
    }

    /// Whether the platform lets somebody publish it.
    #[must_use]
    pub fn is_published_by(self, role: Role) -> bool {
        match role {
            Role::Application => matches!(self, Self::Set | Self::DesiredSet),
            Role::Device => matches!(
                self,
                Self::Post
                    | Self::EventPost
                    | Self::SetAnswer
                    | Self::GetAnswer
                    | Self::InvokeAnswer(_)
            ),
        }
    }
}

/// What an application may subscribe to.
pub const APPLICATION: [Thing<'static>; 4] = [
    Thing::Lifecycle,
    Thing::Property,
    Thing::Event,
    Thing::SetReply,
];

impl fmt::Display for Thing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = FIXED.iter().find(|(thing, _)| thing == self) {
            return f.write_str(name);
        }
        match self {
            Self::Invoke(identifier) => write!(f, "service/{identifier}/invoke"),
            Self::InvokeAnswer(identifier) => write!(f, "service/{identifier}/invoke_reply"),
            _ => Ok(()),
        }
    }
}

/// A device as people write it: `00001/iot-0001`, product and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId {
    /// The product's id.
    pub product: String,
    /// The device's name.
    pub name: String,
}

impl DeviceId {
    /// One of its topics.
    #[must_use]
    pub fn topic(&self, thing: Thing<'_>) -> String {
        let topic = Topic {
            product: &self.product,
            device: &self.name,
            thing,
        };
        topic.to_string()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.product, self.name)
    }
}

impl Serialize for DeviceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::str::FromStr for DeviceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_level = |text: &str| {
            let fits = |c: char| !matches!(c, '/' | '+' | '#') && !c.is_control();
            !text.is_empty() && text.chars().all(fits)
        };
        match text.split_once('/') {
            Some((product, name)) if is_level(product) && is_level(name) => Ok(Self {
                product: product.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err("write product and name of the device: 00001/iot-0001".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_topic_is_written_as_it_is_read() {
        let services = ["service/open/invoke", "service/open/invoke_reply"];
        for thing in FIXED.iter().map(|(_, name)| *name).chain(services) {
            let name = format!("$sys/00001/iot-0001/thing/{thing}");
            assert_eq!(Topic::parse(&name).unwrap().to_string(), name);
        }
        for wrong in [
            "$sys/00001/iot-0001/thing/properties",
            "$sys/00001/iot-0001/property",
            "$sys//iot-0001/thing/property",
            "$sys/00001//thing/property",
            "sys/00001/iot-0001/thing/property",
            "$sys/00001/iot-0001/thing/service//invoke",
            "",
        ] {
            assert_eq!(Topic::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn who_may_do_what_is_as_the_tables_say() {
        let of = |role, action: fn(Thing<'static>, Role) -> bool| {
            let all = FIXED.iter().map(|(thing, _)| *thing);
            let all = all.chain([Thing::Invoke("x"), Thing::InvokeAnswer("x")]);
            let allowed = all.filter(|thing| action(*thing, role));
            allowed.map(|it| it.to_string()).collect::<Vec<_>>()
        };
        let subscribed = of(Role::Application, Thing::is_subscribed_by);
        assert_eq!(
            subscribed,
            ["lifecycle", "property", "event", "property/set/reply"]
        );
        let published = of(Role::Application, Thing::is_published_by);
        assert_eq!(published, ["property/set", "property/desired/set"]);
        let to_device = of(Role::Device, Thing::is_subscribed_by);
        assert_eq!(
            to_device,
            [
                "property/set",
                "property/post/reply",
                "event/post/reply",
                "property/get",
                "service/x/invoke"
            ]
        );
        let by_device = of(Role::Device, Thing::is_published_by);
        assert_eq!(
            by_device,
            [
                "property/post",
                "event/post",
                "property/set_reply",
                "property/get_reply",
                "service/x/invoke_reply"
            ]
        );
    }

    #[test]
    fn a_device_is_a_product_and_a_name() {
        let device: DeviceId = "00001/iot-0001".parse().unwrap();
        assert_eq!(device.to_string(), "00001/iot-0001");
        let topic = device.topic(Thing::Property);
        assert_eq!(topic, "$sys/00001/iot-0001/thing/property");
        for wrong in ["00001", "/x", "x/", "a/b/c", "a/+", "#/b", "a/b\n"] {
            assert!(wrong.parse::<DeviceId>().is_err(), "{wrong}");
        }
    }
}
