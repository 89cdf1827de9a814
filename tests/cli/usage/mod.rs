//! Wrong calls and bad input: what is said, the exit code, and that no secret is shown.

mod calls;
mod input;
