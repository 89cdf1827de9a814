//! A broker for the executable to talk to: a thread on a port of its own, in this process, that
//! does what its test says.
//!
//! ```text
//! let broker = Broker::start(|mut peer| {
//!     peer.accept();
//!     peer.publish("$sys/1/a/thing/property", 1, "{}");
//!     peer.until_gone();
//! });
//! pushrig(&format!("mqtt watch {} --topic a --count 1", broker.url())).exits(0);
//! ```
//!
//! Each connection is a [`Peer`], told by its number, and one after the other. A broker that was
//! never called fails its test when it is dropped, as does a script that panicked.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use pushrig::json::{Value, compact};
use pushrig::mqtt::packet::{
    self, ConnAck, Connect, ConnectReturnCode, Packet, Publish, QoS, SubAck, SubscribeReasonCode,
};
use pushrig::studio::message;
use pushrig::studio::topic::{Thing, Topic};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(30);

/// A broker.
pub(crate) struct Broker {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
    failed: Arc<Mutex<Option<String>>>,
}

impl Broker {
    /// Plays this script with each connection.
    pub(crate) fn start(script: impl Fn(Peer) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let failed = Arc::new(Mutex::new(None));
        let (counted, wrong) = (Arc::clone(&calls), Arc::clone(&failed));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let number = counted.fetch_add(1, SeqCst);
                let peer = Peer::new(stream, number);
                if let Err(why) = catch_unwind(AssertUnwindSafe(|| script(peer))) {
                    let text = why.downcast_ref::<String>().cloned();
                    let text = text.or(why.downcast_ref::<&str>().map(ToString::to_string));
                    *wrong.lock().unwrap() = Some(text.unwrap_or_default());
                }
            }
        });
        Self {
            address,
            calls,
            failed,
        }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    /// How many connections there were.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        if let Some(why) = self.failed.lock().unwrap().take() {
            panic!("the broker's script: {why}");
        }
        assert!(self.calls() > 0, "nobody called the broker");
    }
}

/// One connection.
pub(crate) struct Peer {
    stream: TcpStream,
    incoming: BytesMut,
    /// Which connection it is, from 0.
    pub(crate) number: usize,
    /// The filters that were asked for so far.
    pub(crate) filters: Vec<String>,
    pkid: u16,
}

