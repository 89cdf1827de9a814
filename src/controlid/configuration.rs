//! The device's configuration: a tree of two levels whose values are all strings.
//!
//! A device keeps only what differs from the factory values, so a fleet of untouched devices
//! costs nothing. `set_configuration` is atomic: one parameter that does not exist, and nothing
//! is set.

use std::sync::Arc;

use super::refusal::Refusal;
use super::shape::{self, Members};
use crate::json::Value;

mod factory;

use factory::FACTORY;

/// A section, a name and a value.
type Setting = (&'static str, &'static str, Box<str>);

/// The configuration of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    installed: Option<Installed>,
    /// What differs from what was installed, and from the factory.
    changed: Vec<Setting>,
}

/// What an installer sets at the device before it goes to work, such as where it polls. A whole
/// fleet shares it, and a factory reset does not take it away: a simulated device that falls
/// silent would help nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed(Arc<[Setting]>);

impl Installed {
    /// These settings: section, name and value.
    pub fn new(settings: &[(&str, &str, &str)]) -> Result<Self, Refusal> {
        let mut configuration = Configuration::default();
        for (section, name, value) in settings {
            configuration.set(section, name, value)?;
        }
        Ok(Self(configuration.changed.into()))
    }
}

fn find<'s>(settings: &'s [Setting], section: &str, name: &str) -> Option<&'s str> {
    settings
        .iter()
        .find(|(in_section, have, _)| *in_section == section && *have == name)
        .map(|(_, _, value)| &**value)
}

impl Configuration {
    /// The value of a parameter, if the device has it.
    #[must_use]
    pub fn value(&self, section: &str, name: &str) -> Option<&str> {
        let (section, name, factory) = parameter(section, name).ok()?;
        find(&self.changed, section, name).or(Some(self.before(section, name, factory)))
    }

    /// The value that a parameter has unless it is changed.
    fn before(&self, section: &str, name: &str, factory: &'static str) -> &str {
        let installed = self.installed.as_ref();
        installed
            .and_then(|installed| find(&installed.0, section, name))
            .unwrap_or(factory)
    }

    /// Whether a parameter is as the installer, or the factory, left it.
    #[must_use]
    pub fn is_installed(&self, section: &str, name: &str) -> bool {
        find(&self.changed, section, name).is_none()
    }

    /// Sets a parameter.
    pub fn set(&mut self, section: &str, name: &str, value: &str) -> Result<(), Refusal> {
        let (section, name, factory) = parameter(section, name)?;
        self.changed
            .retain(|(in_section, have, _)| !(*in_section == section && *have == name));
        if value != self.before(section, name, factory) {
            self.changed.push((section, name, value.into()));
        }
        Ok(())
    }

    /// The installer was here: the settings that they make are theirs, whatever was there.
    pub fn install(&mut self, installed: &Installed) {
        self.changed
            .retain(|(section, name, _)| find(&installed.0, section, name).is_none());
        self.installed = Some(installed.clone());
    }

    /// Forgets what was changed since the installer was here.
    pub(super) fn reset(&mut self) {
        self.changed.clear();
    }

    /// What differs from the factory and the installer: section, name and value.
    pub fn changed(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.changed
            .iter()
            .map(|(section, name, value)| (*section, *name, &**value))
    }

    /// `set_configuration`: all of the body, or nothing.
    pub(super) fn set_all(&mut self, body: &Value) -> Result<(), Refusal> {
        let mut next = self.clone();
        for (section, parameters) in Members::of_body(body)?.iter() {
            for (name, value) in Members::of(section, parameters)?.iter() {
                parameter(section, name)?;
                let Some(value) = value.as_str() else {
                    return Err(Refusal::member(name, "string", Some(value)));
                };
                next.set(section, name, value)?;
            }
        }
        *self = next;
        Ok(())
    }

    /// `get_configuration`: what the body asks for, in its order.
    ///
    /// An empty list, or `true`, stands for the whole section and `{}` for everything
    /// (inferred from what servers send).
    pub(super) fn get_all(&self, body: &Value) -> Result<Value, Refusal> {
        let asked = Members::of_body(body)?;
        let mut sections = Vec::new();
        if asked.iter().next().is_none() {
            for (section, _) in FACTORY {
                sections.push(((*section).to_owned(), self.section(section)?));
            }
        }
        for (section, names) in asked.iter() {
            let value = match names {
                Value::Bool(true) => self.section(section)?,
                Value::Array(names) if names.is_empty() => self.section(section)?,
                Value::Array(names) => self.some(section, names)?,
                other => return Err(Refusal::member(section, "array", Some(other))),
            };
            sections.push((section.to_owned(), value));
        }
        Ok(Value::Object(sections))
    }

