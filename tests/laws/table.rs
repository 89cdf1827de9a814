//! Every mistake of the table, made in every scene, is found and named.

use pushrig::signature::explain::Of;
use pushrig::signature::mistake;

use crate::bench::{moment, names, scenes, search, text};

#[test]
fn every_mistake_is_found_when_it_is_made() {
    for scene in scenes() {
        scene.with_case(|case, form| {
            let mistakes = mistake::all(case);
            let right = case.digest_after(&[]);
            let wrong: Vec<String> = mistakes
                .iter()
                .map(|mistake| {
                    let digest = case.digest_after(&[&mistake.change]);
                    assert_ne!(
                        digest, right,
                        "{}: {} changes nothing",
                        scene.name, mistake.id
                    );
                    text(form, &digest)
                })
                .collect();
            for of in [Of::Received, Of::Computed] {
                let hits = search(case, form, of, &wrong);
                for (mistake, wrong) in mistakes.iter().zip(&wrong) {
                    assert!(
                        names(&hits, of, wrong, &mistake.id),
                        "{}: {} ({}) is not found",
                        scene.name,
                        mistake.id,
                        mistake.title
                    );
                    assert!(hits.iter().all(|hit| hit.depth() == 1));
                }
            }
        });
    }
}

#[test]
fn a_mistake_is_found_in_what_arrived_and_in_what_was_computed() {
    for (seed, scene) in (0..).zip(scenes()) {
        let mut moment = moment(seed);
        for _ in 0..3 {
            let (id, wrong) = scene.with_case(|case, form| {
                let mistakes = mistake::all(case);
                let mistake = &mistakes[moment.below(mistakes.len())];
                let digest = case.digest_after(&[&mistake.change]);
                (mistake.id.to_string(), text(form, &digest))
            });
            let hits = scene.hits(wrong.as_bytes());
            assert!(
                hits[0].ids.contains(&id) || hits[0].also.contains(&id),
                "{}: {id}",
                scene.name
            );
        }
    }
}

#[test]
fn ids_are_a_family_and_a_slug_and_titles_are_sentences_without_a_full_stop() {
    const FAMILIES: [&str; 10] = [
        "secret", "order", "query", "body", "url", "digest", "text", "time", "seal", "token",
    ];
    for scene in scenes() {
        scene.with_case(|case, _| {
            for mistake in mistake::all(case) {
                let (family, slug) = mistake.id.split_once('.').unwrap();
                assert!(FAMILIES.contains(&family), "{}", mistake.id);
                let plain =
                    |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                assert!(slug.bytes().all(plain), "{}", mistake.id);
                for text in [mistake.title.as_str(), mistake.advice] {
                    assert!(!text.ends_with('.') && !text.contains("  "), "{text}");
                }
            }
        });
    }
}
