//! Links the executable to stay where it is linked to, on the one target where that was measured.
//!
//! A movable one has nearly 8,000 addresses to mend before it begins, a tenth of what `sign`
//! takes in all; nothing in it is unsafe code that could be led astray by knowing them.

use std::env;
use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|have| have == value);
    let mut out = io::stdout();
    writeln!(out, "cargo::rerun-if-changed=build.rs")?;
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
    {
        writeln!(out, "cargo::rustc-link-arg-bins=-no-pie")?;
    }
    Ok(())
}
