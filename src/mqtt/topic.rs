//! Topic names and topic filters (MQTT 3.1.1, section 4.7).
//!
//! Written here because rumqttc's matcher never matches a name that begins with `$`, which all
//! of `OneNET` Studio's do.

/// Whether a filter matches a name.
///
/// `+` stands for one level, `#` for this level and all below it; neither stands for a first
/// level that begins with `$` [MQTT-4.7.2-1].
#[must_use]
pub fn matches(filter: &str, name: &str) -> bool {
    if name.starts_with('$') && !filter.starts_with('$') {
        return false;
    }
    let mut levels = name.split('/');
    for wanted in filter.split('/') {
        match (wanted, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (wanted, Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Whether it may name the topic of a message: not empty, no wildcard, no U+0000, at most 65,535
/// bytes.
#[must_use]
pub fn is_name(name: &str) -> bool {
    is_text(name) && !name.contains(['+', '#'])
}

/// Whether it may be subscribed to: each wildcard stands alone in its level, and `#` only in the
/// last one.
#[must_use]
pub fn is_filter(filter: &str) -> bool {
    let mut levels = filter.split('/').peekable();
    let mut fits = is_text(filter);
    while let Some(level) = levels.next() {
        fits &= match level {
            "#" => levels.peek().is_none(),
            "+" => true,
            level => !level.contains(['+', '#']),
        };
    }
    fits
}

/// Whether a filter has a wildcard.
#[must_use]
pub fn has_wildcard(filter: &str) -> bool {
    filter.contains(['+', '#'])
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && u16::try_from(text.len()).is_ok() && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_matches_as_the_examples_of_the_standard_say() {
        for (filter, name, expected) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/score/wimbledon",
                true,
            ),
            ("sport/#", "sport", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/broker", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/monitor/Clients", true),
            ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
            ("$sys/p/d/thing/property", "$sys/p/d/thing/property", true),
            (
                "$sys/p/d/thing/property",
                "$sys/p/d/thing/property/set",
                false,
            ),
            ("$sys/p/+/thing/#", "$sys/p/设备/thing/event", true),
            ("ACCOUNTS", "Accounts", false),
            ("é/#", "é", true),
        ] {
            assert_eq!(matches(filter, name), expected, "{filter} {name}");
        }
    }

    #[test]
    fn wildcards_stand_alone_and_a_name_has_none() {
        for filter in [
            "#",
            "sport/tennis/#",
            "+",
            "+/tennis/#",
            "sport/+/player1",
            "/",
        ] {
            assert!(is_filter(filter), "{filter}");
        }
        for filter in [
            "",
            "sport/tennis#",
            "sport/tennis/#/ranking",
            "sport+",
            "a\0b",
        ] {
            assert!(!is_filter(filter), "{filter}");
        }
        assert!(is_name("$sys/00001/iot-0001/thing/property"));
        assert!(!is_name("$sys/00001/+/thing/property") && !is_name("") && !is_name("a/#"));
        assert!(!is_name(&"a".repeat(65_536)));
    }
}
