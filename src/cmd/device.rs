//! `pushrig device`: Control iD access controllers that poll somebody's server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, Args};

use self::flags::{EndArgs, FirmwareArgs, FleetArgs, OutputArgs, StateArgs, WhoArgs};
use self::run::Plan;
use super::{Subcommand, define, parse};
use crate::args::{
    ReportArgs, TargetArgs, parse_private_url, refuse_remote_load, target_url, without_user,
};
use crate::controlid::configuration::Installed;
use crate::controlid::device::Base;
use crate::controlid::identity::Identity;
use crate::controlid::refusal::Refusal;
use crate::controlid::script::Script;
use crate::controlid::state::State;
use crate::controlid::store::{FileError, Quota, Store, Template};
use crate::error::{Error, Outcome, Place};
use crate::message::Url;
use crate::moment::Moment;
use crate::net::room::make_room;
use crate::recorder::Recorder;
use crate::session::Session;

mod books;
mod case;
mod drive;
mod flags;
mod fleet;
mod follow;
mod monitor;
mod one;
mod run;
mod show;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "device",
    about: "Be Control iD devices that poll a push server, and judge it",
    define: |command| define::<DeviceArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
A device asks GET URL/push for a command, runs it on its own state, and posts
what came of it to URL/result. What would bite with a real device is said once.

Examples:
  pushrig device --server http://127.0.0.1:8000 --id 478435 --until-idle
  pushrig device --server http://127.0.0.1:8000 --serial 0G0200/005B6D \\
      --seed-users 100 --commands 5 --for 30s --strict --report junit=device.xml
  pushrig device --server http://127.0.0.1:8000 --id 1000 --devices 100 -q \\
      --period 200ms --polls 5 --fail-if 'push.p99>2s'";

#[derive(Args, Debug)]
struct DeviceArgs {
    /// The address that the device is set up with, to which it appends /push and /result: a
    /// URL, or host:port [default: url of the profile]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    who: WhoArgs,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    firmware: FirmwareArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// As long as a device waits that nobody has told otherwise.
const USUAL_TIMEOUT: Duration = Duration::from_secs(15);

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: DeviceArgs = parse(matches)?;
    if args.firmware.period.is_zero() {
        return Err(Error::usage("--period leaves no rest between two polls"));
    }
    let base = args.base(session)?;
    let identities = fleet::identities(&args.who)?;
    let several = identities.len() > 1;
    if several && args.state.state.is_some() {
        return Err(Error::usage("--state keeps the state of one device"));
    }
    let url = url_of(&base);
    let dialer = args.target.dialer(&url, USUAL_TIMEOUT)?;
    let load: &[&str] = if several {
        &["more than one device"]
    } else {
        &[]
    };
    refuse_remote_load(load, args.fleet.allow_remote, &dialer)?;
    let monitored = if args.state.monitor.is_some() { 2 } else { 1 };
    make_room(identities.len() * monitored)?;
    let script = args.script()?;
    let monitor = match &args.state.monitor {
        None => None,
        Some(text) => {
            let url = parse_private_url("--monitor", text)?;
            Some(monitor::Monitor::open(
                &without_user(url, session),
                several,
            )?)
        }
    };
    let recorder = args
        .output
        .capture
        .as_deref()
        .map(Recorder::open)
        .transpose()?;
    let states = args.states(&base, identities, session)?;
    let mut options = args.firmware.options();
    options.timeout = args.target.timeout.unwrap_or(USUAL_TIMEOUT);
    options.base = Some(base);
    let reporter = args.report.open("device", &url.bare(), session)?;
    let plan = Plan {
        options: Arc::new(options),
        dialer,
        target: args.target,
        end: args.end,
        strict: args.output.strict,
        script,
        recorder,
        monitor,
        accesses: args.state.access,
        ramp: args.fleet.ramp.unwrap_or(args.firmware.period),
        jitter: args.fleet.jitter,
        allow_remote: args.fleet.allow_remote,
    };
    plan.run(states, reporter, session)
}

