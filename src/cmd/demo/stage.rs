//! How the scenes are played. Each ends with what it proved, in words made of what happened.

use serde_json::Value;

use super::actor::{Actor, Said};
use super::cast::{Cast, Ended};
use super::fit;
use super::folder::{self, CAPTURE, KEY, ORDERS, REPORT, TAMPERED};
use super::scenes::Scene;
use super::show::Show;
use super::trouble::{Trouble, expect};
use crate::capture::Record;
use crate::report::counted;

/// The sample token of OneNET's own documents.
pub(super) const TOKEN: &str = "20200321182801";
/// Tencent's, from the sample in its documents.
const TENCENT: &str = "aaa";
/// A sample `EncodingAESKey`.
const AES_KEY: &str = "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";

/// The device that is played.
const DEVICE: &str = "478435";

/// Who was killed cannot end by itself: so it does when nobody is left to end it.
const AT_MOST: &str = "1m";

/// Plays a scene: what it proved.
pub(super) async fn play(
    scene: Scene,
    cast: &mut Cast,
    show: &mut Show<'_>,
) -> Result<String, Trouble> {
    let mut stage = Stage { cast, show };
    match scene {
        Scene::Receiver => stage.receiver().await,
        Scene::Handshake => stage.handshake().await,
        Scene::Pushes => stage.pushes().await,
        Scene::Replay => stage.replay().await,
        Scene::Tampered => stage.tampered().await,
        Scene::Device => stage.device().await,
    }
}

struct Stage<'a, 's> {
    cast: &'a mut Cast,
    show: &'a mut Show<'s>,
}

impl Stage<'_, '_> {
    async fn receiver(&mut self) -> Result<String, Trouble> {
        self.cast.folder.write(KEY, AES_KEY.as_bytes())?;
        let key = format!("@{KEY}");
        let words = [
            "listen",
            "auto",
            "--token",
            TOKEN,
            "--token",
            TENCENT,
            "--aes-key",
            &key,
            "--capture",
            CAPTURE,
            "--for",
            AT_MOST,
        ];
        let mut receiver = self.start(&words)?;
        let url = self.url_in(&mut receiver, "it listens at ").await?;
        self.show.lines(&receiver.said().err_lines(), |_| true)?;
        self.cast.receiver = Some(receiver);
        self.cast.url = url;
        Ok(format!("it is up, and what comes will stand in {CAPTURE}"))
    }

    async fn handshake(&mut self) -> Result<String, Trouble> {
        let url = format!("{}/push", self.cast.url);
        let ended = self
            .call(&["handshake", "onenet", &url, "--token", TOKEN])
            .await?;
        self.show.lines(&ended.said.lines(), |line| {
            ["plus  ", "wrong-signature  ", " cases: "]
                .iter()
                .any(|text| line.contains(text))
        })?;
        is_code(&ended, 0)?;
        let records = self.cast.folder.records()?;
        let right: Vec<_> = records.iter().filter(|record| is_taken(record)).collect();
        let with_plus = right.iter().filter(|record| {
            let request = record.request();
            request.is_some_and(|request| request.target.contains(&b'+'))
        });
        let with_plus = with_plus.count();
        let refused = records
            .iter()
            .filter(|record| status(record) == Some(403))
            .count();
        let are_judged = right.len() + refused == records.len();
        expect(are_judged && with_plus > 0 && refused > 0, || {
            "the capture holds other handshakes than were sent".to_owned()
        })?;
        Ok(format!(
            "{} right ones echoed, {with_plus} with a `+` in its signature; {refused} wrong ones refused",
            right.len()
        ))
    }

    async fn pushes(&mut self) -> Result<String, Trouble> {
        let before = self.cast.folder.records()?.len();
        let (push, iot) = (
            format!("{}/push", self.cast.url),
            format!("{}/iot", self.cast.url),
        );
        let key = format!("@{KEY}");
        let calls: [&[&str]; 3] = [
            &["push", "onenet.online", &push, "--token", TOKEN],
            &[
                "push",
                "onenet.datapoint",
                &push,
                "--token",
                TOKEN,
                "--encrypt",
                "--aes-key",
                &key,
            ],
            &["push", "tencent.report", &iot, "--token", TENCENT],
        ];
        for words in calls {
            let ended = self.call(words).await?;
            self.show.lines(&ended.said.lines(), |_| true)?;
            is_code(&ended, 0)?;
        }
        let records = self.cast.folder.records()?;
        let pushes = &records[before.min(records.len())..];
        let sealed = pushes
            .iter()
            .filter(|record| has(record, b"\"enc_msg\""))
            .count();
        let mut platforms: Vec<_> = pushes.iter().map(|record| &record.platform).collect();
        platforms.dedup();
        let are_right = pushes.len() == calls.len() && pushes.iter().all(is_taken);
        expect(are_right && sealed == 1 && platforms.len() == 2, || {
            "the receiver did not verify all three".to_owned()
        })?;
        self.cast.pushes = before + 1..before + 1 + pushes.len();
        Ok(format!(
            "{} pushes of {} platforms verified, {sealed} of them opened with its AES key",
            pushes.len(),
            platforms.len()
        ))
    }

