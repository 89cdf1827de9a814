//! An MQTT connection: packets over TCP. Client and broker are machines ([`crate::mqtt`],
//! [`crate::studio`]); this moves what they return. [`serve`] is many connections at once.

use std::io;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::mqtt::packet::{self, Malformed, Packet};

pub mod serve;

/// So much is read at once.
const ROOM: usize = 64 << 10;

/// A connection that always has something to read lets others go on after so long. It takes a
/// call of the system, which is too much for each message.
const TURN: Duration = Duration::from_millis(10);

/// A connection. While nothing is under way it holds no memory but its own.
#[derive(Debug)]
pub struct Link {
    stream: TcpStream,
    incoming: BytesMut,
    outgoing: BytesMut,
    sent: u64,
    largest: usize,
    /// Since when there was always something to do.
    busy: Option<Instant>,
}

/// What a connection is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Bytes came, or bytes went.
    Some,
    /// The peer has closed it.
    Ended,
}

impl Link {
    /// A connection that was made; packets of over `largest` bytes are refused.
    pub fn new(stream: TcpStream, largest: usize) -> Self {
        // What is sent is sent whole; it only makes an answer slower if it cannot be had.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            sent: 0,
            largest,
            busy: None,
        }
    }

    /// Connects to `host:port` within so long.
    pub async fn dial(address: &str, limit: Duration, largest: usize) -> io::Result<Self> {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(stream) => Ok(Self::new(stream?, largest)),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// The next packet of what has come, if it is whole.
    pub fn packet(&mut self) -> Result<Option<Packet>, Malformed> {
        let next = packet::read(&mut self.incoming, self.largest)?;
        if next.is_none() && self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        }
        Ok(next)
    }

    /// Puts a packet behind what is to be sent; the error says why it cannot be written.
    pub fn put(&mut self, packet: &Packet) -> Result<(), String> {
        packet::write(packet, &mut self.outgoing)
    }

    /// What is to be sent.
    pub fn outgoing(&mut self) -> &mut BytesMut {
        &mut self.outgoing
    }

    /// From now on packets of so many bytes are taken.
    pub fn take_up_to(&mut self, largest: usize) {
        self.largest = largest;
    }

    /// How many bytes were sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Reads what comes and sends what is to be sent, whichever goes first; it waits until one of
    /// them does. It may be dropped at any time: nothing is lost by that.
    ///
    /// A peer that never pauses holds up neither timers nor signals.
    pub async fn turn(&mut self) -> io::Result<Moved> {
        let busy = *self.busy.get_or_insert_with(Instant::now);
        if busy.elapsed() >= TURN {
            self.busy = None;
            yield_now().await;
        }
        loop {
            if self.send()? {
                return Ok(Moved::Some);
            }
            let interest = if self.outgoing.is_empty() {
                Interest::READABLE
            } else {
                Interest::READABLE | Interest::WRITABLE
            };
            let ready = self.stream.ready(interest).await?;
            if ready.is_readable() {
                self.incoming.reserve(ROOM);
                match self.stream.try_read_buf(&mut self.incoming) {
                    Ok(0) => return Ok(Moved::Ended),
                    Ok(_) => return Ok(Moved::Some),
                    Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                        if self.incoming.is_empty() {
                            self.incoming = BytesMut::new();
                        }
                        self.busy = None;
                    }
                    Err(why) => return Err(why),
                }
            }
        }
    }

    /// Sends something of what is to be sent, and reads nothing; it may be dropped at any time.
    pub async fn push(&mut self) -> io::Result<Moved> {
        while !self.send()? {
            self.stream.writable().await?;
        }
        Ok(Moved::Some)
    }

    /// Sends as much as goes at once; whether something went.
    pub fn send(&mut self) -> io::Result<bool> {
        let mut has_sent = false;
        while !self.outgoing.is_empty() {
            match self.stream.try_write(&self.outgoing) {
                Ok(sent) => {
                    drop(self.outgoing.split_to(sent));
                    self.sent += sent as u64;
                    has_sent = true;
                }
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => break,
                Err(why) => return Err(why),
            }
        }
        if self.outgoing.is_empty() && self.outgoing.capacity() > 0 {
            self.outgoing = BytesMut::new();
        }
        Ok(has_sent)
    }

    /// Sends all that is to be sent, within so long.
    pub async fn flush(&mut self, limit: Duration) -> io::Result<()> {
        let all = async {
            while !self.outgoing.is_empty() {
                if !self.send()? {
                    self.stream.writable().await?;
                }
            }
            Ok(())
        };
        timeout(limit, all)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}
