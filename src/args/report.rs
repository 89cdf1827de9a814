//! The flags that `handshake`, `push`, `replay`, `listen`, `device` and `run` share: which reports are written,
//! and what fails a run as a whole.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, TypedValueParser};

use crate::error::Error;
use crate::output::place;
use crate::report::Kind;
use crate::report::threshold::Threshold;
use crate::reporter::Reporter;
use crate::session::Session;

/// What is written about a run beside its output, and what fails it as a whole.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// Also write a report: junit=F, tap=F, json=F, html=F or markdown=F; may be repeated
    #[arg(long, value_name = "KIND=FILE", value_parser = TargetParser, hide_possible_values = true)]
    pub report: Vec<ReportFile>,
    /// Fail the run if this is so: p99>200ms, failed>=1%, errors>0, rate<500; may be repeated
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub fail_if: Vec<Threshold>,
}

/// A report and the file that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// What is written.
    pub kind: Kind,
    /// Where.
    pub path: PathBuf,
}

impl ReportArgs {
    /// Opens the reporter of a run. Whether each report can be written is found out here, before
    /// anything is sent.
    pub fn open(
        &self,
        command: &str,
        target: &str,
        session: &mut Session,
    ) -> Result<Reporter, Error> {
        for (index, file) in self.report.iter().enumerate() {
            if self.report[..index]
                .iter()
                .any(|other| place(&other.path) == place(&file.path))
            {
                return Err(Error::usage(format!(
                    "two reports would be written to {}",
                    file.path.display()
                )));
            }
        }
        Reporter::open(
            command,
            target,
            self.report.clone(),
            self.fail_if.clone(),
            session,
        )
    }
}

#[derive(Clone)]
struct TargetParser;

impl TypedValueParser for TargetParser {
    type Value = ReportFile;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<ReportFile, clap::Error> {
        TypedValueParser::parse_ref(&parse_target, command, arg, value)
    }

    /// Whole values that shells offer: the kind, and a usual name.
    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let offered = Kind::ALL
            .into_iter()
            .map(|kind| PossibleValue::new(usual(kind)).help(kind.about()));
        Some(Box::new(offered))
    }
}

/// The kind and a usual name for its file.
fn usual(kind: Kind) -> &'static str {
    match kind {
        Kind::Junit => "junit=report.xml",
        Kind::Tap => "tap=report.tap",
        Kind::Json => "json=report.json",
        Kind::Html => "html=report.html",
        Kind::Markdown => "markdown=report.md",
    }
}

fn parse_target(text: &str) -> Result<ReportFile, String> {
    let kinds = || Kind::ALL.map(Kind::as_str).join(", ");
    let (name, file) = text.split_once('=').ok_or_else(|| {
        format!(
            "give the kind before the file, such as junit=report.xml; kinds are {}",
            kinds()
        )
    })?;
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| format!("there is no report `{name}`; kinds are {}", kinds()))?;
    if file.is_empty() || file == "-" {
        return Err(format!(
            "a report goes to a file, such as {}; standard output has the cases",
            usual(kind)
        ));
    }
    Ok(ReportFile {
        kind,
        path: Path::new(file).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_kind_and_a_file() {
        let file = parse_target("junit=a=b.xml").unwrap();
        assert_eq!((file.kind, file.path), (Kind::Junit, "a=b.xml".into()));
        for kind in Kind::ALL {
            assert_eq!(parse_target(usual(kind)).unwrap().kind, kind);
        }
        let said = |text: &str| parse_target(text).unwrap_err();
        let kinds = "kinds are junit, tap, json, html, markdown";
        assert!(said("report.xml").ends_with(kinds));
        assert!(said("xml=f").ends_with(kinds));
        assert!(said("tap=").contains("a report goes to a file"));
        assert!(said("tap=-").contains("a report goes to a file"));
    }

    #[test]
    fn clap_reads_both_flags_and_names_what_is_wrong() {
        let command = || ReportArgs::augment_args(clap::Command::new("t"));
        let read = |words: &str| command().try_get_matches_from(words.split(' '));
        assert!(
            read("t --report tap=f --report html=g --fail-if p99>1s --fail-if errors>0").is_ok()
        );
        let said = |words: &str| read(words).unwrap_err().to_string();
        assert!(said("t --report xml=f").contains("kinds are junit, tap"));
        assert!(said("t --fail-if p99>1").contains("has no unit"));
    }
}
