//! The executable: parse, run, print the error, exit with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pushrig::cli::main(&std::env::args_os().collect::<Vec<_>>()))
}
