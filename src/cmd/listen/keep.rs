//! The capture, written once for all requests that came together.
//!
//! A write and a look at the file for each request would cost more than judging it. So records
//! wait until everybody who is heard in this turn of the loop was heard; then all are written at
//! once, and only then their answers leave.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::spawn_local;

use super::desk::Told;
use crate::capture::Record;
use crate::recorder::{Lines, Recorder};

/// Room that is kept for the next records; a body of many megabytes does not stay for ever.
const ROOM: usize = 1 << 20;

/// A capture, and what is not in it yet.
pub(super) struct Keeper {
    recorder: RefCell<Recorder>,
    batch: RefCell<Rc<Batch>>,
    tell: UnboundedSender<Told>,
}

/// Records that are written together.
#[derive(Default)]
struct Batch {
    lines: RefCell<Lines>,
    /// Those that could not be written, once that is known.
    failed: RefCell<Option<Vec<usize>>>,
    waiting: RefCell<Vec<Waker>>,
}

/// Whether a record is in the file, once that is known.
pub(super) struct Kept {
    batch: Rc<Batch>,
    index: usize,
}

impl Future for Kept {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let Self { batch, index } = &*self;
        if let Some(failed) = &*batch.failed.borrow() {
            return Poll::Ready(!failed.contains(index));
        }
        batch.waiting.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }
}

impl Keeper {
    pub(super) fn new(recorder: Recorder, tell: UnboundedSender<Told>) -> Self {
        Self {
            recorder: RefCell::new(recorder),
            batch: RefCell::default(),
            tell,
        }
    }

    /// Adds a record; whether it is in the file is known later.
    pub(super) fn keep(self: &Rc<Self>, record: &Record) -> Kept {
        let batch = Rc::clone(&self.batch.borrow());
        let index = self.add(record);
        Kept { batch, index }
    }

    /// Adds a record that nobody waits for; gives which one of the next write it is.
    pub(super) fn add(self: &Rc<Self>, record: &Record) -> usize {
        let index = self.batch.borrow().lines.borrow_mut().add(record);
        if index == 0 {
            // It runs behind the tasks that are awake already: those may have records, too.
            let keeper = Rc::clone(self);
            spawn_local(async move { keeper.write() });
        }
        index
    }

    /// Adds a record, and writes it with all that wait.
    pub(super) fn keep_now(&self, record: &Record) {
        self.batch.borrow().lines.borrow_mut().add(record);
        self.write();
    }

    /// Writes what waits.
    pub(super) fn write(&self) {
        let batch = self.batch.take();
        let mut lines = batch.lines.take();
        if lines.is_empty() {
            return;
        }
        let mut recorder = self.recorder.borrow_mut();
        let failed = recorder.append(&lines);
        if let Some(news) = recorder.news() {
            self.tell(Told::Warning(news));
        }
        let indices = failed.iter().map(|failed| failed.index).collect();
        *batch.failed.borrow_mut() = Some(indices);
        for failed in failed {
            self.tell(Told::Error(failed.why));
        }
        let mut waiting = batch.waiting.take();
        for waker in waiting.drain(..) {
            waker.wake();
        }
        lines.clear(ROOM);
        let next = self.batch.borrow();
        next.lines.replace(lines);
        next.waiting.replace(waiting);
    }

    fn tell(&self, told: Told) {
        // The one who listens is gone only when the run is over.
        let _ = self.tell.send(told);
    }
}
