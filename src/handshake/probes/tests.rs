use super::*;
use crate::signature::Verdict;
use crate::signature::recipe_file;
use crate::signature::verify::judge;

fn plan_of(scheme: &Scheme, given: &Given, token: &str) -> Plan {
    let to: Url = "http://h:1/push?x=1".parse().unwrap();
    let secrets = Secrets::new().with(SecretName::Token, token);
    let call = Call {
        scheme,
        to: &to,
        secrets: &secrets,
        given,
    };
    probes(&call, &mut Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 1)).unwrap()
}

fn plan(platform: Platform) -> Plan {
    plan_of(&Scheme::of(platform), &Given::new(), "a-token-of-mine")
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.probes
        .iter()
        .map(|probe| probe.name.as_str())
        .collect()
}

fn text(request: &Request) -> String {
    String::from_utf8(request.to_wire()).unwrap()
}

const WITH_HANDSHAKE: [Platform; 4] = [
    Platform::Onenet,
    Platform::OnenetStudioPush,
    Platform::Tencent,
    Platform::Wechat,
];

#[test]
fn right_handshakes_verify_and_wrong_ones_do_not() {
    let secrets = Secrets::new().with(SecretName::Token, "a-token-of-mine");
    for platform in WITH_HANDSHAKE {
        for probe in plan(platform).probes {
            let recipe = platform.recipe();
            let judged = judge(&recipe, &Evidence::of(&probe.request), &secrets);
            let valid = judged.verdict == Verdict::Valid;
            assert_eq!(
                valid,
                probe.kind == Kind::Right,
                "{platform:?} {}",
                probe.name
            );
            assert!(!probe.echo.is_empty(), "{platform:?} {}", probe.name);
        }
    }
}

#[test]
fn one_signature_of_onenet_is_plain_one_holds_a_slash_and_one_a_plus() {
    for platform in [Platform::Onenet, Platform::OnenetStudioPush] {
        let plan = plan(platform);
        assert_eq!(
            names(&plan),
            [
                "plain",
                "slash",
                "plus",
                "wrong-signature",
                "no-signature",
                "no-nonce",
                "empty-token"
            ]
        );
        let held = |at: usize| {
            let target = String::from_utf8(plan.probes[at].request.target.clone()).unwrap();
            let (_, rest) = target.split_once("signature=").unwrap();
            let signature = rest.split('&').next().unwrap();
            (signature.contains('/'), signature.contains('+'))
        };
        assert_eq!(
            [held(0), held(1), held(2)],
            [(false, false), (true, false), (false, true)]
        );
    }
}

#[test]
fn a_raw_plus_has_an_escaped_twin_and_an_escaped_one_has_none() {
    let plan = plan(Platform::Onenet);
    let twins: Vec<_> = plan
        .probes
        .iter()
        .filter_map(Probe::with_escaped_plus)
        .collect();
    let [twin] = twins.as_slice() else {
        panic!("{twins:?}")
    };
    let raw = String::from_utf8(plan.probes[2].request.target.clone()).unwrap();
    let target = String::from_utf8(twin.request.target.clone()).unwrap();
    assert_eq!(target, raw.replace('+', "%2B"));
    assert_eq!(twin.echo, plan.probes[2].echo);
    assert_eq!(twin.clone().with_escaped_plus(), None);
}

#[test]
fn every_handshake_asks_for_another_echo() {
    for platform in WITH_HANDSHAKE {
        let mut echoes: Vec<_> = plan(platform)
            .probes
            .into_iter()
            .map(|probe| probe.echo)
            .collect();
        let all = echoes.len();
        echoes.sort();
        echoes.dedup();
        assert_eq!(echoes.len(), all, "{platform:?}");
    }
}

