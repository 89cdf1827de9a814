//! What would bite with a real device: a server's habits that this simulator tolerates, or does
//! not, and a device in the field may not.
//!
//! Each is said once for a device: [`Seen`] remembers which were.

use std::fmt;

/// Something to say about the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which it is.
    pub kind: Kind,
    /// What was seen, where there is more to say than the sentence: names and numbers as they
    /// arrived, so it has to be escaped for a terminal.
    pub seen: String,
}

impl Finding {
    /// A finding and what was seen.
    #[must_use]
    pub fn new(kind: Kind, seen: impl Into<String>) -> Self {
        Self {
            kind,
            seen: seen.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.sentence())?;
        if self.seen.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.seen)
    }
}

/// The findings that were made; small, because a fleet has one for each device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(u64);

impl Seen {
    /// Whether this is the first of its kind; from now on it is not.
    pub fn is_first(&mut self, kind: Kind) -> bool {
        let before = self.0;
        self.0 |= 1 << kind as u32;
        self.0 != before
    }

    /// The kinds that were seen, in the order of [`Kind::ALL`].
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL
            .into_iter()
            .filter(move |&kind| self.0 & (1 << kind as u32) != 0)
    }
}

/// Declares the kinds once: variant, id, sentence, advice.
macro_rules! kinds {
    ($($variant:ident $id:literal $sentence:literal $advice:literal)*) => {
        /// Which finding it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = $sentence] $variant,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: [Self; [$($id),*].len()] = [$(Self::$variant),*];

            /// The name that stays: `push.html`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it means, in one sentence without its full stop.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }
        }
    };
}

