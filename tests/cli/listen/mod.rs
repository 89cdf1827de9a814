//! `pushrig listen`, over real sockets.

mod again;
mod answers;
mod bench;
mod catalogue;
mod ends;
mod expectations;
mod faults;
mod hostile;
mod keeping;
mod limits;
mod load;
mod passing;
mod secure;
mod shown;
mod unread;

/// The secrets of all platforms.
const SECRETS: &str = "--token a-token-of-mine --app-secret a-secret-of-mine";
