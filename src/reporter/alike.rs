//! Cases that are not right in one and the same way: the first few are shown, the others counted.

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::error::Error;
use crate::report::case::Case;

use crate::session::Session;
use crate::term;

/// Of each way, so many are shown.
const MOST_SHOWN: u64 = 3;

/// How often each way was met, by the outcome's word and the reason.
#[derive(Debug, Default)]
pub(super) struct Alike(BTreeMap<(&'static str, String), u64>);

impl Alike {
    /// Counts a case; whether enough of its kind were shown.
    pub(super) fn is_one_more(&mut self, case: &Case) -> bool {
        let Some(why) = &case.why else {
            return false;
        };
        let way = (case.outcome.as_str(), why.clone());
        let times = self.0.entry(way).or_default();
        *times += 1;
        *times > MOST_SHOWN
    }

    /// Tells how many were not shown.
    pub(super) fn tell(&self, session: &mut Session) -> Result<(), Error> {
        for ((word, why), times) in &self.0 {
            if *times > MOST_SHOWN {
                let more = times - MOST_SHOWN;
                let word = session.paint.bad(&format!("{word:<5}"));
                let why = term::escape(why.as_bytes());
                writeln!(session.out, "{word}  … and {more} more like this: {why}")?;
            }
        }
        Ok(())
    }
}