    fn section(&self, section: &str) -> Result<Value, Refusal> {
        let (_, parameters) = section_of(section).ok_or_else(|| no_section(section))?;
        let values = parameters.iter().map(|(name, factory)| {
            let value = self.value(section, name).unwrap_or(factory);
            ((*name).to_owned(), shape::text(value))
        });
        Ok(Value::Object(values.collect()))
    }

    fn some(&self, section: &str, names: &[Value]) -> Result<Value, Refusal> {
        let values = names.iter().map(|name| {
            let Some(name) = name.as_str() else {
                return Err(Refusal::member(section, "string", Some(name)));
            };
            parameter(section, name)?;
            let value = self.value(section, name).unwrap_or_default();
            Ok((name.to_owned(), shape::text(value)))
        });
        values.collect::<Result<_, _>>().map(Value::Object)
    }
}

type Section = (&'static str, &'static [(&'static str, &'static str)]);

fn section_of(section: &str) -> Option<Section> {
    FACTORY.iter().find(|(have, _)| *have == section).copied()
}

/// The section, the name and the factory value of a parameter.
fn parameter(
    section: &str,
    name: &str,
) -> Result<(&'static str, &'static str, &'static str), Refusal> {
    let (section, parameters) = section_of(section).ok_or_else(|| no_section(section))?;
    parameters
        .iter()
        .find(|(have, _)| *have == name)
        .map(|(name, factory)| (section, *name, *factory))
        .ok_or_else(|| {
            Refusal::device(format!(
                "Node or attribute not found. Node path: config->{section}->param[name={name}]"
            ))
        })
}

/// The path of a section alone is inferred from that of a parameter.
fn no_section(section: &str) -> Refusal {
    Refusal::device(format!(
        "Node or attribute not found. Node path: config->{section}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{compact, tree};

    fn body(text: &str) -> Value {
        tree::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_parameter_that_does_not_exist_is_named_by_its_path() {
        let error = Configuration::default().get_all(&body(r#"{"general":["X"]}"#));
        assert_eq!(
            error.unwrap_err().message,
            "Node or attribute not found. Node path: config->general->param[name=X]"
        );
    }

    #[test]
    fn setting_is_all_or_nothing() {
        let mut configuration = Configuration::default();
        let before = configuration.clone();
        let one_is_wrong = body(r#"{"general":{"language":"en_US","X":"1"}}"#);
        assert!(configuration.set_all(&one_is_wrong).is_err());
        let no_string =
            body(r#"{"general":{"language":"en_US"},"push_server":{"push_request_period":5}}"#);
        assert_eq!(
            configuration.set_all(&no_string).unwrap_err().message,
            "Invalid member 'push_request_period' (string expected, got int)"
        );
        assert_eq!(configuration, before);
    }

    #[test]
    fn what_is_set_back_to_the_factory_value_costs_nothing() {
        let mut configuration = Configuration::default();
        configuration
            .set("push_server", "push_request_period", "5")
            .unwrap();
        assert_eq!(
            configuration.value("push_server", "push_request_period"),
            Some("5")
        );
        assert_eq!(configuration.changed().count(), 1);
        configuration
            .set("push_server", "push_request_period", "60")
            .unwrap();
        assert_eq!(configuration, Configuration::default());
    }

    #[test]
    fn what_was_installed_stays_until_it_is_changed_and_comes_back_with_a_reset() {
        let settings = [("push_server", "push_request_period", "5")];
        let installed = Installed::new(&settings).unwrap();
        let mut configuration = Configuration::default();
        let period = |configuration: &Configuration| {
            let value = configuration.value("push_server", "push_request_period");
            value.unwrap().to_owned()
        };
        configuration
            .set("push_server", "push_request_period", "9")
            .unwrap();
        configuration.install(&installed);
        assert_eq!(period(&configuration), "5");
        configuration
            .set("push_server", "push_request_period", "60")
            .unwrap();
        assert_eq!(period(&configuration), "60");
        assert_eq!(configuration.changed().count(), 1);
        configuration.reset();
        assert_eq!(period(&configuration), "5");
        assert!(Installed::new(&[("push_server", "x", "5")]).is_err());
    }

    #[test]
    fn a_whole_section_is_asked_for_with_true_or_an_empty_list() {
        let configuration = Configuration::default();
        let expected = br#"{"push_server":{"push_remote_address":"","push_request_period":"60","push_request_timeout":"15000"}}"#;
        for asked in [r#"{"push_server":true}"#, r#"{"push_server":[]}"#] {
            let answer = configuration.get_all(&body(asked)).unwrap();
            assert_eq!(compact(&answer), expected);
        }
        let all = configuration.get_all(&body("{}")).unwrap();
        assert!(all.member("push_server").is_some() && all.member("general").is_some());
    }
}
