//! Where a redirect leads, and what that says.

use crate::message::{Scheme, Url};

/// What to do about a redirect of `from` to the value of its `Location`.
pub(super) fn advice(from: &Url, location: &[u8]) -> String {
    let location = String::from_utf8_lossy(location);
    let path = path_of(&from.target);
    let (to_scheme, to_authority, to_target) = match location.parse::<Url>() {
        Ok(url) => (url.scheme, url.authority, url.target),
        Err(_) => (
            from.scheme,
            from.authority.clone(),
            location.clone().into_owned(),
        ),
    };
    let to_path = path_of(&to_target);
    let lower = location.to_ascii_lowercase();
    let host = |authority: &str| {
        let end = authority.rfind(':').unwrap_or(authority.len());
        authority[..end].to_ascii_lowercase()
    };
    if from.scheme == Scheme::Http
        && to_scheme == Scheme::Https
        && host(&to_authority) == host(&from.authority)
    {
        return "give the platform the https URL".to_owned();
    }
    if to_path == format!("{path}/") {
        return "give the platform the URL with the slash at its end, or let the server answer \
                without one"
            .to_owned();
    }
    if path == format!("{to_path}/") {
        return "give the platform the URL without the slash at its end".to_owned();
    }
    if ["login", "signin", "sign-in", "sso", "oauth"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return "the path stands behind a login: let the platform through without one".to_owned();
    }
    if to_authority != from.authority {
        return "give the platform the URL that it is redirected to".to_owned();
    }
    "answer at the URL itself".to_owned()
}

fn path_of(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_to_a_slash_to_https_and_to_a_login_is_named() {
        let from: Url = "http://h:8000/push".parse().unwrap();
        for (location, words) in [
            ("/push/", "the URL with the slash"),
            ("http://h:8000/push/?msg=1", "the URL with the slash"),
            ("https://h/push", "the https URL"),
            ("/login?next=/push", "behind a login"),
            ("http://www.h/push", "that it is redirected to"),
            ("/other", "at the URL itself"),
        ] {
            let advice = advice(&from, location.as_bytes());
            assert!(advice.contains(words), "{location}: {advice}");
        }
        let slashed: Url = "http://h/push/".parse().unwrap();
        assert!(advice(&slashed, b"/push?x").contains("without the slash"));
    }
}
