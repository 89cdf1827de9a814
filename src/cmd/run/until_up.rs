//! The wait for a server that was started: it is asked until it answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::net::ready::Knocker;

/// The pause between a refusal and the next try grows from one to the other.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));

/// Who has not answered by then is asked once more, and after twice that again. The first question
/// stays: a server may have taken it before it was ready and never look at it, or be slow.
const PATIENCE: Duration = Duration::from_secs(2);

/// When it is said that somebody waits.
const SLOW: Duration = Duration::from_secs(1);

/// Asks until there is an answer; `last` is why there was none. `is_slow` is called at most once,
/// with that.
pub(super) async fn until_up(
    knocker: &Arc<Knocker>,
    last: &mut Option<String>,
    mut is_slow: impl FnMut(Option<&str>),
) {
    let (mut pause, longest) = PAUSES;
    let mut patience = PATIENCE;
    // They end with this set.
    let mut tries = JoinSet::new();
    let mut slow = Some(Instant::now() + SLOW);
    loop {
        let asked = Arc::clone(knocker);
        tries.spawn(async move { asked.knock().await });
        let again = Instant::now() + patience;
        loop {
            tokio::select! {
                Some(answer) = tries.join_next() => match answer {
                    Ok(Err(why)) => {
                        *last = Some(why);
                        sleep(pause).await;
                        pause = longest.min(pause * 3 / 2);
                        break;
                    }
                    Ok(Ok(())) => return,
                    // It crashed, and another may do better.
                    Err(_) => break,
                },
                () = sleep_until(again) => {
                    patience *= 2;
                    break;
                }
                () = sleep_until(slow.unwrap_or(again)), if slow.is_some() => {
                    slow = None;
                    is_slow(last.as_deref());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::net::block_on;

    /// What was said of a server that answers the connection of this number, and none before it.
    fn waited_for(number: usize) -> Vec<Option<String>> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                held.push(stream.unwrap());
                let count = held.len();
                if count == number {
                    let stream = &mut held[count - 1];
                    let _ = stream.read(&mut [0; 9000]);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        });
        let knocker = Knocker::new(url.parse().unwrap(), Duration::from_secs(600)).unwrap();
        let mut said = Vec::new();
        block_on(until_up(&Arc::new(knocker), &mut None, |why| {
            said.push(why.map(str::to_owned));
        }))
        .unwrap();
        said
    }

    #[test]
    fn a_question_that_is_never_answered_is_asked_again_and_that_it_waits_is_said_once() {
        assert_eq!(waited_for(2), [None]);
    }
}
