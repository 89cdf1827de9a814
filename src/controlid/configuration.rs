//! The device's configuration: a tree of two levels whose values are all strings.
//!
//! A device keeps only what differs from the factory values, so a fleet of untouched devices
//! costs nothing. `set_configuration` is atomic: one parameter that does not exist, and nothing
//! is set.

use super::refusal::Refusal;
use super::shape::{self, Members};
use crate::json::Value;

mod factory;

use factory::FACTORY;

/// The configuration of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What differs from the factory: the section, the name, the value.
    changed: Vec<(&'static str, &'static str, Box<str>)>,
}

impl Configuration {
    /// The value of a parameter, if the device has it.
    #[must_use]
    pub fn value(&self, section: &str, name: &str) -> Option<&str> {
        let (section, parameters) = section_of(section)?;
        let (name, factory) = *parameters.iter().find(|(have, _)| *have == name)?;
        let changed = self
            .changed
            .iter()
            .find(|(in_section, have, _)| *in_section == section && *have == name);
        Some(changed.map_or(factory, |(_, _, value)| value))
    }

    /// Sets a parameter.
    pub fn set(&mut self, section: &str, name: &str, value: &str) -> Result<(), Refusal> {
        let (section, name, factory) = parameter(section, name)?;
        self.changed
            .retain(|(in_section, have, _)| !(*in_section == section && *have == name));
        if value != factory {
            self.changed.push((section, name, value.into()));
        }
        Ok(())
    }

    /// What differs from the factory: section, name and value.
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
