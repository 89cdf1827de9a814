//! The Monitor, which servers often pair with Push: a device tells them of what changes.

use std::time::Instant;

use super::run::Run;
use super::show::Told;
use crate::controlid;
use crate::controlid::command::{Body, Command, Reply, Verb};
use crate::controlid::state::State;
use crate::error::Error;
use crate::json::scan;
use crate::message::Url;
use crate::moment::Moment;
use crate::net::client::Poster;
use crate::report::case::{Case, CaseOutcome};
use crate::report::millis;

/// Whom the devices tell, and how.
pub(super) struct Monitor {
    poster: Poster,
    /// `http://host/api/notifications`, without a slash at its end.
    base: String,
}

/// What a device appends to the monitor's address.
const PATH: &str = "/api/notifications";

impl Monitor {
    /// The monitor at this address; of a fleet only on this machine.
    pub(super) fn open(url: &Url, several: bool) -> Result<Self, Error> {
        let poster = Poster::new(url)?;
        if several && !poster.is_here() {
            return Err(Error::usage(
                "--monitor of a fleet is a server on this machine",
            ));
        }
        if url.target.contains('?') {
            return Err(Error::usage(
                "--monitor has a query, behind which no path can stand",
            ));
        }
        let path = url.target.trim_end_matches('/');
        // Somebody may give the whole of it.
        let path = path.strip_suffix(PATH).unwrap_or(path);
        let base = format!("{}://{}{path}{PATH}", url.scheme, url.authority);
        Ok(Self { poster, base })
    }

    /// Posts one notification, and tells what came of it.
    pub(super) async fn post(&self, run: &Run, device: i64, name: &str, body: Vec<u8>) {
        let at = run.elapsed();
        let started = Instant::now();
        let answer = self
            .poster
            .post_json(&format!("{}/{name}", self.base), body)
            .await;
        let mut case = Case {
            id: format!("{device}/{name}"),
            platform: Some(controlid::NAME.to_owned()),
            at: Some(at.as_secs_f64()),
            ..Case::default()
        };
        match answer {
            Ok(status) => {
                // Its time and status are not mixed with those of Push.
                let ms = millis(started.elapsed().as_secs_f64() * 1000.0);
                case.details
                    .push(("answer", format!("{status} after {ms}")));
                if !(200..300).contains(&status) {
                    case.outcome = CaseOutcome::Fail;
                    case.why = Some(format!("the monitor refused it with {status}"));
                }
            }
            Err(why) => {
                case.outcome = CaseOutcome::Error;
                case.why = Some(why);
            }
        }
        run.tell(Told::Case(Box::new(case)));
    }

    /// The body of `device_is_alive`.
    pub(super) fn alive(state: &mut State, moment: &mut Moment) -> Vec<u8> {
        let count = Command {
            transaction: None,
            verb: Verb::Post,
            endpoint: "load_objects".to_owned(),
            body: Body::Bytes(br#"{"object":"access_logs","fields":["COUNT(*)"]}"#.to_vec()),
            content_type: None,
            query: String::new(),
        };
        let logs = match state.answer(&count, moment).reply {
            Reply::Json(json) => scan::find(&json, "/access_logs/0/COUNT(*)")
                .ok()
                .flatten()
                .map(|number| String::from_utf8_lossy(number).into_owned()),
            _ => None,
        };
        let logs = logs.unwrap_or_else(|| "0".to_owned());
        let id = state.identity().id();
        format!("{{\"access_logs\":{logs},\"device_id\":{id}}}").into_bytes()
    }
}
