//! `pushrig sign`.

mod curl;
mod requests;
mod tokens;
mod vectors;
