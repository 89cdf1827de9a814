//! What nobody can prove is not claimed.

use pushrig::message::Request;
use pushrig::platform::Platform;
use pushrig::signature::explain::Of;
use pushrig::signature::mistake;
use pushrig::signature::{Output, SecretName};

use crate::bench::{Scene, moment, scenes};

#[test]
fn a_random_signature_has_no_explanation() {
    for (seed, scene) in (0..).zip(scenes().into_iter().step_by(7)) {
        let mut moment = moment(seed);
        let random = scene.with_case(|case, form| {
            let bytes: [u8; 32] = moment.bytes();
            let digest = case.digest.hash([&bytes[..]]);
            format!("{}{}", form.signature.prefix, form.output.text(&digest))
        });
        let random = Some(random.as_bytes());
        scene.diagnose(random, random, |found| {
            assert!(found.findings.hits.is_empty(), "{}", scene.name);
            assert!(found.findings.singles > 50 && found.findings.pairs > 1000);
            assert!(found.findings.families.len() > 3);
        });
    }
}

#[test]
fn what_is_no_digest_at_all_has_no_explanation() {
    for scene in scenes().into_iter().step_by(9) {
        for wrong in ["", "null", "undefined", "ok", "\u{4e2d}", "====", "0"] {
            assert!(scene.hits(wrong.as_bytes()).is_empty(), "{wrong}");
        }
    }
}

