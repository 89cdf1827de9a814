//! Passes requests on as they came, over connections that are kept.

use std::cell::RefCell;
use std::sync::Arc;

use crate::message::{Request, Response};
use crate::net::{Connection, Dialer, Failure};
use crate::receiver::{Kind, Received};

/// Another server.
pub(super) struct Forward {
    dialer: Arc<Dialer>,
    /// Connections that nobody uses at the moment.
    idle: RefCell<Vec<Connection>>,
}

/// So many connections are kept.
const MOST_IDLE: usize = 64;

impl Forward {
    pub(super) fn new(dialer: Arc<Dialer>) -> Self {
        Self {
            dialer,
            idle: RefCell::default(),
        }
    }

    /// Sends a request byte for byte, Host and all, and gives its answer and the reason phrase.
    pub(super) async fn send(&self, request: &Request) -> Result<(Response, Vec<u8>), Failure> {
        let idle = self.idle.borrow_mut().pop();
        let mut connection = idle.unwrap_or_else(|| self.dialer.connection());
        let answer = connection.exchange(&request.to_wire()).await?;
        let answered = (answer.to_response(), answer.reason().to_vec());
        let mut idle = self.idle.borrow_mut();
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        Ok(answered)
    }
}

/// Why the platform would not be content with an answer, if it would not.
pub(super) fn flaw(received: &Received, answer: &Response) -> Option<String> {
    let status = answer.status;
    if received.kind == Kind::Handshake {
        let is_echo = answer.body == received.response.body && status == received.response.status;
        return (!is_echo).then(|| {
            format!("the server behind --forward answered {status}, and not with the echo alone")
        });
    }
    (!received.accepts(status)).then(|| {
        format!(
            "the server behind --forward answered {status}: the platform takes that for a failure"
        )
    })
}
