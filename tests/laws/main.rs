//! The laws of `explain`: every mistake of the table is found when it is made, everything that
//! is known to go wrong is in the table, and what nobody can prove is not claimed.

#![expect(
    clippy::unwrap_used,
    reason = "a failing unwrap fails the test, helpers included"
)]

mod bench;
mod items;
mod known;
mod nothing;
mod orders;
mod pairs;
mod seals;
mod table;
mod texts;
