//! What was sent, shown beside a refusal: what signs it, its body, and the command that explains
//! its signature.

use crate::check::Scheme;
use crate::message::Request;
use crate::signature::recipe::{SignaturePlace, Source};
use crate::signature::{Evidence, Form, Given, Veil};
use crate::term::escape;

/// As many characters of a body as help.
pub const LONGEST: usize = 300;

/// The headers by which a request is signed, `Name: value` in the order in which they are sent;
/// none where the query or the body signs.
#[must_use]
pub fn signing_headers(form: &Form, request: &Request, veil: &Veil) -> Vec<String> {
    let parts = form.parts.iter().chain(&form.echo);
    let sources: Vec<_> = parts
        .map(|part| &part.source)
        .chain([&form.signature.source])
        .collect();
    let signs = |name: &[u8]| {
        sources.iter().any(|source| match source {
            Source::Header(header) => header.as_bytes().eq_ignore_ascii_case(name),
            _ => false,
        })
    };
    let headers = request.headers.iter().filter(|(name, _)| signs(name));
    headers
        .map(|(name, value)| hidden(&[name, b": ".as_slice(), value].concat(), veil))
        .collect()
}

/// A body as it may be shown: escaped, without secrets, and cut.
#[must_use]
pub fn shown_body(body: &[u8], veil: &Veil) -> String {
    if body.is_empty() {
        return "(empty)".to_owned();
    }
    let text = hidden(body, veil);
    match text.char_indices().nth(LONGEST) {
        Some(_) => format!("{} ({} bytes)", cut_end(&text), body.len()),
        None => text,
    }
}

/// Bytes as they may be shown: escaped, and without secrets.
#[must_use]
pub fn hidden(bytes: &[u8], veil: &Veil) -> String {
    escape(&veil.hide(bytes))
}

/// Text without what stands behind its first [`LONGEST`] characters.
#[must_use]
pub fn cut_end(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The command that finds the mistake in a server's own signature of this request; none where
/// the request holds what a command line cannot, or a secret.
#[must_use]
pub fn explain(scheme: &Scheme, form: &Form, request: &Request, veil: &Veil) -> Option<String> {
    let evidence = Evidence::of(request);
    let mut flags = Vec::new();
    let mut add = |name: &str, source: &Source| {
        let value = evidence.find(name, source).ok()?;
        let text = std::str::from_utf8(&value).ok()?;
        let is_plain = escape(&value) == text && veil.hide(&value) == value;
        // These would be read from a file or standard input.
        let is_read = text.starts_with('@') || text == "-";
        // The query of a URL may hold a key that nobody here knows.
        let is_private = matches!(source, Source::Url(_)) && text.contains('?');
        if !is_plain || is_read || is_private {
            return None;
        }
        flags.push(match Given::flag(name) {
            Some(flag) => format!("--{flag} {}", quoted(text)),
            None => format!("--in {}", quoted(&format!("{name}={text}"))),
        });
        Some(())
    };
    let echo = form
        .echo
        .iter()
        .filter(|echo| form.parts.iter().all(|part| part.name != echo.name));
    for part in form.parts.iter().chain(echo) {
        if !matches!(part.source, Source::Secret(_) | Source::Literal(_)) {
            add(&part.name, &part.source)?;
        }
    }
    add(SignaturePlace::NAME, &form.signature.source)?;
    explain_with(scheme, form, &flags.join(" "))
}

/// The command that explains what these flags give.
#[must_use]
pub fn explain_with(scheme: &Scheme, form: &Form, flags: &str) -> Option<String> {
    let secret = form.secret()?;
    Some(format!(
        "pushrig explain {} {flags} --{} env:{} --computed 'what your server computed'",
        scheme.id(),
        secret.flag(),
        secret.variable()
    ))
}

/// A text as one word of a shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;
    use crate::platform::Platform;
    use crate::push::tests::push;
    use crate::push::{Content, Push};
    use crate::signature::{SecretName, Secrets};

    fn secrets() -> Secrets {
        let mut secrets = Secrets::new()
            .with(SecretName::Token, "a-token-of-mine")
            .with(SecretName::AppSecret, "a-secret-of-mine");
        secrets.app_id = Some("demoAppId001".to_owned());
        secrets
    }

    /// The headers and the command of a push of this body.
    fn of(platform: Platform, body: &str) -> (Vec<String>, Option<String>) {
        let push = Push {
            secrets: secrets(),
            ..push(platform, Content::Body(body.into()))
        };
        let mut moment = Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 7);
        let to = "http://h/push".parse().unwrap();
        let request = push.request(body.as_bytes(), &to, &mut moment).unwrap();
        let form = push.scheme.recipe.plain_form().unwrap();
        let veil = Veil::over(&secrets());
        (
            signing_headers(form, &request, &veil),
            explain(&push.scheme, form, &request, &veil),
        )
    }

    #[test]
    fn only_a_platform_that_signs_in_headers_has_headers_that_sign() {
        let (headers, _) = of(Platform::Tencent, "{}");
        let names: Vec<_> = headers
            .iter()
            .filter_map(|line| line.split(':').next())
            .collect();
        assert_eq!(names, ["Nonce", "Signature", "Timestamp"]);
        assert!(of(Platform::Onenet, "{}").0.is_empty());
    }

    #[test]
    fn the_command_gives_every_part_and_no_secret() {
        let (_, command) = of(Platform::Onenet, r#"{"it's":1}"#);
        let command = command.unwrap();
        assert!(command.starts_with("pushrig explain onenet "), "{command}");
        assert!(command.contains(r#"--msg '{"it'\''s":1}'"#), "{command}");
        assert!(command.contains(" --signature '"), "{command}");
        assert!(command.contains(" --token env:PUSHRIG_TOKEN "), "{command}");
    }

    #[test]
    fn what_a_command_line_cannot_hold_has_no_command() {
        assert_eq!(of(Platform::Sensoro, "a\nb").1, None);
        assert_eq!(of(Platform::Sensoro, "@file").1, None);
        assert_eq!(of(Platform::Sensoro, "a-secret-of-mine").1, None);
    }

    #[test]
    fn a_body_is_escaped_and_cut_and_has_no_secrets() {
        let veil = Veil::over(&secrets());
        assert_eq!(shown_body(b"", &veil), "(empty)");
        assert_eq!(shown_body(b"a\na-token-of-mine", &veil), "a\\n[secret]");
        let long = shown_body(&[b'x'; 400], &veil);
        assert_eq!(long, format!("{}… (400 bytes)", "x".repeat(LONGEST)));
    }
}
