//! The flags of the subcommands that serve: where they listen, and how that is told.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Error;
use crate::net::server::{Bind, Listener};
use crate::output::{Output, place};

/// Where a server listens.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub bind: Bind,
    /// Allow an address that other machines reach
    #[arg(long)]
    pub allow_remote: bool,
    /// Write the URL to this file when the socket accepts, and not before
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

impl ServeArgs {
    /// Listens. A ready file of an earlier run is not taken for this one's.
    pub fn listen(&self) -> Result<Listener, Error> {
        forget_ready(self.ready_file.as_deref())?;
        Listener::bind(&self.bind, self.allow_remote)
    }

    /// Writes the ready file, whole.
    pub fn tell_ready(&self, url: &str) -> Result<(), Error> {
        tell_ready(self.ready_file.as_deref(), url)
    }
}

/// Writes a ready file, whole, if there is to be one.
pub fn tell_ready(ready_file: Option<&Path>, url: &str) -> Result<(), Error> {
    let Some(file) = ready_file else {
        return Ok(());
    };
    let mut output = Output::create(file)?;
    output.write(format!("{url}\n").as_bytes())?;
    output.finish().map(drop)
}

/// Removes the ready file of an earlier run, and finds out whether a new one can be written.
pub fn forget_ready(ready_file: Option<&Path>) -> Result<(), Error> {
    let Some(ready_file) = ready_file else {
        return Ok(());
    };
    if fs::metadata(ready_file).is_ok_and(|there| there.is_file()) {
        fs::remove_file(place(ready_file)).map_err(|cause| Error::writing(ready_file, cause))?;
    }
    Output::check(ready_file)
}
