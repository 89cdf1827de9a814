//! What was sent, shown beside a refusal: what signs it, its body, and the command that explains
//! its signature.

use crate::check::Scheme;
use crate::message::Request;
use crate::signature::recipe::{SignaturePlace, Source};
use crate::signature::{Evidence, Form, Given, Secrets, Veil};
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

/// A command that runs as it stands, and what may be done beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explaining {
    /// The command.
    pub command: String,
    /// What to type when it asks, and what to add to it: a sentence.
    pub then: String,
}

/// The command that explains the signature of this request, keyed with the first of these secrets;
/// none where the request holds what a command line cannot, or a secret.
#[must_use]
pub fn explain(
    scheme: &Scheme,
    form: &Form,
    request: &Request,
    secrets: &Secrets,
) -> Option<Explaining> {
    let veil = Veil::over(secrets);
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
    explain_with(scheme, form, &flags.join(" "), secrets)
}

/// The command that explains what these flags give.
#[must_use]
pub fn explain_with(
    scheme: &Scheme,
    form: &Form,
    flags: &str,
    secrets: &Secrets,
) -> Option<Explaining> {
    let secret = form.secret()?;
    let words = [
        "pushrig explain",
        &quoted_if_needed(scheme.argument()),
        flags,
        &secrets.again(secret),
    ];
    let words = words.into_iter().filter(|word| !word.is_empty());
    let add = "add --computed 'what your server computed', and it names the mistake in that";
    Some(Explaining {
        command: words.collect::<Vec<_>>().join(" "),
        then: if secrets.is_to_be_typed(secret) {
            let name = secret.flag().replace('-', " ");
            format!("it asks for the {name}: type it, press Enter and Ctrl-D; {add}")
        } else {
            add.to_owned()
        },
    })
}

/// A text as one word of a shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The same, bare where no shell takes it for anything else.
#[must_use]
pub fn quoted_if_needed(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@:/._-+,=%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;
    use crate::platform::Platform;
    use crate::push::tests::push;
    use crate::push::{Content, Push};
    use crate::signature::SecretName;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::new()
            .with(SecretName::Token, "a-token-of-mine")
            .with(SecretName::AppSecret, "a-secret-of-mine");
        secrets.app_id = Some("demoAppId001".to_owned());
        secrets
    }

    /// The headers and the command of a push of this body.
    fn of(platform: Platform, body: &str) -> (Vec<String>, Option<Explaining>) {
        of_with(platform, body, &secrets())
    }

    fn of_with(
        platform: Platform,
        body: &str,
        secrets: &Secrets,
    ) -> (Vec<String>, Option<Explaining>) {
        let push = Push {
            secrets: secrets.clone(),
            ..push(platform, Content::Body(body.into()))
        };
        let mut moment = Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 7);
        let to = "http://h/push".parse().unwrap();
        let request = push.request(body.as_bytes(), &to, &mut moment).unwrap();
        let form = push.scheme.recipe.plain_form().unwrap();
        let veil = Veil::over(secrets);
        (
            signing_headers(form, &request, &veil),
            explain(&push.scheme, form, &request, secrets),
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
        let Explaining { command, then } = command.unwrap();
        assert!(command.starts_with("pushrig explain onenet "), "{command}");
        assert!(command.contains(r#"--msg '{"it'\''s":1}'"#), "{command}");
        assert!(command.contains(" --signature '"), "{command}");
        assert!(command.ends_with(" --token -"), "{command}");
        assert!(then.starts_with("it asks for the token: type it"), "{then}");
    }

    #[test]
    fn the_command_gives_the_secret_as_it_was_given() {
        let mut secrets = secrets();
        secrets.say_again(SecretName::Token, "--token env:MINE".to_owned());
        let (_, command) = of_with(Platform::Onenet, "{}", &secrets);
        let Explaining { command, then } = command.unwrap();
        assert!(command.ends_with(" --token env:MINE"), "{command}");
        assert!(then.starts_with("add --computed "), "{then}");
        secrets.say_again(SecretName::Token, String::new());
        let (_, command) = of_with(Platform::Onenet, "{}", &secrets);
        let command = command.unwrap().command;
        assert!(!command.contains("--token"), "{command}");
        assert!(!command.ends_with(' '), "{command}");
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