#[test]
fn a_long_body_is_searched_only_as_far_as_its_length_allows() {
    for (members, length, left_out, orders) in [
        (3, 60_000, &["pairs of mistakes"][..], 6),
        (
            8,
            60_000,
            &["pairs of mistakes", "orders of JSON members"],
            0,
        ),
    ] {
        let text = "x".repeat(length / members);
        let members: Vec<_> = (0..members)
            .map(|at| format!(r#""{at}":"{text}""#))
            .collect();
        let msg = members.join(",");
        let mut request = Request::new("POST", "/");
        request.body =
            format!(r#"{{"msg":{{{msg}}},"msg_signature":"","nonce":"abcdefgh"}}"#).into();
        let scene = Scene::of(Platform::Onenet, &[(SecretName::Token, "token")], request);
        scene.diagnose(None, Some(b"1FtJkDnewfBiKFJKKheJPA=="), |found| {
            let findings = &found.findings;
            assert!(findings.hits.is_empty() && findings.singles > 50);
            assert_eq!(findings.left_out, left_out);
            assert_eq!((findings.pairs, findings.key_orders), (0, orders));
        });
    }
}

#[test]
fn nothing_is_searched_for_a_right_signature() {
    for scene in scenes() {
        let right = scene.with_case(|case, form| crate::bench::text(form, &case.digest_after(&[])));
        scene.diagnose(None, Some(right.as_bytes()), |found| {
            assert_eq!(found.computed_is_right, Some(true), "{}", scene.name);
            assert_eq!(found.expected, right);
            assert!(found.findings.hits.is_empty() && found.findings.singles == 0);
        });
    }
}

#[test]
fn what_arrived_may_be_right_while_what_was_computed_is_wrong() {
    for scene in scenes().into_iter().step_by(5) {
        let wrong = scene.with_case(|case, form| {
            let mistake = &mistake::all(case)[0];
            crate::bench::text(form, &case.digest_after(&[&mistake.change]))
        });
        scene.diagnose(None, Some(wrong.as_bytes()), |found| {
            let [hit] = &found.findings.hits[..] else {
                panic!("{}: {:?}", scene.name, found.findings.hits);
            };
            assert_eq!(hit.of, Of::Computed);
        });
    }
}

#[test]
fn what_arrived_and_what_was_computed_are_explained_each_by_itself() {
    for scene in scenes().into_iter().step_by(5) {
        let [received, computed] = scene.with_case(|case, form| {
            let mistakes = mistake::all(case);
            let last = mistakes.last().unwrap();
            [&mistakes[0], last]
                .map(|made| crate::bench::text(form, &case.digest_after(&[&made.change])))
        });
        let (received, computed) = (received.as_bytes(), computed.as_bytes());
        scene.diagnose(Some(received), Some(computed), |found| {
            let asked: Vec<_> = found
                .findings
                .hits
                .iter()
                .map(|hit| (hit.of, hit.signature.as_slice()))
                .collect();
            assert_eq!(
                asked,
                [(Of::Received, received), (Of::Computed, computed)],
                "{}",
                scene.name
            );
        });
    }
}

#[test]
fn each_signature_of_a_list_is_explained_by_itself() {
    let scenes = scenes();
    let scene = scenes
        .iter()
        .find(|scene| scene.name == "standard-webhooks push")
        .unwrap();
    let wrong = scene.with_case(|case, form| {
        let named = |id: &str| {
            let mistakes = mistake::all(case);
            let made = mistakes.iter().find(|made| made.id == id).unwrap();
            crate::bench::text(form, &case.digest_after(&[&made.change]))
        };
        assert_eq!(form.output, Output::Base64);
        format!(
            "{} v1,AAAA {}",
            named("secret.not-decoded"),
            named("body.trailing-newline")
        )
    });
    let hits = scene.hits(wrong.as_bytes());
    let first: Vec<_> = hits.iter().map(|hit| hit.ids[0].as_str()).collect();
    assert_eq!(first, ["secret.not-decoded", "body.trailing-newline"]);
}

#[test]
fn a_request_without_a_signature_is_explained_by_what_was_computed() {
    let mut scene = scenes().remove(0);
    let members = pushrig::json::scan::members(&scene.request.body).unwrap();
    let msg = pushrig::json::scan::last(&members, "msg").unwrap().to_vec();
    scene.request.body = [&br#"{"nonce":"abcdefgh","msg":"#[..], &msg, b"}"].concat();
    let wrong = pushrig::signature::Digest::Md5.hash([&b"20200321182801abcdefgh"[..], &msg, b"\n"]);
    let wrong = Output::Base64.text(&wrong);
    scene.diagnose(None, Some(wrong.as_bytes()), |found| {
        assert_eq!(found.findings.hits[0].ids, ["body.trailing-newline"]);
        assert_eq!(found.findings.hits[0].of, Of::Computed);
    });
}

#[test]
fn equal_bytes_are_one_hit() {
    for scene in scenes().into_iter().step_by(4) {
        scene.with_case(|case, form| {
            let mistakes = mistake::all(case);
            let wrong: Vec<_> = mistakes
                .iter()
                .map(|made| crate::bench::text(form, &case.digest_after(&[&made.change])))
                .collect();
            for hit in crate::bench::search(case, form, Of::Computed, &wrong) {
                let mut ids: Vec<_> = crate::bench::ids(&hit).collect();
                let count = ids.len();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), count, "an id is named twice: {ids:?}");
                let same = mistakes
                    .iter()
                    .zip(&wrong)
                    .filter(|(_, made)| made.as_bytes() == hit.signature);
                for (made, _) in same {
                    assert!(ids.contains(&made.id.as_ref()));
                }
            }
        });
    }
}

#[test]
fn what_arrived_changed_is_told_as_what_happened_on_the_way() {
    let scenes = scenes();
    let scene = |name: &str| scenes.iter().find(|scene| scene.name == name).unwrap();
    let first = |scene: &crate::bench::Scene, made: &str| {
        let wrong = scene.with_case(|case, form| {
            let mistakes = mistake::all(case);
            let made = mistakes.iter().find(|mistake| mistake.id == made).unwrap();
            crate::bench::text(form, &case.digest_after(&[&made.change]))
        });
        scene.diagnose(Some(wrong.as_bytes()), None, |found| {
            found.findings.hits[0].ids[0].clone()
        })
    };
    let push = scene("onenet online");
    assert_eq!(first(push, "body.trailing-newline"), "body.newline-lost");
    // A token does not change on its way: whoever signed it made the mistake.
    let token = scene("token sha1");
    assert_eq!(first(token, "token.res-encoded"), "token.res-encoded");
}
