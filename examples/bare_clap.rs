//! The least that a Rust program with clap can be: the peer that `benches/offline.py` starts
//! beside `pushrig sign`, which may take 1.5 times as long. It does nothing but read its flags.

use std::io::{self, Write as _};

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints how long its values are.
    Sign {
        #[arg(long)]
        token: String,
        #[arg(long)]
        nonce: String,
        #[arg(long)]
        msg: String,
    },
}

fn main() -> io::Result<()> {
    let Command::Sign { token, nonce, msg } = Cli::parse().command;
    let lengths = [token, nonce, msg].map(|text| text.len());
    writeln!(io::stdout(), "{lengths:?}")
}