#[test]
fn tencent_is_asked_without_any_of_its_three_headers() {
    let plan = plan(Platform::Tencent);
    assert_eq!(
        names(&plan),
        [
            "first",
            "second",
            "wrong-signature",
            "no-signature",
            "no-timestamp",
            "no-nonce",
            "empty-token"
        ]
    );
    let bare = text(&plan.probes[3].request);
    assert!(bare.contains("Echostr: "), "{bare}");
    for header in ["Nonce", "Signature", "Timestamp"] {
        assert!(!bare.contains(header), "{bare}");
    }
}

#[test]
fn a_parameter_is_removed_and_the_users_own_query_stays() {
    let plan = plan(Platform::Onenet);
    let target = |at: usize| String::from_utf8(plan.probes[at].request.target.clone()).unwrap();
    let [unsigned, without_nonce] = [target(4), target(5)];
    assert!(unsigned.starts_with("/push?x=1&msg=") && unsigned.contains("&nonce="));
    assert!(!unsigned.contains("signature"), "{unsigned}");
    assert!(!without_nonce.contains("nonce"), "{without_nonce}");
}

#[test]
fn values_that_fix_the_signature_leave_one_right_handshake_and_that_is_said() {
    let given = Given::new().with("nonce", "B0k7pDoe").with("msg", "LeoTAq");
    let plan = plan_of(&Scheme::of(Platform::Onenet), &given, "20200321182801");
    assert_eq!(plan.probes[0].name, "given");
    assert_eq!(plan.probes[1].kind, Kind::Wrong);
    assert_eq!(
        plan.notes,
        [
            "your values fix the whole handshake, so one right handshake is made: the values \
             that you gave, whose signature holds a `/`, and no `+`"
        ]
    );
    assert_eq!(plan.probes[0].echo, b"LeoTAq");
    let one = Given::new().with("nonce", "B0k7pDoe");
    let plan = plan_of(&Scheme::of(Platform::Onenet), &one, "20200321182801");
    assert_eq!(&names(&plan)[..3], ["plain", "slash", "plus"]);
}

#[test]
fn an_empty_token_of_ones_own_is_not_tried_as_a_wrong_one() {
    let plan = plan_of(&Scheme::of(Platform::Onenet), &Given::new(), "");
    assert!(!names(&plan).contains(&"empty-token"));
}

#[test]
fn the_time_limit_is_the_platforms() {
    assert_eq!(plan(Platform::Onenet).limit, Duration::from_secs(5));
    assert_eq!(plan(Platform::Wechat).limit, DEFAULT_LIMIT);
}

#[test]
fn a_users_recipe_is_played_where_it_has_an_echo() {
    let text = r#"
        name = "mine"
        [[form]]
        name = "handshake"
        parts = [
          { secret = "token" },
          { name = "nonce", query = "nonce" },
          { name = "ask", query = "ask" },
        ]
        digest = "sha256"
        output = "base64"
        signature = { query = "sign" }
        echo = { name = "ask", query = "ask" }
    "#;
    let recipe = recipe_file::read("mine.toml", text).unwrap();
    let scheme = Scheme {
        platform: None,
        file: None,
        recipe,
    };
    let plan = plan_of(&scheme, &Given::new(), "a-token-of-mine");
    assert_eq!(&names(&plan)[..3], ["plain", "slash", "plus"]);
    let target = String::from_utf8_lossy(&plan.probes[2].request.target);
    assert!(target.contains("%2B"), "{target}");
}

#[test]
fn who_has_no_handshake_is_told_so() {
    for (platform, words) in [
        (
            Platform::Sensoro,
            "SENSORO has no handshake: it pushes at once",
        ),
        (Platform::OnenetStudio, "is the token of devices"),
        (
            Platform::HuaweiIotda,
            "Huawei Cloud IoTDA HTTP push has no handshake",
        ),
        (
            Platform::StandardWebhooks,
            "Standard Webhooks has no handshake",
        ),
    ] {
        let why = handshake_form(&Scheme::of(platform)).unwrap_err();
        assert!(why.to_string().contains(words), "{why}");
        assert_eq!(why.code(), 2);
    }
}
