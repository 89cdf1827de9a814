//! Who the device is: its id, its serial number, and what follows from them.
//!
//! The id is an int64 that the vendor's software computes from the serial `ZZZZZZ/FFFFFF`: the
//! first part without its last character, read to the base 36, gives the high 32 bits; the
//! second, in hexadecimal, the low 32. An older serial has four characters and is a number to
//! the base 36. Ids beyond 2^53 occur: a server that keeps them in a double loses digits.

use std::fmt::Write as _;

/// The largest number of four characters to the base 36, and one.
const LEGACY_END: i64 = 36 * 36 * 36 * 36;

/// Why a text is no serial.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no serial: it looks like 0G0200/005B6D, or has four characters")]
pub struct SerialError(pub String);

/// A device's id and serial, which belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    id: i64,
    serial: Box<str>,
}

impl Identity {
    /// The device of that serial.
    pub fn from_serial(serial: &str) -> Result<Self, SerialError> {
        let id = id_of(serial).ok_or_else(|| SerialError(serial.to_owned()))?;
        Ok(Self {
            id,
            serial: serial.into(),
        })
    }

    /// The device of that id, with a serial that gives this id.
    ///
    /// Where no serial of the vendor's form does ([`serial_of`]), the parts are made longer: the
    /// formula still gives the id, but no real device has such a serial. An id below 0, which no
    /// serial gives at all, has the serial of its magnitude.
    #[must_use]
    pub fn from_id(id: i64) -> Self {
        let magnitude = id.unsigned_abs();
        let serial = serial_of(id).unwrap_or_else(|| {
            let mut serial = format!("{:0>5}0/", base_36(magnitude >> 32));
            // Writing to a string cannot fail.
            let _ = write!(serial, "{:06X}", magnitude & 0xFFFF_FFFF);
            serial
        });
        Self {
            id,
            serial: serial.into(),
        }
    }

    /// The `deviceId` of a poll.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The `serial` of `system_information`.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The three low bytes, which tell the devices of a batch apart.
    fn tail(&self) -> [u8; 3] {
        let [.., a, b, c] = self.id.to_be_bytes();
        [a, b, c]
    }

    /// A MAC address under the vendor's prefix (inferred: how a real one follows is not known).
    #[must_use]
    pub fn mac(&self) -> String {
        let [a, b, c] = self.tail();
        format!("FC:52:CE:{a:02X}:{b:02X}:{c:02X}")
    }

    /// An address in 10.0.0.0/8 that follows from the id.
    #[must_use]
    pub fn ip(&self) -> String {
        let [a, b, c] = self.tail();
        format!("10.{a}.{b}.{c}")
    }

    /// Something like the code that pairs a device with the vendor's cloud.
    #[must_use]
    pub fn cloud_code(&self) -> String {
        let code = self.id.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!("{:0>6}", base_36(code % 36_u64.pow(6)))
    }
}

/// The id that a serial gives.
#[must_use]
pub fn id_of(serial: &str) -> Option<i64> {
    let Some((first, second)) = serial.split_once('/') else {
        return (serial.len() == 4).then(|| number(serial, 36)).flatten();
    };
    let (counts, last) = first.split_at_checked(first.len().checked_sub(1)?)?;
    number(last, 36)?;
    let high = number(counts, 36).filter(|high| *high <= i64::from(i32::MAX))?;
    let low = number(second, 16).filter(|low| *low <= i64::from(u32::MAX))?;
    Some(high << 32 | low)
}

/// A serial of the vendor's form that gives this id, where one exists.
#[must_use]
pub fn serial_of(id: i64) -> Option<String> {
    let number = u64::try_from(id).ok()?;
    let (high, low) = (number >> 32, number & 0xFFFF_FFFF);
    if id < LEGACY_END {
        Some(format!("{:0>4}", base_36(number)))
    } else if high < 36_u64.pow(5) && low <= 0xFF_FFFF {
        Some(format!("{:0>5}0/{low:06X}", base_36(high)))
    } else {
        None
    }
}

/// Digits only: `from_str_radix` alone would take a sign.
fn number(digits: &str, base: u32) -> Option<i64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain
        .then(|| i64::from_str_radix(digits, base).ok())
        .flatten()
}

fn base_36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.extend(char::from_digit(digit, 36).map(|digit| digit.to_ascii_uppercase()));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_serial_of_the_vendors_page_gives_its_id() {
        assert_eq!(id_of("0G0200/005B6D"), Some(3_206_485_144_263_533));
        assert_eq!(
            serial_of(3_206_485_144_263_533).as_deref(),
            Some("0G0200/005B6D")
        );
    }

    #[test]
    fn the_last_character_of_the_first_part_does_not_count() {
        assert_eq!(id_of("0G020Z/005B6D"), id_of("0G0200/005B6D"));
    }

    #[test]
    fn a_legacy_serial_of_four_characters_is_a_small_id() {
        let serial = serial_of(478_435).unwrap();
        assert_eq!(serial, "A95V");
        assert_eq!(id_of(&serial), Some(478_435));
        assert_eq!(id_of("0001"), Some(1));
    }

    #[test]
    fn an_id_beyond_what_a_double_holds_keeps_its_digits() {
        let identity = Identity::from_serial("ZZZZZZ/FFFFFF").unwrap();
        assert!(identity.id() > 1 << 53);
        assert_eq!(identity.id(), 60_466_175 * 4_294_967_296 + 0xFF_FFFF);
        assert_eq!(Identity::from_id(identity.id()).serial(), "ZZZZZ0/FFFFFF");
    }

    #[test]
    fn what_is_no_serial_is_refused() {
        for serial in [
            "",
            "/",
            "A/1",
            "12345",
            "0G0200/",
            "/005B6D",
            "0G0200/XYZ",
            "+123",
            "0G020é/01",
            "0G0200/+1",
            "ZZZZZZZZZZZZZZZZ/1",
            "0G0200/100000000",
        ] {
            assert!(Identity::from_serial(serial).is_err(), "{serial}");
        }
        assert_eq!(serial_of(i64::MAX), None);
        assert_eq!(serial_of(-1), None);
    }

    #[test]
    fn the_addresses_follow_from_the_id() {
        let identity = Identity::from_serial("0G0200/005B6D").unwrap();
        assert_eq!(identity.mac(), "FC:52:CE:00:5B:6D");
        assert_eq!(identity.ip(), "10.0.91.109");
    }

    proptest! {
        #[test]
        fn every_id_has_a_serial_that_gives_it_back(id in 0..=i64::MAX) {
            prop_assert_eq!(id_of(Identity::from_id(id).serial()), Some(id));
        }

        #[test]
        fn no_text_makes_it_panic(serial: String) {
            let _ = id_of(&serial);
        }
    }
}
