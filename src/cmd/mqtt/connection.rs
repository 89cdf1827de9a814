//! One connection to a broker: the machine and the socket together.

use std::io;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep_until};

use crate::args::parse_duration;
use crate::mqtt::client::{Client, Event, Options};
use crate::mqtt::packet::{Malformed, Packet, QoS};
use crate::net::mqtt::{Link, Moved};
use crate::net::{Address, Failure};

/// More bytes than this in one packet are refused: nobody sends such a message by intent.
const LARGEST: usize = 64 << 20;

/// So long may the last packets take to leave.
const PARTING: Duration = Duration::from_secs(1);

/// How the broker is spoken to.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The connection")]
pub(super) struct ConnectionArgs {
    /// After so long without a packet one is sent; 0 is never
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_keep_alive)]
    pub(super) keep_alive: Duration,
    /// The time for connecting, and for each answer
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_timeout)]
    pub(super) timeout: Duration,
}

fn parse_keep_alive(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    if time.subsec_nanos() != 0 || time.as_secs() > u64::from(u16::MAX) {
        return Err("it is in whole seconds, at most 65535s".to_owned());
    }
    Ok(time)
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    if time.is_zero() {
        return Err("that leaves no time at all".to_owned());
    }
    Ok(time)
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Failed {
    /// Nobody was reached.
    Unreachable(Failure),
    /// The broker says no, by this code.
    Refused(u8),
    /// It broke, or what came was no MQTT.
    Broken(Lost),
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) struct Lost {
    /// In words.
    pub(super) why: String,
    /// Whether the broker only fell silent, so that it may have been gone for longer.
    pub(super) was_silent: bool,
}

impl Lost {
    fn broken(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            was_silent: false,
        }
    }
}

/// One connection.
pub(super) struct Connection {
    link: Link,
    client: Client,
    /// From when the machine's time counts.
    started: Instant,
    /// Packets that are to be sent, and are held back until the caller lets them go.
    out: Vec<Packet>,
}

impl Connection {
    /// Dials, and waits for the broker to accept the connection.
    pub(super) async fn open(address: &Address, options: Options) -> Result<Self, Failed> {
        let limit = options.patience;
        let dialled = Link::dial(&address.to_string(), limit, LARGEST).await;
        let link = dialled.map_err(|cause| {
            Failed::Unreachable(if cause.kind() == io::ErrorKind::TimedOut {
                let phase = "the broker does not take the connection";
                Failure::TimedOut { limit, phase }
            } else {
                let address = address.to_string();
                Failure::Connect { address, cause }
            })
        })?;
        let (client, first) = Client::open(options, Duration::ZERO);
        let mut connection = Self {
            link,
            client,
            started: Instant::now(),
            out: vec![first],
        };
        loop {
            connection.turn().await.map_err(Failed::Broken)?;
            let packet = match connection.link.packet() {
                Ok(packet) => packet,
                Err(Malformed::Code(code)) => return Err(Failed::Refused(code)),
                Err(why) => return Err(Failed::Broken(no_mqtt(&why))),
            };
            match connection.came(packet).map_err(Failed::Broken)? {
                Some(Event::Connected { .. }) => return Ok(connection),
                Some(Event::Refused(code)) => return Err(Failed::Refused(code)),
                _ => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Asks for these.
    pub(super) fn subscribe(&mut self, filters: &[String], qos: QoS) {
        let now = self.now();
        self.out.extend(self.client.subscribe(filters, qos, now));
    }

    /// Publishes; gives the packet id, which is 0 with QoS 0.
    pub(super) fn publish(&mut self, topic: &str, payload: Vec<u8>, qos: QoS) -> u16 {
        let publish = self.client.publish(topic, payload, qos, self.now());
        let pkid = publish.pkid;
        self.out.push(Packet::Publish(publish));
        pkid
    }

    /// Whether all that was asked for was answered.
    pub(super) fn is_settled(&self) -> bool {
        self.client.is_settled()
    }

    /// What comes of the next packet that is there already.
    pub(super) fn next(&mut self) -> Result<Option<Event>, Lost> {
        let packet = self.link.packet().map_err(|why| no_mqtt(&why))?;
        self.came(packet)
    }

    fn came(&mut self, packet: Option<Packet>) -> Result<Option<Event>, Lost> {
        let Some(packet) = packet else {
            return Ok(None);
        };
        let now = self.started.elapsed();
        let event = self.client.take(packet, now, &mut self.out);
        event.map(Some).map_err(Lost::broken)
    }

    /// Lets go what is to be sent: acknowledgements among it.
    pub(super) fn release(&mut self) -> Result<(), Lost> {
        for packet in self.out.drain(..) {
            self.link.put(&packet).map_err(Lost::broken)?;
        }
        Ok(())
    }

    /// Waits until something came or went. It may be dropped at any time.
    pub(super) async fn turn(&mut self) -> Result<(), Lost> {
        self.release()?;
        let deadline = self.client.deadline();
        // The clock says it, and no timer: where something always comes the timer may lose.
        if deadline.is_some_and(|at| self.started.elapsed() >= at) {
            return self.tick();
        }
        let deadline = deadline.map(|at| self.started + at);
        tokio::select! {
            moved = self.link.turn() => match moved {
                Ok(Moved::Some) => Ok(()),
                Ok(Moved::Ended) => Err(Lost::broken("the broker closed it")),
                Err(cause) => Err(Lost::broken(words(&cause))),
            },
            () = until(deadline) => self.tick(),
        }
    }

    fn tick(&mut self) -> Result<(), Lost> {
        let ticked = self.client.tick(self.started.elapsed(), &mut self.out);
        ticked.map_err(|why| Lost {
            why,
            was_silent: true,
        })
    }

    /// Says goodbye, and sends what is still to be sent.
    pub(super) async fn close(mut self) {
        self.out.push(Packet::Disconnect);
        if self.release().is_ok() {
            // Nobody is left to tell.
            let _ = self.link.flush(PARTING).await;
        }
    }
}

fn no_mqtt(why: &Malformed) -> Lost {
    Lost::broken(format!("what came is no MQTT 3.1.1: {why}"))
}

fn words(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::ConnectionReset => "the broker reset it".to_owned(),
        io::ErrorKind::BrokenPipe => "the broker closed it".to_owned(),
        _ => cause.to_string(),
    }
}

/// Waits until then, or for ever.
pub(super) async fn until(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then).await,
        None => std::future::pending().await,
    }
}
