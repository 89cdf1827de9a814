//! `mqtt platform` as a process, and a client for it: packets over a socket, and nothing of this
//! program's own client.
//!
//! ```text
//! let platform = Platform::with(FILE, "--format json");
//! let mut app = Client::application(&platform);
//! app.subscribe(&[PROPERTY], 1);
//! app.publish(SET, 1, "{}");
//! assert!(app.message().is(REPLY));
//! platform.end("INT").code(0);
//! ```

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use hmac::{Hmac, KeyInit as _, Mac as _};
use pushrig::mqtt::packet::{
    self, Connect, ConnectReturnCode, Login, Packet, PubAck, Publish, QoS, Subscribe,
    SubscribeFilter, SubscribeReasonCode,
};
use sha1::Sha1;

use super::KEY;
use super::platform::{DEVICE_KEY, Platform};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(60);

/// When the tokens of these tests expire: in 2035.
const END: u64 = 2_051_222_400;

/// A token as the documentation has it, by other means than this program's.
pub(crate) fn token(version: &str, res: &str, et: u64, key: &str) -> String {
    let key = STANDARD.decode(key).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(format!("{et}\nsha1\n{res}\n{version}").as_bytes());
    let sign = STANDARD.encode(mac.finalize().into_bytes());
    let encode = |text: &str| {
        let text = text.replace('%', "%25").replace('+', "%2B");
        text.replace('/', "%2F").replace('=', "%3D")
    };
    let (res, sign) = (encode(res), encode(&sign));
    format!("version={version}&res={res}&et={et}&method=sha1&sign={sign}")
}

/// The token of an application.
pub(crate) fn application_token(username: &str) -> String {
    token("2020-05-29", username, END, KEY)
}

/// The token of a device of product 00001.
pub(crate) fn device_token(name: &str) -> String {
    let res = format!("products/00001/devices/{name}");
    token("2018-10-31", &res, END, DEVICE_KEY)
}

/// A CONNECT with these.
pub(crate) fn login(client_id: &str, username: &str, password: &str) -> Connect {
    let mut connect = Connect::new(client_id);
    connect.keep_alive = 60;
    connect.login = Some(Login::new(username, password));
    connect
}

/// The bytes of a packet.
pub(crate) fn bytes(packet: &Packet) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    packet::write(packet, &mut bytes).unwrap();
    bytes.to_vec()
}

/// A message of QoS 0 or 1; packet ids of QoS 1 are the caller's affair.
pub(crate) fn publish(topic: &str, qos: QoS, payload: impl AsRef<[u8]>) -> Publish {
    let mut publish = Publish::new(topic, qos, payload.as_ref().to_vec());
    if qos != QoS::AtMostOnce {
        publish.pkid = 7;
    }
    publish
}

/// A connection to the platform.
pub(crate) struct Client {
    stream: TcpStream,
    incoming: BytesMut,
    /// Messages that came while something else was waited for.
    kept: VecDeque<Publish>,
}

impl Client {
    /// A connection on which nothing was said yet.
    pub(crate) fn open(platform: &Platform) -> Self {
        let stream = TcpStream::connect(platform.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            incoming: BytesMut::new(),
            kept: VecDeque::new(),
        }
    }

    /// An application of user 10311 that is in.
    pub(crate) fn application(platform: &Platform) -> Self {
        Self::user(platform, "", "userid/10311")
    }

    /// An application that is in.
    #[track_caller]
    pub(crate) fn user(platform: &Platform, client_id: &str, username: &str) -> Self {
        let token = application_token(username);
        Self::inside(platform, login(client_id, username, &token))
    }

    /// A device of product 00001 that is in.
    #[track_caller]
    pub(crate) fn device(platform: &Platform, name: &str) -> Self {
        Self::inside(platform, login(name, "00001", &device_token(name)))
    }

    /// Whoever says this is let in.
    #[track_caller]
    pub(crate) fn inside(platform: &Platform, connect: Connect) -> Self {
        let mut client = Self::open(platform);
        let code = client.connect(connect);
        assert_eq!(code, ConnectReturnCode::Success);
        client
    }

    /// Bytes as they are. Whoever was thrown out meanwhile may not get all of them away.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends these bytes again and again, so many in all, as long as they are taken.
    pub(crate) fn floods(&mut self, bytes: &[u8], most: usize) {
        let limit = Some(Duration::from_secs(1));
        self.stream.set_write_timeout(limit).unwrap();
        let mut sent = 0;
        while sent < most && self.stream.write_all(bytes).is_ok() {
            sent += bytes.len();
        }
    }

