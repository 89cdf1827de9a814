//! Whole requests: in the platform's own wire form, and valid.

use crate::harness::{Pushrig, pushrig, root};

const MSG: &str = r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#;

#[test]
fn a_onenet_push_is_written_as_the_platform_writes_it() {
    pushrig("sign onenet --token 20200321182801 --as request --url http://a.example/push?x=1")
        .args(["--nonce", "w&INtJ9+", "--msg", MSG])
        .stdout(format!(
            "POST /push?x=1 HTTP/1.1\r\n\
             Host: a.example\r\n\
             User-Agent: OneNET\r\n\
             Content-Type: application/json; charset=utf-8\r\n\
             Accept-Encoding: *\r\n\
             Connection: Keep-Alive\r\n\
             Content-Length: 144\r\n\
             \r\n\
             {{\"msg\":{MSG},\"msg_signature\":\"1FtJkDnewfBiKFJKKheJPA==\",\"nonce\":\"w&INtJ9+\"}}"
        ))
        .exits(0);
}

#[test]
fn a_onenet_handshake_puts_the_base64_in_unescaped() {
    pushrig(
        "sign onenet --token 20200321182801 --handshake --as request --nonce B0k7pDoe --msg LeoTAq \
         --url http://a.example/he/data/push/global",
    )
    .stdout_has([
        "GET /he/data/push/global?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe HTTP/1.1\r\n",
        "Host: a.example\r\n",
    ])
    .exits(0);
}

#[test]
fn a_tencent_check_is_written_as_the_platform_writes_it() {
    pushrig(
        "sign tencent --token aaa --timestamp 1604458421 --nonce IkOaKMDalrAzUTxC --handshake \
         --echostr UPWIAFASvDUFcTEE --as request --url http://example.com:4443/",
    )
    .stdout(
        "GET / HTTP/1.1\r\n\
         Host: example.com:4443\r\n\
         User-Agent: Go-http-client/1.1\r\n\
         Content-Type: application/json\r\n\
         Echostr: UPWIAFASvDUFcTEE\r\n\
         Nonce: IkOaKMDalrAzUTxC\r\n\
         Signature: c259ed29ec13ba7c649fe0893007401a36e70453\r\n\
         Timestamp: 1604458421\r\n\
         Accept-Encoding: gzip\r\n\
         \r\n",
    )
    .exits(0);
}

#[test]
fn a_handshake_of_a_users_recipe_names_each_parameter_once() {
    pushrig(
        "sign examples/recipes/acme.toml --app-secret kettle-and-toast --timestamp 1795290000 \
         --in challenge=Zm9v+9/aQ== --handshake --as request \
         --url http://hooks.example.com/hooks/acme",
    )
    .dir(root())
    .stdout(
        "GET /hooks/acme?challenge=Zm9v%2B9%2FaQ%3D%3D HTTP/1.1\r\n\
         Host: hooks.example.com\r\n\
         X-Acme-Timestamp: 1795290000\r\n\
         X-Acme-Signature: sha256=0603c81db2d3aab97508d59887265e6294a36c19f2d1ed3b4a812e13dc9616cb\r\n\
         \r\n",
    )
    .exits(0);
}

