//! `pushrig verify`.

mod captures;
mod requests;
mod tokens;
