//! Requests that are right, and what `explain` says once their signature is wrong.

use jiff::{SignedDuration, Timestamp};
use pushrig::check::{Checker, Choice, Scheme};
use pushrig::diagnose::{self, Diagnosis, diagnose};
use pushrig::message::{Request, Url};
use pushrig::moment::Moment;
use pushrig::platform::onenet_studio::Token;
use pushrig::platform::{Delivery, Platform};
use pushrig::signature::compose::{Ordered, compose};
use pushrig::signature::explain::{Hit, Of, Question, Search};
use pushrig::signature::mistake::{Case, OtherSecret};
use pushrig::signature::{
    DigestValue, Evidence, Form, Given, SecretName, Secrets, Veil, recipe_file,
};

/// 2026-11-21T20:00:00.123Z.
const NOW: i64 = 1_795_291_200_123;

pub(crate) fn moment(seed: u64) -> Moment {
    Moment::fixed(Timestamp::from_millisecond(NOW).unwrap(), seed)
}

/// A request that is signed rightly, and all that is needed to judge it.
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) checker: Checker,
    pub(crate) request: Request,
    pub(crate) given: Given,
    pub(crate) others: Vec<OtherSecret>,
}

impl Scene {
    pub(crate) fn new(name: &str, scheme: Scheme, secrets: Secrets, request: Request) -> Self {
        Self {
            name: name.to_owned(),
            checker: Checker {
                choice: Choice::One(Box::new(scheme)),
                veil: Veil::over(&secrets),
                secrets,
                public_url: None,
                now: None,
                clock: Timestamp::from_millisecond(NOW).unwrap(),
                tolerance: SignedDuration::from_mins(5),
                age_counts: false,
                open: true,
                res: None,
                end: None,
            },
            request,
            given: Given::new(),
            others: Vec::new(),
        }
    }

    /// A platform's request, secrets as (flag, text).
    pub(crate) fn of(platform: Platform, secrets: &[(SecretName, &str)], request: Request) -> Self {
        let secrets = secrets
            .iter()
            .fold(Secrets::new(), |all, (name, text)| all.with(*name, *text));
        Self::new(platform.id(), Scheme::of(platform), secrets, request)
    }

    fn evidence<'e>(&'e self, given: &'e Given) -> Evidence<'e> {
        let mut evidence = Evidence::of(&self.request).with(given);
        evidence.public_url = self.checker.public_url.as_ref();
        evidence
    }