kinds! {
    NotACommand "push.not-a-command"
        "the answer is JSON without a command, which a device drops without a word and without a result"
        "answer with an object that has `endpoint`, or with nothing where there is nothing to do"
    Echo "push.echo"
        "the answer to /push is a result, not a command, and a device drops it"
        "do not answer with what the device sent"
    NoContent "push.204"
        "the server answers 204, which no known server does"
        "answer 200 with `Content-Length: 0` where there is nothing to do"
    OtherSuccess "push.other-2xx"
        "the status is a success other than 200; it was taken for 200, and whether a device does is not documented"
        "answer 200"
    Status "push.status"
        "the answer's status is not 200, so a device takes no command from it and comes back after its period"
        "answer 200, with a command or with an empty body"
    Redirect "push.redirect"
        "the server redirects /push, and nothing says that a device follows"
        "serve /push and /result at the address that the device is given"
    Auth "push.auth"
        "/push refuses the device or asks for credentials, and a device has none to give"
        "let /push and /result in without authentication; tell devices apart by `deviceId`"
    NotFound "push.not-found"
        "there is nothing at the path that the device polls"
        "a device appends /push and /result to its `push_remote_address`: serve exactly these"
    Html "push.html"
        "the answer to /push is a web page, so a device finds no command in it"
        "answer JSON or nothing; an error page often hides behind status 200"
    BadJson "push.bad-json"
        "the answer is not JSON, so a device finds no command in it"
        "write it with a JSON library; a device's parser (RapidJSON) forgives nothing"
    UnquotedKeys "push.unquoted-keys"
        "names stand without quotes, as in the vendor's example, and a device's parser refuses them"
        "put every name in double quotes; the example in the vendor's page is not JSON"
    Blank "push.blank"
        "the answer has a body of blanks, which is neither empty nor JSON"
        "answer with `Content-Length: 0` where there is nothing to do"
    EmptyTransactions "push.empty-transactions"
        "`transactions` is an empty list, and what a device makes of that is not documented"
        "answer with nothing where there is nothing to do"
    BothForms "push.both-forms"
        "the answer has `transactions` and `endpoint`, and which of them counts is not documented"
        "send one command, or a list of them"
    TransactionId "push.transaction-id"
        "a transaction has no usable `transactionid`, so its result cannot be told from others"
        "give each transaction an id of its own, a text of digits: \"transactionid\":\"1\""
    NumericTransaction "push.numeric-transaction"
        "`transactionid` is a number, where the documentation has a text"
        "write \"transactionid\":\"1\"; the result brings it back as a number"
    Verb "push.verb"
        "`verb` is neither \"GET\" nor \"POST\"; it was taken for the nearest"
        "write \"POST\" or \"GET\" in capitals, or leave it out for POST"
    Fcgi "push.fcgi"
        "the endpoint ends in `.fcgi`, which belongs to the device's own web server and not to Push"
        "write load_objects, not load_objects.fcgi"
    LeadingSlash "push.slash"
        "the endpoint starts with `/`, which the vendor's samples never have"
        "write load_objects, not /load_objects"
    QueryInEndpoint "push.query-in-endpoint"
        "the endpoint has a query in it, for which there is `queryString`"
        "move what stands behind `?` into `queryString`; a session is not needed in Push"
    QueryString "push.query-string"
        "`queryString` is not a plain text without `?`"
        "write \"queryString\":\"user_id=10&match=1\""
    BodyType "push.body-type"
        "`body` is neither a text nor an object"
        "send the parameters as an object, or as a text that holds it"
    BodyJson "push.body-json"
        "`body` is a text that is not JSON, and the content type says JSON"
        "serialise the parameters once: \"body\":\"{\\\"object\\\":\\\"users\\\"}\""
    ContentType "push.content-type"
        "`contentType` is neither application/json nor application/octet-stream"
        "leave it out for JSON; application/octet-stream means a body in base64"
    Base64 "push.base64"
        "the body of application/octet-stream is not plain base64"
        "send one base64 string without `data:` in front and without line breaks"
    HotLoop "push.hot-loop"
        "the server answers every poll with a command, so the device never rests"
        "hand each command out once, and answer with nothing when there is none"
    TooSlow "push.too-slow"
        "the server holds /push longer than the device waits"
        "answer at once: a device polls, it has no long poll"
    Broken "push.broken"
        "the connection broke before there was an answer, so the device comes back after its period"
        "look for what ended the connection: a crash, a proxy, a limit"
    LostDigits "device-id.lost-digits"
        "the answer names a device id that is this one with its last digits rounded away"
        "keep `deviceId` as a text or a 64-bit integer: a double holds 15 to 16 digits"
    NoAnswer "result.no-answer"
        "/result is not answered, so the device waits for its time-out after each command"
        "answer /result with 200 and nothing in it, before working on the result"
    ResultStatus "result.status"
        "/result is refused, and a device does not send a result again"
        "answer 200; a result may be large (16 MB), and its `response` may be a text or an object"
    ResultEcho "result.echo"
        "/result is answered with what was sent, where an empty answer closes the transaction"
        "answer /result with 200 and nothing in it"
    ResultBody "result.body"
        "/result is answered with a body, where an empty answer closes the transaction"
        "answer /result with 200 and nothing in it; a command goes into the answer to /push"
    LostCommand "result.lost-command"
        "a result did not arrive, and the server has not asked for that command again in ten polls"
        "hand a command out again when its result is missing for long, or mark it as lost"
    TransactionTwice "push.transaction-twice"
        "two transactions of one answer have the same id, so their results cannot be told apart"
        "number the transactions of an answer"
    Surplus "wire.surplus"
        "bytes come behind the end of an answer, where nothing belongs"
        "let the HTTP library write Content-Length; a device may take the rest for the next answer"
    CutOff "wire.cut-off"
        "TLS was cut off where only its end tells that the answer is whole"
        "send Content-Length, or end TLS as it should be"
    SentAgain "wire.sent-again"
        "the server closed a kept connection as the poll came, so it was sent again over a new one: the server may have handed out a command twice"
        "keep idle connections longer than the device's period, or answer `Connection: close`"
    TooManyStates "simulator.max-states"
        "more devices of the fleet write than may have a state of their own, so this one answers with an error of the simulator's"
        "raise --max-states (a state takes about 0.25 MB), or let fewer devices write"
    BaseEndsWithPush "base.ends-with-path"
        "the device's address ends in /push or /result, and it appends these once more"
        "give the device the address in front of /push: http://host:port"
    BaseSlash "base.slash"
        "the device's address ends in `/`; it was dropped, and whether a device does that is not documented"
        "give the base without the last `/`"
    BaseQuery "base.query"
        "the device's address has a query, and sources contradict each other on where a device puts it"
        "put what tells customers apart into the path"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_first_once() {
        let mut seen = Seen::default();
        assert!(seen.is_first(Kind::Html));
        assert!(seen.is_first(Kind::BaseQuery));
        assert!(!seen.is_first(Kind::Html));
        assert_eq!(
            seen.kinds().collect::<Vec<_>>(),
            [Kind::Html, Kind::BaseQuery]
        );
    }

    #[test]
    fn all_kinds_fit_and_have_names_of_their_own() {
        assert!(Kind::ALL.len() <= 64);
        let mut ids: Vec<_> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.id().contains('.'), "{kind:?}");
            assert!(!kind.sentence().ends_with('.'), "{kind:?}");
            assert!(!kind.advice().ends_with('.'), "{kind:?}");
        }
    }
}
