//! `pushrig sign`.

mod curl;
mod requests;
mod vectors;
