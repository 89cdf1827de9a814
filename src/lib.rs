//! **pushrig**: the test bench for `IoT` push integrations.
//!
//! It plays every part of the conversation between a platform and somebody's server, byte for
//! byte, and says *why* something fails. `README.md` shows what it does; this page is the map
//! of how. Modules in reading order:
//!
//! - [`error`]: the one error type, outcomes and exit codes.
//! - [`message`]: [`Request`](message::Request) and [`Response`](message::Response), plain
//!   values that keep what was on the wire.
//! - [`moment`]: time and chance, handed in as an argument. The core asks no clock.
//! - [`rate`]: how often something strikes, for the faults that are played.
//! - [`json`]: JSON as it was written, for finding, for reading what people paste, and for
//!   writing as other software would.
//! - [`signature`]: schemes **as data**; sign, verify, and the search for mistakes.
//! - `table`: the TOML that users write, read so that every refusal names its place.
//! - [`platform`]: one file a platform, all about that protocol and nothing of it elsewhere.
//! - [`capture`]: recorded requests; one file a foreign format.
//! - [`check`]: one request judged whole, on top of all of these.
//! - [`reading`]: the ways to read a request that was copied.
//! - [`diagnose`]: from a request that does not fit to the mistake behind it.
//! - [`handshake`]: a platform's URL verification, played against a user's server.
//! - [`push`](mod@push): what a platform pushes, and the request that carries it.
//! - [`sent`]: what was sent, shown beside a refusal, and the command that explains it.
//! - [`delivery`]: one message on its way: when it is tried again, and when that ends.
//! - [`replay`]: recorded requests sent again: which, when, and what answers are held against.
//! - [`receiver`]: the receiver that is known to be right, and what it is made to do wrong.
//! - [`controlid`]: the Control iD device that polls for commands, and the server that it polls.
//! - [`mqtt`]: MQTT 3.1.1 as machines, over rumqttc's codec.
//! - [`studio`]: `OneNET` Studio's long connection: applications, the platform, devices.
//! - [`report`]: what was found, written for people and for machines.
//!
//! The modules above are pure and synchronous: bytes in, values out. A signature takes
//! two of them:
//!
//! ```standalone_crate
//! use pushrig::platform::Platform;
//! use pushrig::signature::{Evidence, Given, SecretName, Secrets};
//!
//! let recipe = Platform::Tencent.recipe();
//! let given = Given::new().with("timestamp", "1604458421").with("nonce", "IkOaKMDalrAzUTxC");
//! let secrets = Secrets::new().with(SecretName::Token, "aaa");
//! let form = recipe.form("push").expect("every platform pushes");
//! let ingredients = form.gather(&Evidence::default().with(&given)).expect("all parts are given");
//! let signature = form.sign(&ingredients, &secrets, 0).expect("the token is given");
//! assert_eq!(signature, "c259ed29ec13ba7c649fe0893007401a36e70453");
//! ```
//!
//! The modules below are the edge:
//!
//! - [`term`]: colour as a value; escaping of what a peer sent.
//! - [`typed`]: what a terminal lost of what was pasted.
//! - [`net`]: the exact sender and the receiver; where bytes move.
//! - [`config`]: `pushrig.toml`, the profiles.
//! - [`globals`]: the flags that every subcommand takes.
//! - [`printer`]: a stream that a thread writes, so that no reader stops a run.
//! - [`session`]: the streams, the environment and the clock of one run.
//! - [`output`]: a file that takes its name only when it is whole.
//! - [`recorder`]: a capture that grows by whole lines.
//! - [`reporter`]: prints the cases of a run, and writes its reports.
//! - [`args`]: flag groups that open themselves.
//! - [`cmd`]: the list of subcommands, one file each; `listen` brings a page for the browser.
//! - [`cli`]: parsing, the one match, exit codes.

pub mod args;
pub mod capture;
pub mod check;
pub mod cli;
pub mod cmd;
pub mod config;
pub mod controlid;
pub mod delivery;
pub mod diagnose;
pub mod error;
pub mod globals;
pub mod handshake;
pub mod json;
pub mod message;
pub mod moment;
pub mod mqtt;
pub mod net;
pub mod output;
pub mod platform;
pub mod printer;
pub mod push;
pub mod rate;
pub mod reading;
pub mod receiver;
pub mod recorder;
pub mod replay;
pub mod report;
pub mod reporter;
pub mod sent;
pub mod session;
pub mod signature;
pub mod studio;
mod table;
pub mod term;
pub mod typed;