impl DeviceArgs {
    /// Where the devices poll.
    fn base(&self, session: &mut Session) -> Result<Base, Error> {
        let Some(text) = &self.server else {
            return read_base(&target_url(None, session)?.to_string());
        };
        let mut base = read_base(text)?;
        if let Some((_, host)) = base.authority.rsplit_once('@') {
            base.authority = host.to_owned();
            session.note(
                "the user name and password of the URL are not sent: a device has none; a header \
                 is, by -H 'Authorization: …'",
            );
        }
        Ok(base)
    }

    fn script(&self) -> Result<Option<Script>, Error> {
        let Some(path) = &self.state.script else {
            return Ok(None);
        };
        let bytes = std::fs::read(path).map_err(|cause| Error::reading(path, cause))?;
        let name = path.display().to_string();
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::input(Place::file(&name), "it is not UTF-8"))?;
        Script::read(&name, &text).map(Some)
    }

    /// The state that a file keeps.
    fn kept(
        path: &Path,
        identity: Identity,
        template: &Arc<Template>,
        moment: &Moment,
    ) -> Result<State, Error> {
        let store = Store::open_file(path, Arc::clone(template));
        let store = store.map_err(|why| file_error(path, &why))?;
        State::new(identity, store, moment).map_err(|why| {
            let place = Place::file(path.display().to_string());
            Error::input(place, why.message)
        })
    }

    /// The state of each device.
    fn states(
        &self,
        base: &Base,
        identities: Vec<Identity>,
        session: &mut Session,
    ) -> Result<Vec<State>, Error> {
        let timeout = self.target.timeout.unwrap_or(USUAL_TIMEOUT).as_millis();
        // The device counts whole seconds.
        let period = self.firmware.period.as_millis().div_ceil(1000);
        let installed = Installed::new(&[
            ("push_server", "push_remote_address", &base.to_string()),
            ("push_server", "push_request_period", &period.to_string()),
            ("push_server", "push_request_timeout", &timeout.to_string()),
        ]);
        let own = |why: Refusal| Error::usage(why.message);
        let installed = installed.map_err(own)?;
        let template = Template::with_users(self.state.seed_users).map_err(own)?;
        if self.state.seed_users > 0 && self.state.state.as_ref().is_some_and(|path| is_begun(path))
        {
            session.note("--seed-users changes nothing: the state was begun before");
        }
        let quota = Quota::limited(self.fleet.max_states);
        let moment = session.moment();
        let mut states = Vec::with_capacity(identities.len());
        for identity in identities {
            let state = match &self.state.state {
                None => {
                    let store = Store::shared(Arc::clone(&template), quota.clone());
                    State::new(identity, store, &moment).map_err(own)
                }
                Some(path) => Self::kept(path, identity, &template, &moment),
            };
            let mut state = state?;
            state.install(&installed);
            if let Some(cause) = self.state.alarm {
                state.alarm(cause);
            }
            states.push(state);
        }
        Ok(states)
    }
}

fn is_begun(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| there.len() > 0)
}

fn file_error(path: &Path, why: &FileError) -> Error {
    let place = Place::file(path.display().to_string());
    match why {
        FileError::Foreign | FileError::Broken(_) => Error::input(place, why.to_string()),
        FileError::InUse | FileError::Unusable(_) => {
            Error::writing(path, std::io::Error::other(why.to_string()))
        }
    }
}

fn read_base(text: &str) -> Result<Base, Error> {
    text.parse().map_err(|why| {
        // It may hold a password or a key.
        if text.contains(['@', '?']) {
            Error::usage("--server: that is neither a URL nor host:port")
        } else {
            Error::usage(format!("--server: {why}"))
        }
    })
}

/// The URL that is dialled for a base.
fn url_of(base: &Base) -> Url {
    Url {
        scheme: base.scheme,
        authority: base.authority.clone(),
        target: if base.path.is_empty() {
            "/".to_owned()
        } else {
            base.path.clone()
        },
    }
}