    async fn replay(&mut self) -> Result<String, Trouble> {
        let range = self.cast.pushes.clone();
        let select = format!("{}-{}", range.start, range.end - 1);
        let (url, key) = (self.cast.url.clone(), format!("@{KEY}"));
        let report = format!("html={REPORT}");
        let before = self.cast.folder.records()?;
        let words = [
            "replay",
            CAPTURE,
            "--select",
            &select,
            "--to",
            &url,
            "--resign",
            "--token",
            TOKEN,
            "--token",
            TENCENT,
            "--aes-key",
            &key,
            "--report",
            &report,
        ];
        let ended = self.call(&words).await?;
        self.show
            .lines(&ended.said.lines(), |line| line.contains(" cases: "))?;
        is_code(&ended, 0)?;
        let records = self.cast.folder.records()?;
        let again = &records[before.len().min(records.len())..];
        let old = &before[range.start - 1..range.end - 1];
        let duplicates = self.overhear(before.len(), again.len()).await?;
        let are_fresh = again.len() == old.len()
            && again.iter().zip(old).all(|(new, old)| {
                is_taken(new) && new.platform == old.platform && new.request() != old.request()
            });
        expect(are_fresh, || {
            "they were not all signed anew and verified".to_owned()
        })?;
        Ok(format!(
            "{} fresh signatures verified, and {} noticed by the receiver",
            again.len(),
            counted(duplicates as u64, "duplicate", "duplicates")
        ))
    }

    async fn tampered(&mut self) -> Result<String, Trouble> {
        let records = self.cast.folder.records()?;
        let original = records.get(self.cast.pushes.start - 1);
        let original = original
            .and_then(Record::request)
            .cloned()
            .unwrap_or_default();
        let changed = folder::rewritten(&original);
        self.show.remark(&format!(
            "Record {}, parsed as JSON and written again: the same meaning, other bytes.",
            self.cast.pushes.start
        ));
        let line = folder::capture_of("onenet", changed);
        self.cast.folder.write(TAMPERED, &line)?;
        let url = self.cast.url.clone();
        let ended = self.call(&["replay", TAMPERED, "--to", &url]).await?;
        self.show
            .lines(&ended.said.lines(), |line| line.starts_with("fail"))?;
        is_code(&ended, 1)?;
        let records = self.cast.folder.records()?;
        let is_refused = records.last().is_some_and(|record| {
            status(record) == Some(403) && record.verdict.as_deref() == Some("mismatch")
        });
        expect(is_refused, || "the receiver did not refuse it".to_owned())?;
        let ended = self
            .call(&["explain", "onenet", TAMPERED, "--token", TOKEN])
            .await?;
        let mut is_in_diff = 0;
        self.show.lines(&ended.said.lines(), |line| {
            // Where it is long, the diff goes on; its first part says it.
            is_in_diff += usize::from(line.starts_with("  signed "));
            let is_legend = line.trim_start().starts_with("(·");
            is_legend || (is_in_diff < 2 && tells_cause(line))
        })?;
        is_code(&ended, 1)?;
        let is_named = ended.said.find("[body.reformatted]").is_some();
        let is_proved = ended.said.find("mistake (proved").is_some();
        expect(is_proved && is_named, || {
            "the cause was not found".to_owned()
        })?;
        Ok(
            "refused with 403; the cause is proved: without the blanks its signature fits"
                .to_owned(),
        )
    }

    async fn device(&mut self) -> Result<String, Trouble> {
        let orders = [
            r#"{"endpoint":"create_objects","body":{"object":"users","values":[{"name":"Ana"}]}}"#,
            r#"{"endpoint":"load_objects","body":{"object":"users","fields":["id","name"]}}"#,
        ];
        let text = orders.join("\n") + "\n";
        self.cast.folder.write(ORDERS, text.as_bytes())?;
        self.show.shell(&format!("cat {ORDERS}"));
        for order in orders {
            self.show.printed(order);
        }
        let words = [
            "dispatch", "--queue", ORDERS, "--device", DEVICE, "--wait", "--for", AT_MOST,
        ];
        let mut dispatch = self.start(&words)?;
        let url = self.url_in(&mut dispatch, "a device polls ").await?;
        let server = url.strip_suffix("/push").unwrap_or(&url).to_owned();
        let count = orders.len().to_string();
        let words = [
            "device",
            "--server",
            &server,
            "--id",
            DEVICE,
            "--period",
            "50ms",
            "--commands",
            &count,
            "--for",
            "9s",
        ];
        let device = self.call(&words).await?;
        self.show
            .lines(&device.said.lines(), |line| line.contains("/load_objects"))?;
        let code = dispatch.end(&mut self.cast.watch).await?;
        let ended = Ended {
            code,
            said: dispatch.into_said(),
        };
        self.show
            .remark("and dispatch prints a line for each result:");
        self.show
            .lines(&ended.said.lines(), |line| line.contains("load_objects"))?;
        is_code(&device, 0)?;
        is_code(&ended, 0)?;
        let people = people(&ended);
        expect(people.iter().any(|name| name == "Ana"), || {
            "the device does not know who was made".to_owned()
        })?;
        Ok(format!(
            "{count} commands ran on the device, which now knows {}",
            people.join(", ")
        ))
    }

