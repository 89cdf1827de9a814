//! Signature schemes as data, and what is done with them: sign, verify, explain.

pub mod digest;
pub mod evidence;
pub mod recipe;
pub mod recipe_file;
pub mod secret;

pub use digest::{Digest, DigestValue, Output};
pub use evidence::{Evidence, Given};
pub use recipe::{Form, Ingredients, Recipe};
pub use secret::{Secret, SecretName, Secrets};
