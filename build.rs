//! Links the executable to stay where it is linked to, on the one target where that was measured.
//!
//! A movable one has nearly 8,000 addresses to mend before it begins, a tenth of what `sign`
//! takes in all. The price is the randomised address of the executable itself: an error in memory,
//! as the C of *ring* and `SQLite` may have one, is easier to exploit. Stack, heap and shared
//! libraries stay randomised.

use std::env;
use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|have| have == value);
    // The start files of a static executable are those of a movable one: it would crash at once.
    let is_static = env::var("CARGO_CFG_TARGET_FEATURE")
        .is_ok_and(|features| features.split(',').any(|feature| feature == "crt-static"));
    let mut out = io::stdout();
    writeln!(out, "cargo::rerun-if-changed=build.rs")?;
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && !is_static
    {
        writeln!(out, "cargo::rustc-link-arg-bins=-no-pie")?;
    }
    Ok(())
}
