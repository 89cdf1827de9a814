//! A reader that is played.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;

/// What one who reads gets, and whether it reads on.
struct Pipe(SyncSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.send(bytes.to_vec()) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A printer, and what comes of it: each write waits until it is taken.
fn pipe(overflow: Overflow) -> (Printer, Receiver<Vec<u8>>) {
    let (sender, written) = sync_channel(0);
    (Printer::new(Box::new(Pipe(sender)), overflow), written)
}

fn all(written: Receiver<Vec<u8>>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || written.iter().flatten().collect())
}

/// A megabyte and its end.
fn long_line() -> Vec<u8> {
    let mut line = vec![b'x'; 1 << 20];
    line.push(b'\n');
    line
}

#[test]
fn no_thread_begins_before_the_first_line() {
    let (mut printer, _written) = pipe(Overflow::Drop);
    printer.flush().unwrap();
    printer.settle(STALL);
    printer.close(STALL).unwrap();
    assert!(printer.stream.is_some());
    printer.write_all(b"a\n").unwrap();
    assert!(printer.stream.is_some());
    printer.flush().unwrap();
    assert!(printer.stream.is_none());
}

#[test]
fn all_comes_in_its_order_and_its_end_is_known() {
    let (mut printer, written) = pipe(Overflow::Wait);
    let reader = all(written);
    let mut expected = Vec::new();
    for number in 0..20_000 {
        let line = format!("line {number}\n");
        expected.extend_from_slice(line.as_bytes());
        printer.write_all(line.as_bytes()).unwrap();
        if number % 7 == 0 {
            printer.flush().unwrap();
        }
    }
    assert_eq!(printer.position(), expected.len() as u64);
    printer.close(STALL).unwrap();
    assert_eq!(printer.written(), expected.len() as u64);
    drop(printer);
    assert_eq!(reader.join().unwrap(), expected);
}

#[test]
fn lines_that_nobody_reads_are_dropped_whole_and_counted() {
    let (mut printer, written) = pipe(Overflow::Drop);
    let line = long_line();
    for _ in 0..40 {
        printer.write_all(&line).unwrap();
        printer.flush().unwrap();
    }
    assert_eq!(printer.dropped(), 9);
    assert!(printer.waiting() <= MUCH as u64);
    // The end is told whatever was dropped.
    printer.keep_the_rest();
    printer.write_all(b"end\n").unwrap();
    printer.flush().unwrap();
    assert_eq!(printer.end(), 9 + 32);
    drop(written);
}

#[test]
fn whoever_may_not_drop_is_told_to_wait() {
    let (mut printer, written) = pipe(Overflow::Wait);
    let line = long_line();
    let mut lines = 0;
    while !printer.is_full() {
        printer.write_all(&line).unwrap();
        lines += 1;
    }
    assert_eq!(lines, 32);
    let reader = all(written);
    printer.close(STALL).unwrap();
    assert!(!printer.is_full());
    drop(printer);
    assert_eq!(reader.join().unwrap().len(), lines * line.len());
}

#[test]
fn a_reader_that_does_nothing_is_waited_for_once() {
    let (mut printer, _written) = pipe(Overflow::Drop);
    printer.write_all(b"a\n").unwrap();
    let moment = Duration::from_millis(20);
    let begun = Instant::now();
    printer.settle(moment);
    assert!(begun.elapsed() >= moment);
    assert!(printer.is_stuck);
    // A wait of this length would be noticed.
    printer.settle(Duration::from_secs(3600));
    printer.close(moment).unwrap();
    assert!(printer.is_deaf);
}

#[test]
fn a_reader_that_went_away_is_told_once_and_then_nothing_is_kept() {
    let (mut printer, written) = pipe(Overflow::Wait);
    drop(written);
    printer.write_all(b"a\nb\n").unwrap();
    let failure = printer.close(STALL).unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::BrokenPipe);
    printer.write_all(&long_line()).unwrap();
    printer.flush().unwrap();
    assert!(printer.open.is_empty() && !printer.is_full());
}

/// A slow reader gets all, however long that takes.
#[tokio::test]
async fn the_end_waits_as_long_as_somebody_reads() {
    let (mut printer, written) = pipe(Overflow::Wait);
    printer.write_all(&b"0123456\n".repeat(1000)).unwrap();
    let mut signals = Signals::new().unwrap();
    let mut seen = Vec::new();
    let reader = all(written);
    let unread = printer
        .drain(STALL, &mut signals, |bytes| seen.push(bytes))
        .await;
    assert_eq!((unread, printer.written()), (0, 8000));
    assert!(seen.is_sorted());
    drop(printer);
    assert_eq!(reader.join().unwrap().len(), 8000);
}

#[tokio::test]
async fn who_reads_nothing_is_given_up_and_what_was_lost_is_counted() {
    let (mut printer, written) = pipe(Overflow::Wait);
    // The first of two chunks is read.
    printer.write_all(&b"0123456\n".repeat(1024)).unwrap();
    let mut signals = Signals::new().unwrap();
    printer.hand_on();
    let first = written.recv().unwrap();
    let unread = printer
        .drain(Duration::from_millis(300), &mut signals, drop)
        .await;
    assert_eq!((first.len(), unread), (CHUNK, 512));
}