    /// Hands out the case as `explain` has it.
    pub(crate) fn with_case<T>(&self, work: impl FnOnce(&Case<'_>, &Form) -> T) -> T {
        let evidence = self.evidence(&self.given);
        let checked = self.checker.check(None, None, &evidence);
        let form = checked.judgement.form.unwrap();
        let ingredients = checked.judgement.ingredients.clone().unwrap();
        let case = diagnose::case(
            &self.checker,
            &checked,
            &evidence,
            form,
            &ingredients,
            &self.others,
        );
        work(&case.unwrap(), form)
    }

    /// The diagnosis where `received` arrived instead of the right signature, and the user's
    /// server computed `computed`.
    pub(crate) fn diagnose<T>(
        &self,
        received: Option<&[u8]>,
        computed: Option<&[u8]>,
        work: impl FnOnce(&Diagnosis<'_>) -> T,
    ) -> T {
        let mut given = Given::new();
        if let Some(received) = received {
            given.push("signature", received);
        }
        for (name, value) in self.given.iter() {
            given.push(name, value);
        }
        let evidence = self.evidence(&given);
        let checked = self.checker.check(None, None, &evidence);
        let diagnosis = diagnose(&self.checker, &checked, &evidence, computed, &self.others);
        work(&diagnosis.unwrap())
    }

    /// What is said of a wrong signature that was computed. Of one that arrived no less must be
    /// said: what happened on the way may be named before what was made to prove it.
    pub(crate) fn hits(&self, wrong: &[u8]) -> Vec<Hit> {
        let received = self.diagnose(Some(wrong), None, |found| found.findings.hits.clone());
        let computed = self.diagnose(None, Some(wrong), |found| found.findings.hits.clone());
        assert_eq!(received.len(), computed.len(), "{}", self.name);
        for (received, computed) in received.iter().zip(&computed) {
            assert_eq!((received.of, computed.of), (Of::Received, Of::Computed));
            assert_eq!(received.depth(), computed.depth());
            let named: Vec<_> = ids(received).collect();
            assert!(ids(computed).all(|id| named.contains(&id)), "{named:?}");
        }
        computed
    }
}

/// The text of a digest as this form signs with it.
pub(crate) fn text(form: &Form, digest: &DigestValue) -> String {
    format!("{}{}", form.signature.prefix, form.output.text(digest))
}

/// Whether the first hit for this signature names the mistake.
pub(crate) fn names(hits: &[Hit], of: Of, signature: &str, id: &str) -> bool {
    hits.iter()
        .find(|hit| hit.of == of && hit.signature == signature.as_bytes())
        .is_some_and(|hit| ids(hit).any(|named| named == id))
}

/// All that a hit names.
pub(crate) fn ids(hit: &Hit) -> impl Iterator<Item = &str> {
    hit.ids.iter().chain(&hit.also).map(String::as_str)
}

/// Searches once for all of these signatures.
pub(crate) fn search(case: &Case<'_>, form: &Form, of: Of, signatures: &[String]) -> Vec<Hit> {
    let questions: Vec<_> = signatures
        .iter()
        .map(|signature| Question::new(of, form, signature.as_bytes()))
        .collect();
    Search::new(case).run(&questions).hits
}

/// Every platform × event × form, and a recipe of a user's own.
pub(crate) fn scenes() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for platform in Platform::ALL {
        if platform.webhook().is_some() {
            scenes.extend(pushes(platform));
        }
    }
    scenes.push(composed(
        Platform::Tencent,
        "custom-push",
        "tok/En+1",
        b"{}",
    ));
    scenes.push(composed(Platform::Wechat, "handshake", "wxToken", b""));
    scenes.push(composed(Platform::Wechat, "push", "wxToken", b"<xml/>"));
    scenes.push(composed(Platform::HuaweiIotda, "push", "hwToken", b"{}"));
    let body = br#"{"type":"a.b","timestamp":"2022-11-03T20:26:10.344522Z","data":{"x":1.50}}"#;
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    scenes.push(composed(Platform::StandardWebhooks, "push", key, body));
    scenes.extend(["md5", "sha1", "sha256"].map(token));
    scenes.push(own_recipe());
    scenes
}

fn pushes(platform: Platform) -> Vec<Scene> {
    let webhook = platform.webhook().unwrap();
    let to: Url = "https://user.example:8443/iot/hook?a=1&b=%2Fx"
        .parse()
        .unwrap();
    let secrets = webhook.sample_secrets();
    let scene = |name: String, request| {
        let name = format!("{} {name}", platform.id());
        let scheme = Scheme::of(platform);
        Scene::new(&name, scheme, webhook.sample_secrets(), request)
    };
    let mut scenes = Vec::new();
    for (seed, event) in (0..).zip(webhook.events()) {
        let message = (event.message)(&mut moment(seed));
        for encrypt in [false, true] {
            // Sealed messages of two events differ in nothing that a signature sees.
            if encrypt && (webhook.seal().is_none() || seed > 1) {
                continue;
            }
            let delivery = Delivery {
                to: &to,
                secrets: &secrets,
                given: &Given::new(),
                encrypt,
            };
            let request = webhook.deliver(&message, &delivery, &mut moment(seed));
            let name = format!("{}{}", event.name, if encrypt { " sealed" } else { "" });
            scenes.push(scene(name, request.unwrap()));
        }
    }
    let delivery = Delivery {
        to: &to,
        secrets: &secrets,
        given: &Given::new(),
        encrypt: false,
    };
    let challenge = webhook.challenge(&delivery, &mut moment(9)).unwrap();
    scenes.extend(challenge.map(|request| scene("handshake".to_owned(), request)));
    scenes
}

fn composed(platform: Platform, form: &str, secret: &str, body: &[u8]) -> Scene {
    compose_for(Scheme::of(platform), form, secret, body)
}

fn compose_for(scheme: Scheme, form: &str, secret: &str, body: &[u8]) -> Scene {
    let recipe = scheme.recipe.clone();
    let secrets = Secrets::new().with(SecretName::Token, secret);
    let ordered = Ordered {
        form: recipe.form(form).unwrap(),
        to: &"http://user.example/hook?z=1&a=b%20c".parse().unwrap(),
        method: None,
        body,
        given: &Given::new(),
    };
    let request = compose(&recipe, &ordered, &secrets, &mut moment(3)).unwrap();
    Scene::new(&format!("{} {form}", recipe.id), scheme, secrets, request)
}

fn token(method: &str) -> Scene {
    let secrets = Secrets::new().with(
        SecretName::AccessKey,
        "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=",
    );
    let res = "products/Ck2AF9QD2K/devices/test+1";
    let token = Token::issue("2018-10-31", res, "1795294800", method, &secrets).unwrap();
    let mut request = Request::new("GET", "/");
    request.headers.push("Authorization", token.compose());
    let scheme = Scheme::of(Platform::OnenetStudio);
    Scene::new(&format!("token {method}"), scheme, secrets, request)
}

/// Everything that no platform has: a hexadecimal key, a part of the path, upper-case text.
const OWN: &str = r#"
name = "acme"

[[form]]
name = "push"
parts = [
  { name = "at", header = "X-Time" },
  { method = true },
  { url = "path+query" },
  { name = "app", query = "app" },
  { body = true },
]
joiner = "|"
digest = "sha1"
hmac-key = { secret = "token", encoding = "hex" }
output = "HEX"
signature = { header = "X-Signature", separator = ",", prefix = "sha1=" }
time = { part = "at", unit = "ms" }
"#;

fn own_recipe() -> Scene {
    let recipe = recipe_file::read("acme.toml", OWN).unwrap();
    let scheme = Scheme {
        platform: None,
        file: None,
        recipe,
    };
    let secrets = Secrets::new().with(SecretName::Token, "00ff10a0b1c2d3e400");
    let recipe = scheme.recipe.clone();
    let ordered = Ordered {
        form: &recipe.forms[0],
        to: &"http://user.example/a/hook?z=1&a=b%20c".parse().unwrap(),
        method: None,
        body: "{\"t\":\"中文\",\"n\":[1.0,2],\"a\":{\"y\":1,\"x\":2}}".as_bytes(),
        given: &Given::new().with("app", "a+b"),
    };
    let request = compose(&recipe, &ordered, &secrets, &mut moment(3)).unwrap();
    Scene::new("acme", scheme, secrets, request)
}
