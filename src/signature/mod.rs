//! Signature schemes as data, and what is done with them: sign, verify, explain.
//!
//! In reading order: [`recipe`] is the scheme, [`evidence`] finds its parts in a request,
//! [`form`] puts them together and [`digest`] hashes them; [`verify`] gives the verdict; [`mistake`] is the table of what people
//! get wrong and [`explain`] the search through it. [`place`] says where a part stands, to write
//! it: [`compose`] makes a whole request, and [`resign`] signs a recorded one anew. [`veil`] hides secrets in what is shown.

pub mod compose;
pub mod digest;
pub mod evidence;
pub mod explain;
pub mod form;
pub mod mistake;
pub mod place;
pub mod recipe;
pub mod recipe_file;
pub mod resign;
pub mod seal;
pub mod secret;
pub mod veil;
pub mod verify;

pub use digest::{Digest, DigestValue, Output};
pub use evidence::{Evidence, Given};
pub use form::Ingredients;
pub use recipe::{Form, Recipe};
pub use secret::{Secret, SecretName, Secrets};
pub use veil::Veil;
pub use verify::{Judgement, Verdict};