/// Every platform, with the secrets and parts that its requests need.
const CALLS: [(&str, &str, &[&str]); 10] = [
    (
        "onenet",
        "--token a-token-of-mine",
        &["--msg", r#"{"a":"<&>\"'\\ é"}"#],
    ),
    (
        "onenet",
        "--token a-token-of-mine --aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
        &["--encrypt", "--msg", MSG],
    ),
    (
        "onenet-studio-push",
        "--token a-token-of-mine",
        &["--msg", r#"{"a":"离线","n":1.10}"#],
    ),
    (
        "onenet-studio-push",
        "--token a-token-of-mine --aes-key cz0Y93YkGH6Jyvoi",
        &["--encrypt", "--msg", r#"{"a":"离线","n":1.10}"#],
    ),
    (
        "tencent",
        "--token a-token-of-mine",
        &["--body", r#"{"a": 1}"#],
    ),
    (
        "sensoro",
        "--app-secret a-secret-of-mine --app-id demoAppId001",
        &["--body", r#"{"t":"中"}"#],
    ),
    (
        "sensoro",
        "--app-secret a-secret-of-mine --app-id demoAppId001 \
         --app-key abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        &[
            "--encrypt",
            "--body",
            r#"{"appId":"demoAppId001","data":{"battery":90}}"#,
        ],
    ),
    ("wechat", "--token a-token-of-mine", &[]),
    ("huawei-iotda", "--token a-token-of-mine", &["--body", "{}"]),
    (
        "standard-webhooks",
        "--token whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &["--body", r#"{"test": 2432232314}"#],
    ),
];

const URL: &str = "http://hooks.example.com:8000/push";

fn verify(platform: &str, secrets: &str, request: &[u8]) -> Pushrig {
    // Raw HTTP does not tell its scheme.
    let url = if platform == "sensoro" || secrets.contains("--app-secret") {
        "--public-url http://hooks.example.com:8000"
    } else {
        ""
    };
    pushrig(&format!("verify {platform} - {secrets} {url}")).stdin(request)
}

#[test]
fn what_sign_composes_verify_finds_valid_in_every_form() {
    for (platform, secrets, rest) in CALLS {
        for form in ["request", "record", "curl"] {
            let call = format!("sign {platform} {secrets} --as {form} --url {URL}");
            let signed = pushrig(&call).args(rest).any_stdout().exits(0);
            verify(platform, secrets, &signed.stdout)
                .stdout_has([format!("valid       <stdin>:1  {platform} ")])
                .any_stderr()
                .exits(0);
        }
    }
}

#[test]
fn what_sign_composes_is_recognised() {
    for (platform, secrets, rest) in CALLS {
        let call = format!("sign {platform} {secrets} --as request --url {URL}");
        let signed = pushrig(&call).args(rest).any_stdout().exits(0);
        verify("auto", secrets, &signed.stdout)
            .stdout_has([format!("valid       <stdin>:1  {platform} ")])
            .any_stderr()
            .exits(0);
    }
}

#[test]
fn every_platforms_handshake_is_valid_too() {
    for (platform, secrets) in [
        ("onenet", "--token a-token-of-mine"),
        ("onenet-studio-push", "--token a-token-of-mine"),
        ("tencent", "--token a-token-of-mine"),
        ("wechat", "--token a-token-of-mine"),
    ] {
        for form in ["request", "record", "curl"] {
            let call = format!("sign {platform} {secrets} --handshake --as {form} --url {URL}");
            let signed = pushrig(&call).any_stdout().exits(0);
            verify(platform, secrets, &signed.stdout)
                .stdout_has([format!("valid       <stdin>:1  {platform} handshake")])
                .any_stderr()
                .exits(0);
        }
    }
}

#[test]
fn a_request_of_the_users_own_recipe_is_valid() {
    let recipe = root().join("examples/recipes/acme.toml");
    let recipe = recipe.to_str().unwrap();
    for rest in [
        &["--body", "{}"][..],
        &["--handshake", "--in", "challenge=a+b/c="],
    ] {
        let signed = pushrig("sign")
            .arg(recipe)
            .args([
                "--app-secret",
                "kettle-and-toast",
                "--as",
                "request",
                "--url",
                URL,
            ])
            .args(rest)
            .any_stdout()
            .exits(0);
        pushrig("verify")
            .arg(recipe)
            .args(["--app-secret", "kettle-and-toast", "-"])
            .stdin(&signed.stdout)
            .stdout_has(["valid       <stdin>:1  acme "])
            .exits(0);
    }
}

#[test]
fn seed_and_now_make_a_request_repeatable_and_without_them_it_differs() {
    for (platform, secrets, rest) in CALLS {
        let call = |fixed: &str| {
            let call = format!("sign {platform} {secrets} --as request --url {URL} {fixed}");
            pushrig(&call).args(rest).any_stdout().exits(0).stdout
        };
        let fixed = "--seed 7 --now 1795290000";
        assert_eq!(call(fixed), call(fixed), "{platform}");
        assert_ne!(
            call("--now 1795290000 --seed 7"),
            call("--now 1795290001 --seed 8"),
            "{platform}"
        );
    }
}

#[test]
fn a_sealed_message_is_shown_by_verify() {
    for (platform, secrets, rest) in CALLS {
        let Some(at) = rest.iter().position(|arg| *arg == "--encrypt") else {
            continue;
        };
        let message = rest[at + 2];
        let call = format!("sign {platform} {secrets} --as request --url {URL} --seed 3");
        let signed = pushrig(&call).args(rest).any_stdout().exits(0);
        assert!(
            memchr::memmem::find(&signed.stdout, message.as_bytes()).is_none(),
            "{platform}: the message is in clear"
        );
        verify(platform, secrets, &signed.stdout)
            .arg("--show")
            .stdout_has(["valid", &format!("opened    {message}")])
            .any_stderr()
            .exits(0);
        let line = verify(platform, secrets, &signed.stdout)
            .args(["--show", "--format", "json"])
            .any_stdout()
            .exits(0)
            .json()
            .remove(0);
        assert_eq!(line["opened"], message, "{platform}");
    }
}

#[test]
fn a_body_that_is_signed_already_is_not_signed_again() {
    pushrig("sign onenet --token x --as request --url http://a.example/")
        .args(["--body", r#"{"msg":{},"msg_signature":"a","nonce":"b"}"#])
        .stderr_has([
            "this body is signed already",
            "hint: give only the value of its msg",
        ])
        .exits(2);
}
