//! `--where PATH=VALUE`: whether a body has a certain value at a certain place.

use std::collections::HashMap;
use std::str::FromStr;

use super::edit::{find, parse_assignment};
use super::path::{Path, PathError};
use super::scan::JsonError;
use super::tree::{self, Value};

/// A path and the value that must stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    path: Path,
    value: Value,
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The value cannot be read.
    #[error("the value is not JSON: {0}")]
    Value(#[from] JsonError),
}

impl Condition {
    /// That this value stands there.
    #[must_use]
    pub fn new(path: Path, value: Value) -> Self {
        Self { path, value }
    }

    /// Where it looks.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the value stands there.
    ///
    /// Numbers are equal by value (`2` is `2.0`), strings by the text that they stand for,
    /// objects without regard to order. A body that is not JSON, or that has nothing there, does
    /// not fit; [`find`] says why.
    #[must_use]
    pub fn holds(&self, body: &[u8]) -> bool {
        find(body, &self.path)
            .ok()
            .and_then(|value| tree::parse(&value).ok())
            .is_some_and(|value| equal(&value, &self.value))
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let (path, value) = parse_assignment(text)?;
        Ok(Self {
            path,
            value: tree::parse(&value)?,
        })
    }
}

/// Whether two values mean the same.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || matches!((decimal(one), decimal(other)), (Some(a), Some(b)) if a == b)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            // Of duplicates the last one counts, which is the one that a map keeps.
            let (one, other) = (by_name(one), by_name(other));
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}

fn by_name(members: &[(String, Value)]) -> HashMap<&str, &Value> {
    members
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

/// A number's sign, digits without zeros at either end, and the power of ten of the last digit:
/// ids of more than 2^53 must not become equal as doubles would. `None` if the exponent is
/// beyond all measure.
fn decimal(number: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (number, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => (true, mantissa),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    let dropped = i64::try_from(digits.len() - significant.len()).ok()?;
    let behind_point = i64::try_from(fraction.len()).ok()?;
    let power: i64 = exponent;
    let power = power.checked_add(dropped)?.checked_sub(behind_point)?;
    Some((
        negative,
        significant.trim_start_matches('0').to_owned(),
        power,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, body: &str) -> bool {
        let condition: Condition = condition.parse().unwrap();
        condition.holds(body.as_bytes())
    }

    #[test]
    fn numbers_are_equal_by_value_and_not_as_doubles() {
        let body = r#"{"msg":{"type":2,"id":9007199254740993,"t":12.30,"z":-0.0}}"#;
        for right in [
            "/msg/type=2",
            "msg.type=2.0",
            "msg.type=20e-1",
            "msg.type=0.2E1",
            "msg.id=9007199254740993",
            "msg.t=12.3",
            "msg.z=0",
        ] {
            assert!(holds(right, body), "{right}");
        }
        for wrong in [
            "msg.type=3",
            r#"msg.type="2""#,
            "msg.id=9007199254740992",
            "msg.t=-12.3",
            "msg.type=2e99999999999999999999",
        ] {
            assert!(!holds(wrong, body), "{wrong}");
        }
    }

    #[test]
    fn strings_are_equal_by_their_text_whether_quoted_on_the_command_line_or_not() {
        let body = r#"{"status":"\u79bb线","code":"007"}"#;
        assert!(holds("status=离线", body));
        assert!(holds(r#"status="\u79bb\u7ebf""#, body));
        assert!(holds("code=007", body));
        assert!(!holds("code=7", body));
    }

    #[test]
    fn objects_are_equal_without_regard_to_order_and_arrays_with_it() {
        let body = r#"{"o":{"a":1,"b":[1,2.0]}}"#;
        assert!(holds(r#"o={"b":[1,2],"a":1.0}"#, body));
        assert!(!holds(r#"o={"b":[2,1],"a":1}"#, body));
        assert!(!holds(r#"o={"a":1}"#, body));
        assert!(holds("o.b.1=2", body));
    }

    #[test]
    fn the_path_goes_on_inside_a_string_that_holds_json() {
        let body = r#"{"msg":"{\"data\":{\"status\":\"online\"}}","plain":"{no"}"#;
        assert!(holds("msg.data.status=online", body));
        assert!(!holds("msg.data.status=offline", body));
        assert!(!holds("plain.data=1", body));
    }

    #[test]
    fn what_is_not_there_does_not_hold() {
        assert!(!holds("a=1", ""));
        assert!(!holds("a=1", "{"));
        assert!(!holds("a=null", "{}"));
        assert!(holds("a=null", r#"{"a":null}"#));
        assert!("a".parse::<Condition>().is_err());
        assert!("=1".parse::<Condition>().is_err());
    }
}
