//! Whom the platform knows: the file of `mqtt platform`.
//!
//! ```toml
//! [[user]]                          # an application: userid/10311
//! id = "10311"
//! access_key = "env:USER_KEY"       # base64; @FILE and env:NAME, too
//!
//! [[group]]                         # an application: projectid/KLza8R/groupid/g1
//! project = "KLza8R"
//! group = "g1"
//! access_key = "@group.key"
//!
//! [[product]]                       # needed only by devices that sign with it
//! id = "00001"
//! access_key = "…"
//!
//! [[device]]
//! product = "00001"
//! name = "iot-0001"                 # {n} in it counts, with `count`
//! count = 10
//! key = "…"                         # with it a real device connects; without, it is simulated
//! simulated = true                  # both
//! of = ["userid/10311"]             # whose applications see it; without, all
//! properties = { Power = "off" }    # what a simulated one has
//! services = ["open"]               # what a simulated one can be asked to do
//!
//! [[rule]]                          # what becomes of property/set; the first that fits
//! device = "00001/+"                # which devices
//! param = "temperature"             # if this parameter is set
//! answer = "invalidParameter"       # success, time-out, or one of the platform's codes
//! msg = "30.5 is too hot"
//! delay = "2s"
//! rate = "every=3"                  # 20%, every=3 or first=2
//! ```
//! A file that is read wrongly would give wrong tests: what is not known is refused at its place.

use std::collections::{BTreeMap, HashMap};

use super::login::{DeviceKeys, Keys};
use super::message::Params;
use super::rule::{self, Rule};
use super::topic::DeviceId;
use crate::error::Error;
use base64::Engine as _;

use crate::signature::Secret;
use crate::signature::digest::BASE64_FORGIVING;
use crate::signature::mistake::OtherSecret;
use crate::table::{Document, Item, Table, quoted};

/// Whom the platform knows.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// Their keys, by username.
    applications: HashMap<String, Vec<Secret>>,
    products: HashMap<String, Secret>,
    /// The devices.
    pub devices: BTreeMap<DeviceId, Known>,
    /// What becomes of property/set.
    pub rules: Vec<Rule>,
}

/// A device.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What it signs with.
    pub key: Option<Secret>,
    /// The usernames of the applications that see it; none for all.
    pub of: Option<Vec<String>>,
    /// What it has and can do, if it is simulated.
    pub simulated: Option<Simulated>,
}

/// What a simulated device is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulated {
    /// Its properties at the start; none of them: it takes whatever is set.
    pub properties: Params,
    /// The identifiers of its services.
    pub services: Vec<String>,
}

/// Finds a secret, from the text that names it.
pub type Find<'f> = &'f mut dyn FnMut(&str) -> Result<Secret, Error>;

const KEYS: &[&str] = &["user", "group", "product", "device", "rule"];
const DEVICE_KEYS: &[&str] = &[
    "product",
    "name",
    "count",
    "key",
    "simulated",
    "of",
    "properties",
    "services",
];

/// More devices than this are a slip.
const MOST: u32 = 100_000;

impl Registry {
    /// Reads a file; errors name it, the line and the column (both from 1, the column in bytes).
    pub fn read(file_name: &str, text: &str, find: Find<'_>) -> Result<Self, Error> {
        let document = Document::new(file_name, text);
        let root = document.parse()?;
        let table = Table::root(&document, &root, "the file", KEYS)?;
        let mut registry = Self::default();
        for item in listed(&table, "user", "[[user]]")? {
            let user = item.table("a user", &["id", "access_key"])?;
            let id = level(&user.need("id", "id = \"10311\"")?)?;
            registry.add_application(format!("userid/{id}"), access_key(&user, find)?);
        }
        for item in listed(&table, "group", "[[group]]")? {
            let group = item.table("a group", &["project", "group", "access_key"])?;
            let project = level(&group.need("project", "project = \"KLza8R\"")?)?;
            let id = level(&group.need("group", "group = \"g1\"")?)?;
            let username = format!("projectid/{project}/groupid/{id}");
            registry.add_application(username, access_key(&group, find)?);
        }
        for item in listed(&table, "product", "[[product]]")? {
            let product = item.table("a product", &["id", "access_key"])?;
            let id = level(&product.need("id", "id = \"00001\"")?)?;
            let key = access_key(&product, find)?;
            registry.products.insert(id.to_owned(), key);
        }
        for item in listed(&table, "device", "[[device]]")? {
            registry.read_devices(&item.table("a device", DEVICE_KEYS)?, find)?;
        }
        for item in listed(&table, "rule", "[[rule]]")? {
            let rule = rule::read(&item, registry.devices.keys())?;
            registry.rules.push(rule);
        }
        Ok(registry)
    }

    /// One more application, by its username.
    pub fn add_application(&mut self, username: String, key: Secret) {
        self.applications.entry(username).or_default().push(key);
    }

