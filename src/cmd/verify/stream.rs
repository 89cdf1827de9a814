//! A capture through all cores in constant memory, in the order of its lines.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::page::{Page, Printer};
use super::take;
use crate::capture::blocks::{Block, Blocks};
use crate::error::Error;
use crate::report::verdict::Counts;
use crate::session::Session;

/// Judges a capture on all cores.
pub(super) fn stream(
    name: &str,
    start: Vec<u8>,
    source: Box<dyn Read + Send>,
    printer: &Printer<'_>,
    session: &mut Session,
    counts: &mut Counts,
) -> Result<(), Error> {
    /// Blocks that wait at each worker: one in work, one ready.
    const WAITING: usize = 2;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (recycle, recycled) = sync_channel::<Vec<u8>>(cores * (WAITING + 2));
    thread::scope(|scope| {
        let mut inputs = Vec::with_capacity(cores);
        let mut outputs = Vec::with_capacity(cores);
        for _ in 0..cores {
            let (input, work) = sync_channel::<Block>(WAITING);
            let (result, output) = sync_channel::<Result<Page, Error>>(WAITING);
            let recycle = recycle.clone();
            inputs.push(input);
            outputs.push(output);
            scope.spawn(move || judge_blocks(name, printer, &work, &result, &recycle));
        }
        let reader = scope.spawn(move || cut(name, start, source, &inputs, &recycled));
        let mut turn = 0;
        // Blocks are dealt in turn and taken in turn, which keeps the order of the file.
        let mut result = Ok(());
        while let Ok(page) = outputs[turn % cores].recv() {
            result = page.and_then(|page| take(session, counts, &page));
            if result.is_err() {
                break;
            }
            turn += 1;
        }
        drop(outputs);
        let read = reader.join().expect("reading does not panic");
        result.and(read)
    })
}

/// Deals blocks to the workers in turn.
fn cut(
    name: &str,
    start: Vec<u8>,
    source: Box<dyn Read + Send>,
    inputs: &[SyncSender<Block>],
    recycled: &Receiver<Vec<u8>>,
) -> Result<(), Error> {
    let mut blocks = Blocks::new(start, source);
    for input in inputs.iter().cycle() {
        let buffer = recycled.try_recv().unwrap_or_default();
        let block = blocks
            .next(buffer)
            .map_err(|cause| Error::reading(name, cause))?;
        let Some(block) = block else { break };
        // A worker that went away has met an error, which ends the run.
        if input.send(block).is_err() {
            break;
        }
    }
    Ok(())
}

fn judge_blocks(
    name: &str,
    printer: &Printer<'_>,
    work: &Receiver<Block>,
    result: &SyncSender<Result<Page, Error>>,
    recycle: &SyncSender<Vec<u8>>,
) {
    while let Ok(block) = work.recv() {
        let page = printer.print_block(name, &block);
        // A full store of buffers needs no more of them.
        let _ = recycle.try_send(block.bytes);
        if result.send(page).is_err() {
            break;
        }
    }
}
