//! One answer, judged as the platform would.

use std::borrow::Cow;
use std::io::Read as _;
use std::time::Duration;

use super::difference::{difference, is_echoed, shown};
use super::{Kind, Known, Probe};
use crate::check::Scheme;
use crate::message::{Response, Url};
use crate::report::case::{Case, CaseOutcome};
use crate::sent::{Explaining, explain, explain_with, quoted, signing_headers};
use crate::signature::recipe::Source;
use crate::signature::{Form, Secrets, Veil};
use crate::term::{cut, escape};

mod redirect;

/// How an answer is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A right handshake was answered rightly.
    Right,
    /// A right handshake was answered otherwise: the platform does not accept the URL.
    Wrong,
    /// A wrong handshake was not echoed.
    Refused,
    /// A wrong handshake was echoed.
    LetIn,
}

/// What one answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is to be taken.
    pub ending: Ending,
    /// What is wrong: a clause without a full stop.
    pub why: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What works and is still worth a change.
    pub warnings: Vec<String>,
    /// What there is to see beside it: label and text, escaped.
    pub details: Vec<(&'static str, String)>,
}

/// Judges the answers of one plan, in their order.
#[derive(Debug)]
pub struct Judge<'a> {
    scheme: &'a Scheme,
    to: &'a Url,
    secrets: &'a Secrets,
    limit: Duration,
    /// The echoes of the handshakes before: an answer that is one of them was kept too long.
    earlier: Vec<Known>,
}

impl<'a> Judge<'a> {
    /// Judges by the platform's rules and its time limit, or the one that was given instead.
    #[must_use]
    pub fn new(scheme: &'a Scheme, to: &'a Url, secrets: &'a Secrets, limit: Duration) -> Self {
        Self {
            scheme,
            to,
            secrets,
            limit,
            earlier: Vec::new(),
        }
    }

    /// What the answer to a probe shows.
    pub fn judge(&mut self, probe: &Probe, response: &Response) -> Finding {
        let finding = match probe.kind {
            Kind::Right => self.right(probe, response),
            Kind::Wrong => self.wrong(probe, response),
        };
        self.earlier.push(Known::new(
            format!("the echo of `{}`, an earlier handshake", probe.name),
            probe.echo.as_slice(),
        ));
        finding
    }

    fn right(&self, probe: &Probe, response: &Response) -> Finding {
        let mut finding = Finding {
            ending: Ending::Right,
            why: None,
            hint: None,
            warnings: Vec::new(),
            details: Vec::new(),
        };
        let mut refused = false;
        let fault = self
            .status(probe, response, &mut refused)
            .or_else(|| self.body(probe, response, &mut finding.warnings, &mut refused))
            .or_else(|| self.too_late(response));
        let chunked = response.headers.all("Transfer-Encoding").any(|value| {
            value
                .to_ascii_lowercase()
                .windows(7)
                .any(|window| window == b"chunked")
        });
        if chunked {
            finding.warnings.push(
                "the answer is chunked: send a Content-Length, as the documented answer has; who \
                 does not undo chunks sees their sizes around the echo"
                    .to_owned(),
            );
        }
        let Some((why, hint)) = fault else {
            return finding;
        };
        finding.ending = Ending::Wrong;
        finding.why = Some(why);
        finding.hint = hint;
        finding.details = self.details(probe, response);
        if refused && let Some(Explaining { command, then }) = self.next(probe) {
            finding.details.extend([("next", command), ("then", then)]);
        }
        finding
    }

    fn wrong(&self, probe: &Probe, response: &Response) -> Finding {
        let body = decoded(probe, response).unwrap_or(Cow::Borrowed(&response.body));
        let let_in = response.status == 200 && is_echoed(&probe.echo, &body);
        let why = let_in.then(|| {
            format!(
                "echoed, although it has {}: anyone can pass for the platform",
                probe.about
            )
        });
        Finding {
            ending: if let_in {
                Ending::LetIn
            } else {
                Ending::Refused
            },
            why,
            hint: None,
            warnings: Vec::new(),
            details: self.details(probe, response),
        }
    }

