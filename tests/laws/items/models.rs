//! Schemes written out by hand, so that a mistake can be made without the library's recipes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pushrig::check::Scheme;
use pushrig::message::{Request, Scheme as UrlScheme};
use pushrig::platform::Platform;
use pushrig::signature::{Digest, SecretName, Secrets, recipe_file};

use crate::bench::Scene;

/// A right request, its parts by name, and how they are signed.
pub(crate) struct Model {
    pub(crate) scene: Scene,
    pub(crate) parts: Vec<(&'static str, Vec<u8>)>,
    sign: fn(&Parts<'_>) -> String,
}

/// Finds a part by its name; `secret` is the key's bytes.
pub(crate) type Parts<'p> = dyn Fn(&str) -> Vec<u8> + 'p;

impl Model {
    fn new(scene: Scene, parts: &[(&'static str, &[u8])], sign: fn(&Parts<'_>) -> String) -> Self {
        let owned = parts.iter().map(|(name, value)| (*name, value.to_vec()));
        Self {
            scene,
            parts: owned.collect(),
            sign,
        }
    }

    /// The signature where these parts have other values.
    pub(crate) fn with(&self, part: &str, value: &[u8]) -> String {
        self.with_all(&[(part, value)])
    }

    pub(crate) fn with_all(&self, changed: &[(&str, &[u8])]) -> String {
        (self.sign)(
            &|name| match changed.iter().find(|(part, _)| *part == name) {
                Some((_, value)) => value.to_vec(),
                None => self.part(name),
            },
        )
    }

    pub(crate) fn part(&self, name: &str) -> Vec<u8> {
        let part = self.parts.iter().find(|(part, _)| *part == name);
        part.unwrap_or_else(|| panic!("{name}")).1.clone()
    }

    /// The right signature.
    pub(crate) fn right(&self) -> String {
        self.with_all(&[])
    }
}

pub(crate) fn cat(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.concat()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn md5(text: &[u8]) -> Vec<u8> {
    Digest::Md5.hash([text]).as_bytes().to_vec()
}

pub(crate) fn sha1(text: &[u8]) -> Vec<u8> {
    Digest::Sha1.hash([text]).as_bytes().to_vec()
}

pub(crate) fn sha256(text: &[u8]) -> Vec<u8> {
    Digest::Sha256.hash([text]).as_bytes().to_vec()
}

pub(crate) fn hmac(digest: Digest, key: &[u8], text: &[u8]) -> Vec<u8> {
    digest.hmac(key, [text]).as_bytes().to_vec()
}

pub(crate) fn sorted(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    parts.concat()
}

/// `base64(md5(token ++ nonce ++ msg))`, msg as raw JSON.
pub(crate) fn onenet(token: &str, nonce: &str, msg: &str) -> Model {
    let sign = |p: &Parts<'_>| base64(&md5(&cat(&[&p("secret"), &p("nonce"), &p("body")])));
    let signature = base64(&md5(&cat(&[
        token.as_bytes(),
        nonce.as_bytes(),
        msg.as_bytes(),
    ])));
    let mut request = Request::new("POST", "/");
    request.body =
        format!(r#"{{"msg":{msg},"msg_signature":"{signature}","nonce":"{nonce}"}}"#).into();
    let scene = Scene::of(Platform::Onenet, &[(SecretName::Token, token)], request);
    Model::new(
        scene,
        &[
            ("secret", token.as_bytes()),
            ("nonce", nonce.as_bytes()),
            ("body", msg.as_bytes()),
        ],
        sign,
    )
}

/// The same over a JSON string's value.
pub(crate) fn studio_push(token: &str, nonce: &str, msg: &str) -> Model {
    let model = onenet(token, nonce, "0");
    let signature = model.with("body", msg.as_bytes());
    let literal = msg
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r");
    let mut request = Request::new("POST", "/");
    request.body = format!(
        r#"{{"msg":"{literal}","signature":"{signature}","time":1,"id":"7","nonce":"{nonce}"}}"#
    )
    .into();
    let secrets = [(SecretName::Token, token)];
    let scene = Scene::of(Platform::OnenetStudioPush, &secrets, request);
    Model::new(
        scene,
        &[
            ("secret", token.as_bytes()),
            ("nonce", nonce.as_bytes()),
            ("body", msg.as_bytes()),
        ],
        model.sign,
    )
}

/// `OneNET`'s GET, its values as they stand in the query.
pub(crate) fn handshake(token: &str, nonce: (&str, &str), msg: (&str, &str)) -> Model {
    let model = onenet(token, nonce.1, msg.1);
    let signature = model.right();
    let target = format!("/p?msg={}&signature={signature}&nonce={}", msg.0, nonce.0);
    let request = Request::new("GET", target);
    let secrets = [(SecretName::Token, token)];
    let mut scene = Scene::of(Platform::Onenet, &secrets, request);
    scene.name.push_str(" handshake");
    Model { scene, ..model }
}

fn sorted_sha1(p: &Parts<'_>) -> String {
    hex::encode(sha1(&sorted(vec![p("secret"), p("timestamp"), p("nonce")])))
}

fn sorted_sha256(p: &Parts<'_>) -> String {
    hex::encode(sha256(&sorted(vec![
        p("secret"),
        p("timestamp"),
        p("nonce"),
    ])))
}

fn triple(
    platform: Platform,
    names: [&str; 3],
    values: [&str; 3],
    sign: fn(&Parts<'_>) -> String,
) -> Model {
    let [token, timestamp, nonce] = values;
    let parts = [
        ("secret", token.as_bytes()),
        ("timestamp", timestamp.as_bytes()),
        ("nonce", nonce.as_bytes()),
    ];
    let secrets = [(SecretName::Token, token)];
    let scene = Scene::of(platform, &secrets, Request::new("POST", "/hook"));
    let mut model = Model::new(scene, &parts, sign);
    let signature = model.right();
    let headers = &mut model.scene.request.headers;
    headers.push(names[0], timestamp);
    headers.push(names[1], nonce);
    headers.push(names[2], signature);
    model.scene.request.body = b"{\"seq\":2}".to_vec();
    model
}

/// `hex(sha1(sorted(token, timestamp, nonce)))` in headers.
pub(crate) fn tencent(token: &str, timestamp: &str, nonce: &str) -> Model {
    let names = ["Timestamp", "Nonce", "Signature"];
    triple(
        Platform::Tencent,
        names,
        [token, timestamp, nonce],
        sorted_sha1,
    )
}

/// The same with SHA-256.
pub(crate) fn huawei(token: &str, timestamp: &str, nonce: &str) -> Model {
    let names = ["timestamp", "nonce", "signature"];
    triple(
        Platform::HuaweiIotda,
        names,
        [token, timestamp, nonce],
        sorted_sha256,
    )
}

/// `base64(hmac-sha256(secret, nonce ++ method ++ url ++ body))`.
pub(crate) fn sensoro(secret: &str, url: &str, body: &str) -> Model {
    let nonce = "1467018792599";
    let (host, target) = split(url);
    let mut request = Request::new("POST", target);
    request.scheme = Some(if url.starts_with("https") {
        UrlScheme::Https
    } else {
        UrlScheme::Http
    });
    request.headers.push("Host", host);
    request.headers.push("X-ACCESS-ID", "demoAppId001");
    request.headers.push("X-ACCESS-NONCE", nonce);
    request.body = body.into();
    let mut scene = Scene::of(
        Platform::Sensoro,
        &[(SecretName::AppSecret, secret)],
        request,
    );
    scene.checker.secrets.app_id = Some("demoAppId001".to_owned());
    let mut model = Model::new(
        scene,
        &[
            ("secret", secret.as_bytes()),
            ("nonce", nonce.as_bytes()),
            ("timestamp", nonce.as_bytes()),
            ("method", b"POST"),
            ("url", url.as_bytes()),
            (
                "body",
                if body.is_empty() {
                    b"{}"
                } else {
                    body.as_bytes()
                },
            ),
        ],
        |p| {
            // The time is the nonce here: a change of either is one of both.
            let nonce = match p("timestamp") {
                time if time == b"1467018792599" => p("nonce"),
                time => time,
            };
            let base = cat(&[&nonce, &p("method"), &p("url"), &p("body")]);
            base64(&hmac(Digest::Sha256, &p("secret"), &base))
        },
    );
    let signature = model.right();
    let headers = &mut model.scene.request.headers;
    headers.push("X-ACCESS-SIGNATURE", signature);
    model
}

fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").unwrap().1;
    rest.split_at(rest.find('/').unwrap())
}

/// `v1,` and `base64(hmac-sha256(key, id.timestamp.body))`.
pub(crate) fn standard_webhooks(key: &str, timestamp: &str, body: &str) -> Model {
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let mut request = Request::new("POST", "/");
    request.headers.push("webhook-id", id);
    request.headers.push("webhook-timestamp", timestamp);
    request.body = body.into();
    let scene = Scene::of(
        Platform::StandardWebhooks,
        &[(SecretName::Token, key)],
        request,
    );
    let bytes = STANDARD.decode(key.trim_start_matches("whsec_")).unwrap();
    let mut model = Model::new(
        scene,
        &[
            ("secret", &bytes),
            ("nonce", id.as_bytes()),
            ("timestamp", timestamp.as_bytes()),
            ("body", body.as_bytes()),
        ],
        |p| {
            let base = cat(&[&p("nonce"), b".", &p("timestamp"), b".", &p("body")]);
            format!("v1,{}", base64(&hmac(Digest::Sha256, &p("secret"), &base)))
        },
    );
    let signature = model.right();
    model
        .scene
        .request
        .headers
        .push("webhook-signature", signature);
    model
}

/// `base64(hmac-sha1(key, et LF method LF res LF version))`.
pub(crate) fn token(key: &str, et: &str, res: &str) -> Model {
    let bytes = STANDARD.decode(key).unwrap();
    let scene = Scene::of(
        Platform::OnenetStudio,
        &[(SecretName::AccessKey, key)],
        Request::new("GET", "/"),
    );
    let mut model = Model::new(
        scene,
        &[
            ("secret", &bytes),
            ("timestamp", et.as_bytes()),
            ("method", b"sha1"),
            ("res", res.as_bytes()),
            ("version", b"2018-10-31"),
        ],
        |p| {
            let (et, method, res, version) = (p("timestamp"), p("method"), p("res"), p("version"));
            let base = [et, method, res, version].join(&b'\n');
            base64(&hmac(Digest::Sha1, &p("secret"), &base))
        },
    );
    let encoded = |text: &str| {
        text.replace('%', "%25")
            .replace('/', "%2F")
            .replace('+', "%2B")
            .replace('=', "%3D")
    };
    let credential = format!(
        "version=2018-10-31&res={}&et={et}&method=sha1&sign={}",
        encoded(res),
        encoded(&model.right())
    );
    model
        .scene
        .request
        .headers
        .push("Authorization", credential);
    model
}

/// A recipe of a user's own that signs the URL too: `HEX(md5(token ++ url ++ time ++ body))`.
pub(crate) fn own(secret: &str, url: &str, body: &str) -> Model {
    const RECIPE: &str = r#"
name = "own"
[[form]]
name = "push"
parts = [ { secret = "token" }, { method = true }, { url = "full" }, { name = "nonce", header = "N" }, { body = true } ]
digest = "md5"
output = "HEX"
signature = { header = "S" }
"#;
    let (host, target) = split(url);
    let mut request = Request::new("POST", target);
    request.scheme = Some(if url.starts_with("https") {
        UrlScheme::Https
    } else {
        UrlScheme::Http
    });
    request.headers.push("Host", host);
    request.headers.push("N", "a+b c&d%41<9");
    request.body = body.into();
    let scheme = Scheme {
        platform: None,
        file: None,
        recipe: recipe_file::read("own.toml", RECIPE).unwrap(),
    };
    let secrets = Secrets::new().with(SecretName::Token, secret);
    let mut model = Model::new(
        Scene::new("own", scheme, secrets, request),
        &[
            ("secret", secret.as_bytes()),
            ("method", b"POST"),
            ("url", url.as_bytes()),
            ("nonce", b"a+b c&d%41<9"),
            ("body", body.as_bytes()),
        ],
        |p| {
            let base = cat(&[
                &p("secret"),
                &p("method"),
                &p("url"),
                &p("nonce"),
                &p("body"),
            ]);
            hex::encode_upper(md5(&base))
        },
    );
    let signature = model.right();
    model.scene.request.headers.push("S", signature);
    model
}

#[test]
fn every_model_is_right() {
    let body = r#"{"a":1}"#;
    let url = "https://h.example:8443/a/b?c=1";
    let key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    for model in [
        onenet("t", "n", body),
        studio_push("t", "n", body),
        handshake("t", ("a%2Bb", "a+b"), ("m", "m")),
        tencent("t", "1604458421", "n"),
        huawei("t", "1604458421", "n"),
        sensoro("s", url, body),
        sensoro("s", url, ""),
        standard_webhooks(key, "1614265330", body),
        token(key, "1537255523", "products/1"),
        own("t", url, body),
    ] {
        let right = model.right();
        model.scene.diagnose(None, Some(right.as_bytes()), |found| {
            assert_eq!(found.computed_is_right, Some(true), "{}", model.scene.name);
            assert_eq!(found.expected, right);
        });
        let none = model
            .scene
            .diagnose(None, None, |found| found.findings.singles);
        assert_eq!(
            none, 0,
            "{}: the right request is searched",
            model.scene.name
        );
    }
}
