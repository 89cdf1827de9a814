//! How fast, how often and how many at once.

use crate::error::Error;
use crate::net::{Dialer, block_on};

/// Reads a speed: `10x`, `0.5x`, or the bare number.
pub fn parse_speed(text: &str) -> Result<f64, String> {
    positive(text.strip_suffix('x').unwrap_or(text))
        .ok_or_else(|| "expected a speed such as 10x or 0.5x".to_owned())
}

/// Reads a rate: so many a second, `0.5` too.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    positive(text.strip_suffix("/s").unwrap_or(text))
        .ok_or_else(|| "expected so many a second, such as 100 or 0.5".to_owned())
}

fn positive(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(number)
}

/// Refuses load on a server that is not on this machine, unless that was asked for.
///
/// `what` are the flags that make it load; none is no load. A name that cannot be resolved is
/// left to the first exchange, which says so.
pub fn refuse_remote_load(what: &[&str], allowed: bool, dialer: &Dialer) -> Result<(), Error> {
    if what.is_empty() || allowed {
        return Ok(());
    }
    match block_on(dialer.is_loopback())? {
        Ok(false) => Err(Error::usage(format!(
            "{} would put load on a server that is not on this machine",
            what.join(" and ")
        ))
        .with_hint("if it is yours to test, add --allow-remote")),
        Ok(true) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_and_rates_are_positive_numbers() {
        assert!((parse_speed("10x").unwrap() - 10.0).abs() < 1e-9);
        assert!((parse_speed("0.5").unwrap() - 0.5).abs() < 1e-9);
        assert!((parse_rate("100/s").unwrap() - 100.0).abs() < 1e-9);
        for wrong in ["", "x", "0", "-1", "inf", "NaN", "1xx"] {
            assert!(parse_speed(wrong).is_err(), "{wrong}");
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