    /// The usernames of the applications.
    #[must_use]
    pub fn applications(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.applications.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Whether an application sees a device; none if there is no such device.
    #[must_use]
    pub fn sees(&self, username: &str, device: &DeviceId) -> Option<bool> {
        let known = self.devices.get(device)?;
        let of = known.of.as_ref();
        Some(of.is_none_or(|of| of.iter().any(|it| it == username)))
    }

    fn read_devices(&mut self, table: &Table<'_>, find: Find<'_>) -> Result<(), Error> {
        let product = level(&table.need("product", "product = \"00001\"")?)?;
        let name_item = table.need("name", "name = \"iot-0001\"")?;
        let name = level(&name_item)?;
        let count = match table.find("count") {
            None => None,
            Some(count) => Some(counted(&count, name)?),
        };
        let key = match table.find("key") {
            None => None,
            Some(key) => Some(found(&key, find)?),
        };
        let known = Known {
            simulated: simulated(table, key.is_none())?,
            of: match table.find("of") {
                None => None,
                Some(of) => Some(self.owners(&of)?),
            },
            key,
        };
        let names = match count {
            None => vec![name.to_owned()],
            Some(count) => (1..=count)
                .map(|n| name.replace("{n}", &n.to_string()))
                .collect(),
        };
        for name in names {
            let device = DeviceId {
                product: product.to_owned(),
                name,
            };
            if self.devices.contains_key(&device) {
                return Err(name_item.refuse(
                    format!("there are two devices {}", quoted(&device.to_string())),
                    "a device is known by its product and its name",
                ));
            }
            self.devices.insert(device, known.clone());
        }
        Ok(())
    }

    /// The usernames in a list, which must be those of applications above.
    fn owners(&self, of: &Item<'_>) -> Result<Vec<String>, Error> {
        let mut owners = Vec::new();
        for owner in of.list("of = [\"userid/10311\"]")? {
            let name = owner.text()?;
            if !self.applications.contains_key(name) {
                let known = self.applications().join(", ");
                return Err(owner.refuse(
                    format!("{} is no application of this file", quoted(name)),
                    format!("there are: {known}"),
                ));
            }
            owners.push(name.to_owned());
        }
        Ok(owners)
    }
}

impl Keys for Registry {
    fn application(&self, username: &str) -> Vec<Secret> {
        self.applications.get(username).cloned().unwrap_or_default()
    }

    fn device(&self, product: &str, name: &str) -> Option<DeviceKeys> {
        let device = DeviceId {
            product: product.to_owned(),
            name: name.to_owned(),
        };
        let known = self.devices.get(&device)?;
        Some(DeviceKeys {
            device: known.key.clone(),
            product: self.products.get(product).cloned(),
        })
    }

    fn others(&self) -> Vec<OtherSecret> {
        let other = |what: String, secret: &Secret| OtherSecret {
            id: "secret.swapped",
            what,
            secret: secret.clone(),
        };
        let applications = self.applications.iter().flat_map(|(name, keys)| {
            keys.iter()
                .map(move |key| other(format!("the access key of {name}"), key))
        });
        let products = self.products.iter();
        let products =
            products.map(|(id, key)| other(format!("the access key of product {id}"), key));
        applications.chain(products).collect()
    }
}

fn listed<'f>(table: &Table<'f>, key: &'static str, example: &str) -> Result<Vec<Item<'f>>, Error> {
    table
        .find(key)
        .map_or(Ok(Vec::new()), |it| it.list(example))
}

fn access_key(table: &Table<'_>, find: Find<'_>) -> Result<Secret, Error> {
    found(&table.need("access_key", "access_key = \"env:KEY\"")?, find)
}

/// A key that tokens can be signed with.
fn found(item: &Item<'_>, find: Find<'_>) -> Result<Secret, Error> {
    let key = find(item.text()?)?;
    match BASE64_FORGIVING.decode(key.expose()) {
        Ok(bytes) if !bytes.is_empty() => Ok(key),
        // What it is is not said: it may be nearly the key.
        _ => Err(item.refuse(
            format!("{} is no base64", quoted(item.key())),
            "an access key is base64 as the console shows it, or @FILE, or env:NAME",
        )),
    }
}

/// A text that stands between two slashes of a topic or username.
fn level<'f>(item: &Item<'f>) -> Result<&'f str, Error> {
    let text = item.text()?;
    let is_odd = |c: char| matches!(c, '/' | '+' | '#') || c.is_control();
    if text.is_empty() || text.contains(is_odd) {
        return Err(item.refuse(
            format!("{} cannot stand in a topic", quoted(text)),
            "it is not empty and has no `/`, `+` and `#`",
        ));
    }
    Ok(text)
}

fn counted(count: &Item<'_>, name: &str) -> Result<u32, Error> {
    const WANTED: &str = "how many devices there are, 1 to 100000";
    let number = count.number(WANTED)?;
    if !(1..=MOST).contains(&number) {
        return Err(count.refuse(format!("{number} devices are not possible"), WANTED));
    }
    if !name.contains("{n}") {
        return Err(count.refuse(
            "the devices would all have one name",
            "write `{n}` in the name: `name = \"iot-{n}\"`",
        ));
    }
    Ok(number)
}

fn simulated(table: &Table<'_>, without_key: bool) -> Result<Option<Simulated>, Error> {
    let wanted = match table.find("simulated") {
        None => without_key,
        Some(item) => item.flag()?,
    };
    if !wanted {
        let odd = table.found(&["properties", "services"]);
        return match odd.first() {
            None => Ok(None),
            Some(odd) => Err(odd.refuse(
                format!("{} is for simulated devices", quoted(odd.key())),
                "add `simulated = true`, or leave it away",
            )),
        };
    }
    let mut made = Simulated::default();
    if let Some(item) = table.find("properties") {
        let Some(properties) = item.entries() else {
            return Err(item.refuse(
                "`properties` is no table",
                "for example `properties = { Power = \"off\" }`",
            ));
        };
        for (name, value) in properties.pairs() {
            made.properties.push((name.to_owned(), value.json()?));
        }
    }
    if let Some(item) = table.find("services") {
        for service in item.list("services = [\"open\"]")? {
            made.services.push(level(&service)?.to_owned());
        }
    }
    Ok(Some(made))
}

#[cfg(test)]
mod tests;