    /// What is wrong with the status, and whether it looks like a signature that was refused.
    fn status(&self, probe: &Probe, response: &Response, refused: &mut bool) -> Option<Fault> {
        let status = response.status;
        if status == 200 {
            return None;
        }
        if matches!(status, 301 | 302 | 303 | 307 | 308)
            && let Some(location) = response.headers.first("Location")
        {
            let place = shown(location, self.secrets);
            return Some((
                format!("{status} to {place}: the platform does not follow"),
                Some(redirect::advice(self.to, location)),
            ));
        }
        if response.body == probe.echo {
            return Some((
                format!("the body is right, and the status is {status}: only 200 counts"),
                None,
            ));
        }
        let method = String::from_utf8_lossy(&probe.request.method);
        let hint = match status {
            404 => format!("nothing answers a {method} at this path: check the path and the route"),
            405 => format!("the path does not take {method}: the URL of the pushes must take both"),
            502..=504 => "a proxy answered: the server behind it did not".to_owned(),
            500..=599 => "an error in your server: its log says more".to_owned(),
            400..=499 => {
                *refused = true;
                "the handshake is right for the token given: your server computes another \
                 signature, or something before it refuses"
                    .to_owned()
            }
            _ => return Some((format!("the status is {status}: only 200 counts"), None)),
        };
        Some((
            format!("the status is {status}: only 200 counts"),
            Some(hint),
        ))
    }

    /// What is wrong with the body of a 200.
    fn body(
        &self,
        probe: &Probe,
        response: &Response,
        warnings: &mut Vec<String>,
        refused: &mut bool,
    ) -> Option<Fault> {
        let body = match decoded(probe, response) {
            Ok(body) => body,
            Err(fault) => return Some(fault),
        };
        if matches!(body, Cow::Owned(_)) {
            warnings.push(
                "the echo is compressed: the platform asked for gzip and undoes it, but 16 bytes \
                 are better sent as they are"
                    .replace("16 bytes", &format!("{} bytes", probe.echo.len())),
            );
        }
        let mut known = self.earlier.clone();
        known.extend(probe.known.iter().cloned());
        let found = difference(&probe.echo, &known, self.secrets, &body)?;
        if found.hint.is_some() || body.is_empty() {
            return Some((found.what, found.hint));
        }
        let mut hint = format!(
            "the body must be the value of `{}` and nothing else",
            probe.echo_name
        );
        if found.unlike {
            *refused = true;
            hint.push_str(
                "; if this is how your server refuses, it computes another signature or has \
                 another token",
            );
        }
        Some((found.what, Some(hint)))
    }

    fn too_late(&self, response: &Response) -> Option<Fault> {
        let seconds = response.ms? / 1000.0;
        (seconds > self.limit.as_secs_f64()).then(|| {
            (
                format!(
                    "the answer took {seconds:.1} s, and the platform waits {} s",
                    self.limit.as_secs_f64()
                ),
                None,
            )
        })
    }

    /// The target, without the query that the URL itself has: a key may stand in it.
    fn target(&self, probe: &Probe) -> Vec<u8> {
        let target = probe.request.target.as_slice();
        let own = self.to.target.split_once('?');
        let Some((path, query)) = own.filter(|(_, query)| !query.is_empty()) else {
            return target.to_vec();
        };
        if let Some(rest) = target.strip_prefix(self.to.target.as_bytes()) {
            return [path.as_bytes(), "?…".as_bytes(), rest].concat();
        }
        // A recipe file may put parameters of its own before it.
        String::from_utf8_lossy(target)
            .replace(query, "…")
            .into_bytes()
    }

    fn details(&self, probe: &Probe, response: &Response) -> Vec<(&'static str, String)> {
        let answer = if response.body.is_empty() {
            format!("{}, no body", response.status)
        } else {
            format!(
                "{}, `{}`",
                response.status,
                shown(&response.body, self.secrets)
            )
        };
        let echo = format!(
            "`{}`, the value of `{}`",
            shown(&probe.echo, self.secrets),
            probe.echo_name
        );
        let line = [probe.request.method.as_slice(), b" ", &self.target(probe)].concat();
        let mut details = vec![("request", shown(&line, self.secrets))];
        if let Some(form) = form_of(self.scheme) {
            let veil = Veil::over(self.secrets);
            let headers = signing_headers(form, &probe.request, &veil);
            details.extend(headers.into_iter().map(|line| ("request", line)));
        }
        details.extend([("echo", echo), ("answer", answer)]);
        details
    }

