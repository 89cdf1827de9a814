//! The course of a demo: one scene after another, and what they come to.

use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

use super::cast::Cast;
use super::fit;
use super::scenes::Scene;
use super::show::Show;
use super::stage::{self, TOKEN};
use super::trouble::Trouble;
use crate::error::{Error, Outcome};
use crate::report::case::{Case, CaseOutcome};

/// A demo that is under way.
pub(super) struct Play<'s> {
    cast: Cast,
    show: Show<'s>,
    started: Instant,
}

impl<'s> Play<'s> {
    pub(super) fn new(cast: Cast, show: Show<'s>) -> Self {
        Self {
            cast,
            show,
            started: Instant::now(),
        }
    }

    /// Plays all scenes, as long as they make sense.
    pub(super) async fn run(mut self) -> Result<Outcome, Error> {
        self.show.opening()?;
        let mut missing: Option<(Scene, String)> = None;
        for scene in Scene::ALL {
            let needs = missing.as_ref().filter(|(broken, _)| scene.needs(*broken));
            let why = match (self.cast.watch.first(), needs) {
                (Some(by), _) => Some(format!("ended by {}", by.name())),
                (None, needs) => needs.map(|(_, why)| why.clone()),
            };
            let outcome = match why {
                Some(why) => self.skip(scene, &why)?,
                None => self.play(scene).await?,
            };
            if outcome != CaseOutcome::Pass && missing.is_none() {
                let why = format!("scene {} did not go as it should", scene.number());
                missing = Some((scene, why));
            }
        }
        self.cast.receiver = None;
        let by = self.cast.watch.first();
        let by = by.map(|signal| (signal.name(), signal.outcome()));
        let outcome = self.show.summary(self.started.elapsed(), by)?;
        if by.is_none() {
            self.show.closing(&self.files(), &next())?;
        }
        Ok(outcome)
    }

    async fn play(&mut self, scene: Scene) -> Result<CaseOutcome, Error> {
        self.show.scene(scene)?;
        let begun = Instant::now();
        let first = self.cast.calls.len();
        let ended = stage::play(scene, &mut self.cast, &mut self.show).await;
        let mut case = self.case(scene);
        match ended {
            Ok(proof) => case.details.push(("proof", proof)),
            Err(Trouble::Wrong(why)) => {
                case.outcome = CaseOutcome::Fail;
                case.why = Some(why);
            }
            Err(Trouble::Silent(why)) => {
                case.outcome = CaseOutcome::Error;
                case.why = Some(why);
            }
            Err(Trouble::Signal) => {
                let by = self.cast.watch.first().map_or("a signal", |by| by.name());
                case.outcome = CaseOutcome::Skip;
                case.why = Some(format!("ended by {by}"));
            }
            Err(Trouble::Error(error)) => return Err(error),
        }
        for call in &self.cast.calls[first..] {
            case.details.push(("command", call.clone()));
        }
        let took = begun.elapsed();
        case.ms = Some(took.as_secs_f64() * 1_000.0);
        let outcome = case.outcome;
        self.show.ended(scene, &case, took)?;
        Ok(outcome)
    }

    fn skip(&mut self, scene: Scene, why: &str) -> Result<CaseOutcome, Error> {
        self.show.scene(scene)?;
        let case = Case {
            outcome: CaseOutcome::Skip,
            why: Some(format!("not played: {why}")),
            ..self.case(scene)
        };
        self.show.ended(scene, &case, std::time::Duration::ZERO)?;
        Ok(CaseOutcome::Skip)
    }

    fn case(&self, scene: Scene) -> Case {
        Case {
            id: scene.name().to_owned(),
            at: Some(self.started.elapsed().as_secs_f64()),
            ..Case::default()
        }
    }

    /// What becomes of the files.
    fn files(&self) -> String {
        let folder = &self.cast.folder;
        if folder.is_kept() {
            let path = crate::term::escape(folder.path().to_string_lossy().as_bytes());
            return format!("Kept in {path}: {}", folder.names().join(", "));
        }
        "Its files are removed; --keep DIR keeps the capture, the queue and a report.".to_owned()
    }
}

/// Three commands that work as they stand, called as this executable was.
fn next() -> [String; 3] {
    let called: Option<OsString> = std::env::args_os().next();
    let called = called.unwrap_or_else(|| "pushrig".into());
    // A bare name is one that the shell found.
    let called = match Path::new(&called).to_str() {
        Some(text) => fit::quoted(text),
        None => "pushrig".to_owned(),
    };
    let url = "http://127.0.0.1:8000";
    [
        format!("{called} listen onenet --token {TOKEN} --bind 127.0.0.1:8000"),
        format!("{called} push onenet.online {url}/push --token {TOKEN}"),
        format!("{called} explain onenet - --token {TOKEN}"),
    ]
}
