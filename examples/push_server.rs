//! A push server for one device: it measures how long the device takes from a command to its
//! result.
//!
//! ```sh
//! cargo run --release --example push_server -- 127.0.0.1:8123 10000
//! ```
//! It answers so many polls with a command that reads, takes the results, then has nothing more
//! to do; it ends when the device has seen that.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use memchr::memmem;

const IDLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const COMMAND: &str = r#"{"verb":"POST","endpoint":"load_objects","body":{"object":"users","where":{"users":{"id":7}}},"contentType":"application/json"}"#;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let mut left: usize = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10_000);
    let command = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{COMMAND}",
        COMMAND.len()
    );
    let listener = TcpListener::bind(address)?;
    let mut out = io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    let mut micros = Vec::with_capacity(left);
    let mut answered = None;
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(is_result) = request(&mut stream, &mut buffer)? else {
            // A device that begins each exchange with a new connection.
            stream = listener.accept()?.0;
            stream.set_nodelay(true)?;
            buffer.clear();
            continue;
        };
        if is_result {
            micros.extend(answered.take().map(|at: Instant| at.elapsed().as_nanos()));
            stream.write_all(IDLE)?;
        } else if left > 0 {
            left -= 1;
            stream.write_all(command.as_bytes())?;
            answered = Some(Instant::now());
        } else {
            stream.write_all(IDLE)?;
            break;
        }
    }
    micros.sort_unstable();
    let at = |share: usize| {
        micros
            .get(micros.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    let (half, most) = (at(50), at(99));
    writeln!(
        out,
        "{} results: p50 {half} ns, p99 {most} ns",
        micros.len()
    )
}

/// Reads one request; whether it is a result. None where the connection has ended.
fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<bool>> {
    loop {
        if let Some(end) = whole(buffer) {
            let is_result = buffer.starts_with(b"POST");
            buffer.drain(..end);
            return Ok(Some(is_result));
        }
        let mut space = [0; 16 << 10];
        match stream.read(&mut space)? {
            0 => return Ok(None),
            read => buffer.extend_from_slice(&space[..read]),
        }
    }
}

fn whole(buffer: &[u8]) -> Option<usize> {
    let head = memmem::find(buffer, b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |value| value.trim().parse().unwrap_or(0));
    (buffer.len() >= head + length).then_some(head + length)
}
