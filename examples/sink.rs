//! The server of the benchmarks: it answers every request with 200 and `ok`, and does as little
//! as a server can, so that the clients are what is measured.
//!
//! ```sh
//! cargo run --release --example sink -- 127.0.0.1:8123
//! cargo run --release --example sink -- 127.0.0.1:8123 idle     # an empty body: nothing to do
//! ```

use std::io;

use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const IDLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let is_idle = std::env::args().nth(2).as_deref() == Some("idle");
    let answer = if is_idle { IDLE } else { ANSWER };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        io::Write::write_all(
            &mut io::stdout(),
            format!("{}\n", listener.local_addr()?).as_bytes(),
        )?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(serve(stream, answer));
        }
    })
}

async fn serve(mut stream: TcpStream, answer: &'static [u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    loop {
        while let Some(length) = request(&buffer) {
            stream.write_all(answer).await?;
            buffer.drain(..length);
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// How long the first whole request in `bytes` is.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let name = b"ontent-Length:";
    let body = match memmem::find(&bytes[..head], name) {
        None => 0,
        Some(at) => bytes[at + name.len()..head]
            .iter()
            .skip_while(|byte| **byte == b' ')
            .take_while(|byte| byte.is_ascii_digit())
            .fold(0, |sum, digit| 10 * sum + usize::from(digit - b'0')),
    };
    (bytes.len() >= head + body).then_some(head + body)
}
