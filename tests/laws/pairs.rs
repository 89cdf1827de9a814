//! Two mistakes of two stages are found together.

use std::collections::HashSet;

use pushrig::moment::Moment;
use pushrig::signature::DigestValue;
use pushrig::signature::explain::Of;
use pushrig::signature::mistake::{self, Case, Change, Mistake};

use crate::bench::{Scene, ids, moment, scenes, search, text};
use crate::texts;

/// So many pairs are made in each scene.
const PAIRS: usize = 8;

#[test]
fn two_mistakes_of_two_stages_are_found_together() {
    let mut found = 0;
    // Every third scene is enough, and every platform is among them.
    for (seed, scene) in (0..).zip(scenes().into_iter().step_by(3)) {
        found += check(&scene, &mut moment(seed));
    }
    assert!(found > 30, "{found}");
}

fn check(scene: &Scene, moment: &mut Moment) -> usize {
    scene.with_case(|case, form| {
        let mistakes = mistake::all(case);
        let alone: HashSet<DigestValue> = mistakes
            .iter()
            .map(|mistake| case.digest_after(&[&mistake.change]))
            .chain([case.digest_after(&[])])
            .collect();
        let made: Vec<_> = (0..PAIRS)
            .filter_map(|_| pair(case, &mistakes, &alone, moment))
            .collect();
        let wrong: Vec<_> = made.iter().map(|(_, digest)| text(form, digest)).collect();
        let hits = search(case, form, Of::Computed, &wrong);
        for ((pair, _), wrong) in made.iter().zip(&wrong) {
            let hit = hits.iter().find(|hit| hit.signature == wrong.as_bytes());
            let named: Vec<_> = hit.into_iter().flat_map(ids).collect();
            assert!(
                pair.iter().all(|id| named.contains(&id.as_str())),
                "{}: {pair:?} is found as {named:?}",
                scene.name
            );
            assert_eq!(hit.unwrap().depth(), 2);
        }
        made.len()
    })
}

/// Two mistakes of two stages whose effect is no single one's.
fn pair(
    case: &Case<'_>,
    mistakes: &[Mistake],
    alone: &HashSet<DigestValue>,
    moment: &mut Moment,
) -> Option<([String; 2], DigestValue)> {
    let [one, two] = [(); 2].map(|()| &mistakes[moment.below(mistakes.len())]);
    let (one, two) = if one.stage <= two.stage {
        (one, two)
    } else {
        (two, one)
    };
    let digest = case.digest_after(&[&one.change, &two.change]);
    let apart = one.stage != two.stage && !claim_the_same(&one.change, &two.change);
    (apart && !alone.contains(&digest))
        .then(|| ([&one.id, &two.id].map(ToString::to_string), digest))
}

fn claim_the_same(one: &Change, two: &Change) -> bool {
    let (Change::Values(one), Change::Values(two)) = (one, two) else {
        return false;
    };
    one.iter()
        .any(|(at, _)| two.iter().any(|(other, _)| at == other))
}

#[test]
fn a_mistake_is_found_beside_a_mistake_of_the_text() {
    for (seed, scene) in (0..).zip(scenes().into_iter().step_by(5)) {
        let mut moment = moment(seed);
        scene.with_case(|case, form| {
            let mistakes = mistake::all(case);
            for _ in 0..3 {
                let mistake = &mistakes[moment.below(mistakes.len())];
                let digest = case.digest_after(&[&mistake.change]);
                let made = texts::made(form, &digest);
                let (id, wrong) = &made[moment.below(made.len())];
                let hits = search(case, form, Of::Computed, std::slice::from_ref(wrong));
                let named: Vec<_> = hits.iter().take(1).flat_map(ids).collect();
                assert!(
                    named.contains(id) && named.contains(&mistake.id.as_ref()),
                    "{}: {} and {id} are found as {named:?}",
                    scene.name,
                    mistake.id
                );
            }
        });
    }
}