    /// Shows a call, and starts it.
    fn start(&mut self, words: &[&str]) -> Result<Actor, Trouble> {
        let words = self.told(words)?;
        self.cast.start(&words)
    }

    /// Shows a call, and plays it to its end.
    async fn call(&mut self, words: &[&str]) -> Result<Ended, Trouble> {
        let words = self.told(words)?;
        self.cast.play(&words).await
    }

    fn told(&mut self, words: &[&str]) -> Result<Vec<String>, Trouble> {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        self.tell(&words)?;
        Ok(words)
    }

    /// Shows a call as it is typed.
    fn tell(&mut self, words: &[String]) -> Result<(), Trouble> {
        if self.show.is_verbose() {
            let all = [&self.cast.globals()[..], words].concat();
            self.show.command(&all)?;
        } else {
            self.show.command(words)?;
        }
        let words: Vec<_> = words.iter().map(|word| fit::quoted(word)).collect();
        let call = format!("pushrig {}", words.join(" "));
        self.cast.calls.push(call);
        Ok(())
    }

    /// The address that a server tells of, once it is up.
    async fn url_in(&mut self, actor: &mut Actor, before: &str) -> Result<String, Trouble> {
        actor
            .until(&mut self.cast.watch, |said| said.find(before).is_some())
            .await?;
        let line = actor.said().find(before).unwrap_or_default();
        let url = line.split(before).nth(1).unwrap_or_default();
        let url = url.split([';', ' ']).next().unwrap_or_default();
        Ok(url.to_owned())
    }

    /// What the receiver says of the requests behind the first `before`, once it has told of
    /// `count` duplicates: how many these are.
    async fn overhear(&mut self, before: usize, count: usize) -> Result<usize, Trouble> {
        let Some(mut receiver) = self.cast.receiver.take() else {
            return Err(Trouble::Silent("there is no receiver".to_owned()));
        };
        let first = format!("#{} ", before + 1);
        let since = |said: &Said| {
            let lines = said.lines();
            let start = lines.iter().position(|line| line.contains(&first));
            lines[start.unwrap_or(lines.len())..].to_vec()
        };
        let told = |said: &Said| {
            let duplicates = since(said)
                .into_iter()
                .filter(|line| line.contains("a duplicate"));
            duplicates.count()
        };
        let ended = receiver
            .until(&mut self.cast.watch, |said| told(said) >= count)
            .await;
        let (lines, told) = (since(receiver.said()), told(receiver.said()));
        self.cast.receiver = Some(receiver);
        ended?;
        self.show.remark("and the receiver says:");
        let mut shown = 0;
        self.show.lines(&lines, |line| {
            let is_one = line.contains("a duplicate");
            shown += usize::from(is_one);
            is_one && shown == 1
        })?;
        Ok(told)
    }
}

fn is_code(ended: &Ended, code: i32) -> Result<(), Trouble> {
    let last = ended.said.find("error: ").map(|line| format!(": {line}"));
    expect(ended.code == code, || {
        format!(
            "its exit code is {}, and {code} was to come{}",
            ended.code,
            last.unwrap_or_default()
        )
    })
}

fn status(record: &Record) -> Option<u16> {
    record.response.as_ref().map(|response| response.status)
}

fn is_taken(record: &Record) -> bool {
    status(record) == Some(200) && record.verdict.as_deref() == Some("valid")
}

fn has(record: &Record, text: &[u8]) -> bool {
    let request = record.request();
    request.is_some_and(|request| memchr::memmem::find(&request.body, text).is_some())
}

/// Of an explanation, what arrived, what would be right, and the mistake with its proof.
fn tells_cause(line: &str) -> bool {
    let starts = ["mistake ", "  `msg`", "  advice ", "  signed ", "  here "];
    let is_carets = line.contains('^') && line.trim_start().starts_with('^');
    is_carets || starts.iter().any(|start| line.starts_with(start))
}

/// The names of the people whom the device told of.
fn people(ended: &Ended) -> Vec<String> {
    let lines = ended.said.lines();
    let results = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lists = results.filter_map(|result| result["response"]["users"].as_array().cloned());
    let names = lists
        .flatten()
        .filter_map(|user| user["name"].as_str().map(str::to_owned));
    names.collect()
}