    /// The command that finds the mistake in the server's own signature.
    fn next(&self, probe: &Probe) -> Option<Explaining> {
        let form = form_of(self.scheme)?;
        if matches!(form.signature.source, Source::Query(_)) {
            let target = self.target(probe);
            let target = String::from_utf8_lossy(&target);
            let url = format!("{}://{}{target}", self.to.scheme, self.to.host());
            let url = quoted(&escape(url.as_bytes()));
            // The URL of a careless server has its token in it.
            let flags = format!("--url {}", Veil::over(self.secrets).hide_text(&url));
            return explain_with(self.scheme, form, &flags, self.secrets);
        }
        explain(self.scheme, form, &probe.request, self.secrets)
    }
}

/// The form of a scheme's handshake.
fn form_of(scheme: &Scheme) -> Option<&Form> {
    scheme.recipe.forms.iter().find(|form| form.echo.is_some())
}

/// What is wrong, and what to do about it.
type Fault = (String, Option<String>);

/// The body as the platform's client hands it out: Go's undoes the gzip that it asked for, and
/// nobody undoes what he did not ask for.
fn decoded<'r>(probe: &Probe, response: &'r Response) -> Result<Cow<'r, [u8]>, Fault> {
    const MOST: u64 = 1 << 20;
    let body = response.body.as_slice();
    let coding = response
        .headers
        .first("Content-Encoding")
        .map(|value| String::from_utf8_lossy(value).trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity");
    let is_gzip = body.starts_with(b"\x1f\x8b\x08");
    let Some(coding) = coding else {
        return if is_gzip && probe.echo != body {
            Err((
                "the body is gzip, and no Content-Encoding says so".to_owned(),
                Some("send the echo as it is".to_owned()),
            ))
        } else {
            Ok(Cow::Borrowed(body))
        };
    };
    let coding = cut(&escape(coding.as_bytes()), 40);
    let asked = probe.request.headers.all("Accept-Encoding").any(|value| {
        let value = value.to_ascii_lowercase();
        value
            .split(|&byte| byte == b',')
            .any(|one| one.trim_ascii() == b"gzip")
    });
    let hint = Some("switch off compression for this path".to_owned());
    if coding != "gzip" || !asked {
        let wish = probe.request.headers.first("Accept-Encoding") == Some(b"*".as_slice());
        let why = if asked {
            "the platform asked for gzip alone"
        } else if wish {
            "the echo must be bare bytes, although the platform sends Accept-Encoding: *"
        } else {
            "the platform did not ask for it"
        };
        return Err((
            format!("the body is compressed (Content-Encoding: {coding}): {why}"),
            hint,
        ));
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body)
        .take(MOST)
        .read_to_end(&mut plain)
        .map_err(|_| {
            (
                "Content-Encoding says gzip, and the body is not gzip".to_owned(),
                hint,
            )
        })?;
    Ok(Cow::Owned(plain))
}

impl Finding {
    /// The finding as a case of a report.
    #[must_use]
    pub fn case(self, id: &str, probe: &Probe, response: &Response, strict: bool) -> Case {
        let mut case = Case {
            id: case_id(id, probe),
            platform: Some(id.to_owned()),
            hint: self.hint,
            warnings: self.warnings,
            status: Some(response.status),
            ms: response.ms,
            ..Case::default()
        };
        match self.ending {
            Ending::Right | Ending::Refused => case.outcome = CaseOutcome::Pass,
            Ending::LetIn if !strict => {
                case.warnings.extend(self.why);
                case.outcome = CaseOutcome::Pass;
            }
            Ending::Wrong | Ending::LetIn => {
                case.outcome = CaseOutcome::Fail;
                case.why = self.why;
                case.details = self.details;
            }
        }
        case
    }
}

/// `onenet.handshake.plus`
#[must_use]
pub fn case_id(scheme: &str, probe: &Probe) -> String {
    format!("{scheme}.handshake.{}", probe.name)
}

#[cfg(test)]
mod tests;
