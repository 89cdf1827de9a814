//! Orders as they come in: one, a list, or one a line.

use std::fmt;

use crate::controlid::dispatch::{Order, Policy};
use crate::json::scan;

/// What orders are taken for that do not say so themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub(super) device: Option<String>,
    pub(super) policy: Option<Policy>,
}

/// An order, and for whom.
pub(super) type Addressed = (String, Order);

/// What is wrong with an order, and at which of its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) at: usize,
    pub(super) what: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            0 => f.write_str(&self.what),
            at => write!(f, "{} (byte {})", self.what, at + 1),
        }
    }
}

impl Defaults {
    /// One order.
    pub(super) fn order(&self, json: &[u8]) -> Result<Addressed, Flaw> {
        let flaw = |what| Flaw { at: 0, what };
        scan::check(json).map_err(|why| Flaw {
            at: why.at,
            what: why.why.to_owned(),
        })?;
        let mut order = Order::parse(json).map_err(flaw)?;
        order.policy = order.policy.or(self.policy);
        let device = order.device.take().or_else(|| self.device.clone());
        match device {
            Some(device) => Ok((device, order)),
            None => Err(flaw(
                "it names no `device`, and --device is not given".to_owned(),
            )),
        }
    }

    /// One order, a JSON array of them, or one a line: all or none. What is wrong names the order.
    pub(super) fn orders(&self, body: &[u8]) -> Result<Vec<Addressed>, String> {
        let parts = parts(body);
        if parts.is_empty() {
            return Err("there is no order in it".to_owned());
        }
        let alone = parts.len() == 1;
        let numbered = parts.into_iter().enumerate();
        numbered
            .map(|(index, part)| {
                self.order(part).map_err(|flaw| {
                    let which = if alone {
                        "the order".to_owned()
                    } else {
                        format!("order {}", index + 1)
                    };
                    format!("{which}: {flaw}")
                })
            })
            .collect()
    }
}

fn parts(body: &[u8]) -> Vec<&[u8]> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().starts_with(b"[")
        && let Ok(elements) = scan::elements(body)
    {
        return elements;
    }
    // One order may stand on several lines.
    if !body.trim_ascii().is_empty() && scan::check(body).is_ok() {
        return vec![body];
    }
    body.split(|&byte| byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<String>, String> {
        let defaults = Defaults {
            device: Some("7".to_owned()),
            policy: None,
        };
        let orders = defaults.orders(body.as_bytes())?;
        let brief = |(device, order): Addressed| format!("{device} {}", order.endpoint);
        Ok(orders.into_iter().map(brief).collect())
    }

    #[test]
    fn one_order_a_list_and_lines_are_the_same() {
        let a = r#"{"device":9007199254740993,"endpoint":"a"}"#;
        let b = "{\n\"endpoint\": \"b\"\n}";
        assert_eq!(read(a).unwrap(), ["9007199254740993 a"]);
        assert_eq!(read(b).unwrap(), ["7 b"]);
        let both = ["9007199254740993 a", "7 b"];
        assert_eq!(read(&format!(" [{a},{b}] ")).unwrap(), both);
        let line = b.replace('\n', " ");
        assert_eq!(read(&format!("\u{feff}{a}\r\n\n{line}")).unwrap(), both);
    }

    #[test]
    fn what_is_wrong_names_the_order() {
        let good = r#"{"endpoint":"a"}"#;
        assert_eq!(read(" \n").unwrap_err(), "there is no order in it");
        assert_eq!(read("[]").unwrap_err(), "there is no order in it");
        assert!(
            read("{}")
                .unwrap_err()
                .starts_with("the order: it has no `endpoint`")
        );
        assert!(
            read(&format!("[{good},1]"))
                .unwrap_err()
                .starts_with("order 2: ")
        );
        let wrong = read(&format!("{good}\n{{\"endpoint\":a}}\n{good}")).unwrap_err();
        assert!(
            wrong.starts_with("order 2: ") && wrong.ends_with(" (byte 13)"),
            "{wrong}"
        );
        let wrong = Defaults::default().orders(good.as_bytes()).unwrap_err();
        assert_eq!(
            wrong,
            "the order: it names no `device`, and --device is not given"
        );
    }
}
