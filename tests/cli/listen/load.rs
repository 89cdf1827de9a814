//! kill -9 and faults under load: nothing that was acknowledged is lost.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use super::SECRETS;
use super::bench::{LIMIT, listen, listen_with, records, run};

/// Requests whose target has a number, one after the other over connections that are kept, until
/// the server is gone; the numbers of those that were acknowledged.
fn load(
    address: &str,
    threads: usize,
    seen: &Arc<AtomicUsize>,
) -> Vec<thread::JoinHandle<Vec<String>>> {
    let sender = |thread: usize| {
        let (address, seen) = (address.to_owned(), Arc::clone(seen));
        move || {
            let mut taken = Vec::new();
            let mut stream: Option<TcpStream> = None;
            for number in 0.. {
                let mut connection = match stream.take() {
                    Some(stream) => stream,
                    None => match TcpStream::connect(&address) {
                        Ok(stream) => stream,
                        Err(_) => break,
                    },
                };
                connection.set_read_timeout(Some(LIMIT)).unwrap();
                let target = format!("/{thread}-{number}");
                let wire = format!(
                    "POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n{number:600}"
                );
                if connection.write_all(wire.as_bytes()).is_err() {
                    continue;
                }
                if let Some(status) = answer(&mut connection) {
                    if status == 200 {
                        taken.push(target);
                        seen.fetch_add(1, SeqCst);
                    }
                    stream = Some(connection);
                }
            }
            taken
        }
    };
    (0..threads)
        .map(|thread| thread::spawn(sender(thread)))
        .collect()
}

/// The status of an answer that came whole.
fn answer(stream: &mut TcpStream) -> Option<u16> {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        text.extend_from_slice(&piece[..count]);
        if let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..end]).to_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .map_or("0", |rest| rest.lines().next().unwrap());
            if text.len() >= end + 4 + length.parse::<usize>().unwrap() {
                return head.split(' ').nth(1)?.parse().ok();
            }
        }
    }
}

#[test]
fn what_was_acknowledged_before_a_kill_is_in_the_capture() {
    for faults in [
        &[][..],
        &[
            "--fault",
            "reset:5%",
            "--fault",
            "status=500:5%:after",
            "--fault",
            "truncate=9:5%",
        ],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("c.ndjson");
        let mut flags = vec!["--capture", capture.to_str().unwrap()];
        flags.extend(faults);
        let it = listen_with("onenet --accept-all -q", &flags);
        let seen = Arc::new(AtomicUsize::new(0));
        let senders = load(it.address(), 6, &seen);
        while seen.load(SeqCst) < 600 {
            thread::yield_now();
        }
        it.kill();
        let taken: Vec<_> = senders
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect();
        assert!(taken.len() >= 600);
        let text = std::fs::read_to_string(&capture).unwrap();
        // A line that was being written may be torn.
        let whole = &text[..=text.rfind('\n').unwrap()];
        std::fs::write(&capture, whole).unwrap();
        let kept: HashSet<_> = records(&capture)
            .iter()
            .map(|record| record["request"]["target"].as_str().unwrap().to_owned())
            .collect();
        let lost: Vec<_> = taken
            .iter()
            .filter(|target| !kept.contains(*target))
            .collect();
        assert!(lost.is_empty(), "{lost:?} of {}", taken.len());
    }
}

#[test]
fn what_was_acknowledged_before_ctrl_c_is_in_the_capture_and_in_the_summary() {
    let it = listen("onenet --accept-all -q --capture c.ndjson");
    let seen = Arc::new(AtomicUsize::new(0));
    let senders = load(it.address(), 4, &seen);
    while seen.load(SeqCst) < 400 {
        thread::yield_now();
    }
    let ended = it.stop();
    let taken: Vec<_> = senders
        .into_iter()
        .flat_map(|it| it.join().unwrap())
        .collect();
    assert_eq!(ended.code, Some(0));
    let kept: HashSet<_> = ended
        .records()
        .iter()
        .map(|record| record["request"]["target"].as_str().unwrap().to_owned())
        .collect();
    assert!(taken.iter().all(|target| kept.contains(target)));
    assert_eq!(ended.counter("requests"), kept.len() as u64);
}

#[test]
fn many_that_come_at_once_are_all_answered() {
    let it = listen("onenet --accept-all -q --max-connections 50 --capture c.ndjson");
    let statuses = Arc::new(Mutex::new(Vec::new()));
    let callers: Vec<_> = (0..200)
        .map(|number| {
            let (address, statuses) = (it.address().to_owned(), Arc::clone(&statuses));
            thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(LIMIT)).unwrap();
                let wire =
                    format!("GET /{number} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                stream.write_all(wire.as_bytes()).unwrap();
                statuses.lock().unwrap().push(answer(&mut stream));
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(
        statuses
            .lock()
            .unwrap()
            .iter()
            .filter(|it| **it == Some(200))
            .count(),
        200
    );
    assert_eq!(it.stop().records().len(), 200);
}

#[test]
fn of_what_came_together_each_was_acknowledged_that_is_in_the_full_file() {
    for blocks in [8, 60, 150] {
        let exe = env!("CARGO_BIN_EXE_pushrig");
        let mut shell = std::process::Command::new("sh");
        shell.args([
            "-c",
            &format!(
                "ulimit -f {blocks}; exec {exe} listen onenet --accept-all -q --format json \
                 --capture c.ndjson {SECRETS}"
            ),
        ]);
        let it = run(shell);
        let address = it.address().to_owned();
        let sender = |number: usize| {
            let address = address.clone();
            thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(LIMIT)).unwrap();
                let mut taken = Vec::new();
                for round in 0..6 {
                    let target = format!("/{number}-{round}");
                    // Lines of many lengths, so that the limit falls within one.
                    let size = 100 + 37 * (number % 50);
                    let wire = format!(
                        "POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n{round:size$}"
                    );
                    stream.write_all(wire.as_bytes()).unwrap();
                    if answer(&mut stream) == Some(200) {
                        taken.push(target);
                    }
                }
                taken
            })
        };
        let senders: Vec<_> = (0..60).map(sender).collect();
        let taken: HashSet<_> = senders
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect();
        let ended = it.stop();
        assert_eq!(ended.code, Some(3), "{blocks}: {}", ended.talk);
        let kept: Vec<_> = ended.records();
        let kept: HashSet<_> = kept
            .iter()
            .map(|record| record["request"]["target"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kept, taken, "{blocks}");
        assert!((1..360).contains(&kept.len()), "{blocks}: {}", kept.len());
    }
}
