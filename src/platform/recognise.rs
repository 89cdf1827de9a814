//! Which platform a request comes from, by the places of its signature.

use crate::signature::Form;
use crate::signature::evidence::Absence;
use crate::signature::form::Lack;
use crate::signature::{Evidence, Recipe};

/// The index of the recipe whose shape the request has; none if it is none of theirs.
///
/// Several may fit: Tencent's and Huawei's headers differ only in the length of the signature.
/// The first whose signature is as long as its digest's text wins, then the first at all.
#[must_use]
pub fn recognise(recipes: &[&Recipe], evidence: &Evidence<'_>) -> Option<usize> {
    let mut by_places = None;
    for (index, recipe) in recipes.iter().enumerate() {
        for form in &recipe.forms {
            let Ok(received) = form.received(evidence) else {
                continue;
            };
            let digest = match form.gather(evidence) {
                Ok(ingredients) => Some(ingredients.digest),
                // Raw HTTP does not tell its scheme; the verdict asks for it by name.
                Err(Lack::Part {
                    why: Absence::NoScheme,
                    ..
                }) => None,
                Err(_) => continue,
            };
            by_places.get_or_insert(index);
            if digest.is_some_and(|digest| plausible(form, &received, digest.size())) {
                return Some(index);
            }
        }
    }
    by_places
}

/// Whether a signature has the length that the form's digest has as text.
fn plausible(form: &Form, received: &[u8], size: usize) -> bool {
    use crate::signature::Output;
    let length = match form.output {
        Output::Hex | Output::HexUpper => size * 2,
        Output::Base64 => size.div_ceil(3) * 4,
        Output::Base64Url => (size * 4).div_ceil(3),
    };
    form.candidates(received)
        .any(|text| text.len() == length + form.signature.prefix.len())
}