    pub(crate) fn send(&mut self, packet: &Packet) {
        self.raw(&bytes(packet));
    }

    /// Nothing more comes from here.
    pub(crate) fn stop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// The next packet; none when the platform has closed.
    pub(crate) fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = packet::read(&mut self.incoming, 1 << 22).unwrap() {
                return Some(packet);
            }
            let mut room = [0; 1 << 13];
            match self.stream.read(&mut room) {
                Ok(0) => return None,
                Ok(read) => self.incoming.extend_from_slice(&room[..read]),
                Err(why) if why.kind() == ErrorKind::ConnectionReset => return None,
                Err(why) => panic!("nothing comes: {why}"),
            }
        }
    }

    /// Says CONNECT, and gives the answer.
    #[track_caller]
    pub(crate) fn connect(&mut self, connect: Connect) -> ConnectReturnCode {
        self.send(&Packet::Connect(connect));
        self.connack()
    }

    #[track_caller]
    pub(crate) fn connack(&mut self) -> ConnectReturnCode {
        match self.next() {
            Some(Packet::ConnAck(ack)) => {
                assert!(!ack.session_present, "no session is kept");
                ack.code
            }
            other => panic!("{other:?} is no CONNACK"),
        }
    }

    /// Waits for the packet that is no message, and keeps the messages before it.
    #[track_caller]
    fn answer(&mut self) -> Packet {
        loop {
            match self.next() {
                Some(Packet::Publish(publish)) => self.kept.push_back(publish),
                Some(other) => return other,
                None => panic!("the platform has closed"),
            }
        }
    }

    /// Subscribes, and gives the return codes.
    #[track_caller]
    pub(crate) fn subscribe(&mut self, topics: &[&str], qos: QoS) -> Vec<SubscribeReasonCode> {
        let filters = topics.iter();
        let filters = filters.map(|topic| SubscribeFilter::new((*topic).to_owned(), qos));
        let mut subscribe = Subscribe::new_many(filters);
        subscribe.pkid = 5;
        self.send(&Packet::Subscribe(subscribe));
        match self.answer() {
            Packet::SubAck(ack) => {
                assert_eq!(ack.pkid, 5);
                ack.return_codes
            }
            other => panic!("{other:?} is no SUBACK"),
        }
    }

    /// Subscribes to topics that it may have.
    #[track_caller]
    pub(crate) fn listen(&mut self, topics: &[&str]) {
        let granted = self.subscribe(topics, QoS::AtMostOnce);
        let wanted = SubscribeReasonCode::Success(QoS::AtMostOnce);
        assert!(granted.iter().all(|code| *code == wanted), "{granted:?}");
    }

    /// Sends a message of QoS 1, and waits for its acknowledgement.
    #[track_caller]
    pub(crate) fn publish(&mut self, topic: &str, payload: impl AsRef<[u8]>) {
        self.send(&Packet::Publish(publish(topic, QoS::AtLeastOnce, payload)));
        match self.answer() {
            Packet::PubAck(ack) => assert_eq!(ack.pkid, 7),
            other => panic!("{other:?} is no PUBACK"),
        }
    }

    /// The next message, acknowledged where it is of QoS 1.
    #[track_caller]
    pub(crate) fn message(&mut self) -> Publish {
        let publish = self.kept.pop_front();
        let publish = publish.unwrap_or_else(|| match self.next() {
            Some(Packet::Publish(publish)) => publish,
            other => panic!("{other:?} is no PUBLISH"),
        });
        if publish.qos == QoS::AtLeastOnce {
            self.send(&Packet::PubAck(PubAck::new(publish.pkid)));
        }
        publish
    }

    /// What came before the answer to a PINGREQ: whatever was under way is there by then.
    #[track_caller]
    pub(crate) fn settled(&mut self) -> Vec<Publish> {
        self.send(&Packet::PingReq);
        assert_eq!(self.answer(), Packet::PingResp);
        self.kept.drain(..).collect()
    }

    /// The platform closes it, and says nothing but messages before.
    #[track_caller]
    pub(crate) fn is_closed(&mut self) {
        loop {
            match self.next() {
                None => return,
                Some(Packet::Publish(_)) => {}
                Some(other) => panic!("{other:?} and no end"),
            }
        }
    }
}

/// A topic of a device of product 00001.
pub(crate) fn topic(device: &str, thing: &str) -> String {
    format!("$sys/00001/{device}/thing/{thing}")
}
