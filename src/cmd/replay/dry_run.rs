//! What a replay would send, without sending it.

use std::io::Write as _;

use super::load::{Fed, Loader};
use crate::capture::Record;
use crate::error::{Error, Outcome};
use crate::message::Url;
use crate::replay::{Item, Wire};
use crate::session::Session;
use crate::term;

/// Prints a line for each request, with `-v` all its bytes, and as JSON a capture.
pub(super) fn print(
    mut loader: Loader,
    to: &Url,
    duplicate: u32,
    session: &mut Session,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::Yes;
    let mut count = 0;
    let mut result = Ok(());
    let quiet = session.globals.quiet && !session.json();
    let at = format!("{:.3}", loader.moment().now);
    loader.load(&mut |fed| {
        match fed {
            Fed::Item(item) => {
                count += u64::from(duplicate);
                let shown = if quiet { 0 } else { duplicate };
                result = (0..shown).try_for_each(|_| show(&item, &at, session));
            }
            Fed::Unsendable(place, why) => {
                let mut error = Error::input(place, why.why);
                if let Some(hint) = why.hint {
                    error = error.with_hint(hint);
                }
                session.complain(&error);
                outcome = outcome.and(Outcome::BadInput);
            }
            Fed::Bad(error) => {
                outcome = outcome.and(error.outcome());
                session.complain(&error);
            }
            Fed::Warning(text) => session.warn(&text),
            Fed::Note(text) => session.note(&text),
        }
        result.is_ok()
    });
    result?;
    if count == 0 && outcome == Outcome::Yes {
        return Err(super::nothing_selected());
    }
    if count > 0 && !session.json() {
        let requests = if count == 1 { "request" } else { "requests" };
        writeln!(session.out, "{count} {requests} would go to {to}")?;
    }
    Ok(outcome)
}

fn show(item: &Item, at: &str, session: &mut Session) -> Result<(), Error> {
    let request = match (&item.wire, &item.about.request) {
        (Wire::Resigned(resigner), _) => resigner.request(),
        (Wire::Kept(_), Some(request)) => request.clone(),
        (Wire::Kept(_), None) => return Ok(()),
    };
    if session.json() {
        let mut record = Record::of(request);
        record.at = Some(at.to_owned());
        record.platform.clone_from(&item.about.platform);
        record.by = Some(concat!("pushrig ", env!("CARGO_PKG_VERSION")).to_owned());
        session.out.write_all(&record.to_line())?;
        session.out.write_all(b"\n")?;
        return Ok(());
    }
    let paint = session.paint;
    writeln!(
        session.out,
        "{} {}  {} bytes  {}  {}",
        paint.bold(&term::escape(&request.method)),
        term::escape(&request.target),
        request.body.len(),
        item.about.platform.as_deref().unwrap_or("unknown platform"),
        paint.dim(&item.about.id)
    )?;
    if session.globals.verbose {
        let wire = request.to_wire();
        for line in wire.split_inclusive(|&byte| byte == b'\n') {
            writeln!(session.out, "  {}", term::escape(line))?;
        }
    }
    Ok(())
}