impl Peer {
    fn new(stream: TcpStream, number: usize) -> Self {
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            incoming: BytesMut::new(),
            number,
            filters: Vec::new(),
            pkid: 0,
        }
    }

    /// The next packet; none when the other side has closed.
    pub(crate) fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = packet::read(&mut self.incoming, 1 << 20).unwrap() {
                return Some(packet);
            }
            let mut room = [0; 4096];
            match self.stream.read(&mut room) {
                Ok(0) => return None,
                Ok(read) => self.incoming.extend_from_slice(&room[..read]),
                Err(why) if why.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(why) => panic!("nothing comes: {why}"),
            }
        }
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        // Whoever has what it wanted may be gone.
        let _ = self.stream.write_all(bytes);
    }

    /// Sends this message again and again, and takes nothing, until the other side is gone.
    pub(crate) fn flood(&mut self, topic: &str, qos: u8) {
        let mut bytes = BytesMut::new();
        while bytes.len() < 1 << 16 {
            let packet = self.message(topic, qos, "{}");
            packet::write(&Packet::Publish(packet), &mut bytes).unwrap();
        }
        while self.stream.write_all(&bytes).is_ok() {}
    }

    /// Sends a packet.
    pub(crate) fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        packet::write(packet, &mut bytes).unwrap();
        self.raw(&bytes);
    }

    /// The CONNECT that came.
    pub(crate) fn connect(&mut self) -> Connect {
        match self.next() {
            Some(Packet::Connect(connect)) => connect,
            other => panic!("{other:?} is no CONNECT"),
        }
    }

    /// Answers CONNECT.
    pub(crate) fn connack(&mut self, code: ConnectReturnCode) {
        self.send(&Packet::ConnAck(ConnAck::new(code, false)));
    }

    /// Answers one SUBSCRIBE, each filter by what `grant` says.
    pub(crate) fn subscribed(&mut self, grant: impl Fn(&str) -> Option<QoS>) {
        let Some(Packet::Subscribe(subscribe)) = self.next() else {
            panic!("no SUBSCRIBE");
        };
        let codes = subscribe
            .filters
            .iter()
            .map(|filter| match grant(&filter.path) {
                Some(qos) => SubscribeReasonCode::Success(qos),
                None => SubscribeReasonCode::Failure,
            });
        let ack = SubAck::new(subscribe.pkid, codes.collect());
        self.filters
            .extend(subscribe.filters.into_iter().map(|filter| filter.path));
        self.send(&Packet::SubAck(ack));
    }

    /// Takes the connection, and grants what is asked for first.
    pub(crate) fn accept(&mut self) -> Connect {
        let connect = self.connect();
        self.connack(ConnectReturnCode::Success);
        self.subscribed(|_| Some(QoS::AtLeastOnce));
        connect
    }

    /// Sends a message; gives its packet id.
    pub(crate) fn publish(&mut self, topic: &str, qos: u8, payload: impl AsRef<[u8]>) -> u16 {
        let packet = self.message(topic, qos, payload);
        let pkid = packet.pkid;
        self.send(&Packet::Publish(packet));
        pkid
    }

    /// A message that is not sent yet.
    pub(crate) fn message(&mut self, topic: &str, qos: u8, payload: impl AsRef<[u8]>) -> Publish {
        let level = if qos == 0 {
            QoS::AtMostOnce
        } else {
            QoS::AtLeastOnce
        };
        let mut publish = Publish::new(topic, level, payload.as_ref().to_vec());
        if qos > 0 {
            self.pkid += 1;
            publish.pkid = self.pkid;
        }
        publish
    }

    /// The acknowledgement of a message.
    pub(crate) fn puback(&mut self, pkid: u16) {
        match self.next() {
            Some(Packet::PubAck(ack)) => assert_eq!(ack.pkid, pkid),
            other => panic!("{other:?} is no PUBACK"),
        }
    }

    /// The message that came, acknowledged where it is of QoS 1.
    pub(crate) fn published(&mut self) -> Publish {
        match self.next() {
            Some(Packet::Publish(publish)) => {
                if publish.qos == QoS::AtLeastOnce {
                    self.send(&Packet::PubAck(packet::PubAck::new(publish.pkid)));
                }
                publish
            }
            other => panic!("{other:?} is no PUBLISH"),
        }
    }

    /// Takes whatever comes until the other side is gone; gives it.
    pub(crate) fn until_gone(&mut self) -> Vec<Packet> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

/// A broker that lets everybody in, sends one message to each topic that is subscribed to, and
/// answers what is set.
pub(crate) fn obliging() -> Broker {
    Broker::start(|mut peer| {
        while let Some(packet) = peer.next() {
            match packet {
                Packet::Connect(_) => peer.connack(ConnectReturnCode::Success),
                Packet::Subscribe(subscribe) => {
                    let granted = SubscribeReasonCode::Success(QoS::AtLeastOnce);
                    let codes = vec![granted; subscribe.filters.len()];
                    peer.send(&Packet::SubAck(SubAck::new(subscribe.pkid, codes)));
                    for filter in &subscribe.filters {
                        if let Some(payload) = example(&filter.path) {
                            peer.publish(&filter.path, 0, payload);
                        }
                    }
                }
                Packet::Publish(publish) => {
                    peer.send(&Packet::PubAck(packet::PubAck::new(publish.pkid)));
                    let body = String::from_utf8(publish.payload.to_vec()).unwrap();
                    let id = body.split('"').nth(3).unwrap();
                    let reply = format!("{{\"requestId\":\"{id}\",\"success\":true}}");
                    peer.publish(&format!("{}/reply", publish.topic), 0, reply);
                }
                _ => {}
            }
        }
    })
}

/// A message of a topic of the platform's.
fn example(topic: &str) -> Option<Vec<u8>> {
    const TIME: i64 = 1_524_448_722_123;
    let topic = Topic::parse(topic)?;
    let device = topic.device_id();
    let notify = |value| {
        let params = message::timed(&[("Power".to_owned(), value)], TIME);
        Some(message::notify(
            &device,
            topic.thing,
            "1",
            &compact(&params),
        ))
    };
    match topic.thing {
        Thing::Lifecycle => Some(message::lifecycle(&device, true, TIME)),
        Thing::Property => notify(Value::String("on".to_owned())),
        Thing::Event => notify(Value::Object(Vec::new())),
        _ => None,
    }
}
