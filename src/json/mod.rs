//! JSON as it was written: exact bytes, order and duplicates kept.
//!
//! - [`scan`] finds values and hands out their bytes: all that verifying needs.
//! - [`tree`] is a parsed value that forgets nothing but blanks and escapes.
//! - [`path`] names a value; [`edit`] finds and replaces the one that it names, and
//!   [`condition`] compares it.
//! - [`indent`](mod@indent) sets it out over lines, for people.
//! - [`lenient`] reads what people paste from documents and logs, and says what it repaired.
//! - [`write`](mod@write) writes a tree as other software would, because `explain` proves that a
//!   framework parsed the body and wrote it again.

pub mod condition;
pub mod edit;
pub mod indent;
pub mod lenient;
pub mod path;
pub mod scan;
pub mod tree;
pub mod write;

pub use condition::{Condition, ConditionError};
pub use edit::{EditError, parse_assignment};
pub use indent::indent;
pub use lenient::{Lenient, Repair, Sloppiness};
pub use path::{Path, PathError};
pub use scan::{JsonError, Member};
pub use tree::Value;
pub use write::{Writer, compact, writers};
