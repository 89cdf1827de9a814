//! What the state of a simulated device costs: time a command, memory a device.
//!
//! `cargo bench --bench controlid_state`. Memory is read from `/proc` and 0 elsewhere.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use pushrig::controlid::command::{Body, Command, Reply, Verb};
use pushrig::controlid::identity::Identity;
use pushrig::controlid::refusal::Refusal;
use pushrig::controlid::state::State;
use pushrig::controlid::store::{Quota, Store, Template};
use pushrig::moment::Moment;

const READERS: u32 = 10_000;
const WRITERS: u32 = 500;
const TIMES: u32 = 10_000;

/// What is asked of a device that reads.
const QUESTIONS: &[(&str, &str, &str)] = &[
    (
        "one user by id",
        "load_objects",
        r#"{"object":"users","where":{"users":{"id":50}}}"#,
    ),
    ("100 users", "load_objects", r#"{"object":"users"}"#),
    (
        "a count",
        "load_objects",
        r#"{"object":"users","fields":["COUNT(*)"]}"#,
    ),
    (
        "users of a group",
        "load_objects",
        r#"{"object":"users","where":{"users":{"id":5},"groups":{"id":1}}}"#,
    ),
    ("itself", "load_objects", r#"{"object":"devices"}"#),
    ("nothing", "system_information", ""),
];

const CREATE: (&str, &str, &str) = (
    "a new user",
    "create_objects",
    r#"{"object":"users","values":[{"name":"New"}]}"#,
);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, 7);
    // Freed memory would be counted as no memory at all by the next round.
    let mut kept = Vec::new();
    for people in [0, 100] {
        let template = Template::with_users(people)?;
        writeln!(out, "a template with {people} users")?;
        let before = resident();
        let mut devices = (1..=READERS)
            .map(|id| device(i64::from(id), &template, &moment))
            .collect::<Result<Vec<_>, _>>()?;
        let reading = (resident() - before) / u64::from(READERS);
        writeln!(out, "  a device that reads: {reading} bytes")?;
        for question in QUESTIONS {
            time(&mut out, "shared", &mut devices[0], *question, &mut moment)?;
        }
        let (before, start) = (resident(), Instant::now());
        for device in devices.iter_mut().take(WRITERS as usize) {
            run(device, CREATE, &mut moment)?;
        }
        let writing = (resident() - before) / u64::from(WRITERS);
        let first = start.elapsed() / WRITERS;
        writeln!(
            out,
            "  a device that writes: {writing} bytes, {first:?} for the first"
        )?;
        time(&mut out, "own", &mut devices[0], QUESTIONS[0], &mut moment)?;
        time(&mut out, "own", &mut devices[0], CREATE, &mut moment)?;
        kept.push(devices);
    }
    Ok(())
}

fn device(id: i64, template: &Arc<Template>, moment: &Moment) -> Result<State, Refusal> {
    let store = Store::shared(Arc::clone(template), Quota::unlimited());
    State::new(Identity::from_id(id), store, moment)
}

fn time(
    out: &mut impl Write,
    whose: &str,
    device: &mut State,
    question: (&str, &str, &str),
    moment: &mut Moment,
) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    for _ in 0..TIMES {
        run(device, question, moment)?;
    }
    let (what, endpoint, _) = question;
    writeln!(
        out,
        "  {whose}: {endpoint}, {what}: {:?}",
        start.elapsed() / TIMES
    )?;
    Ok(())
}

fn run(
    device: &mut State,
    (_, endpoint, body): (&str, &str, &str),
    moment: &mut Moment,
) -> Result<(), String> {
    let command = Command {
        transaction: None,
        verb: Verb::Post,
        endpoint: endpoint.to_owned(),
        body: Body::Bytes(body.as_bytes().to_vec()),
        content_type: None,
        query: String::new(),
    };
    match device.answer(&command, moment).reply {
        Reply::Error { message, .. } => Err(message),
        _ => Ok(()),
    }
}

/// The memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
