//! The digest stage: another hash function, or the key at the wrong place.

use super::{Case, Change, Hashing, Mistake, Stage, mistake};
use crate::signature::digest::Digest;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let keyed = case.form.key.is_some();
    let right = case.digest.name();
    let advice = match (keyed, case.digest) {
        (false, Digest::Md5) => "hash with plain MD5",
        (false, Digest::Sha1) => "hash with plain SHA-1",
        (false, Digest::Sha256) => "hash with plain SHA-256",
        (true, Digest::Md5) => "use HMAC-MD5 with the secret as the key",
        (true, Digest::Sha1) => "use HMAC-SHA1 with the secret as the key",
        (true, Digest::Sha256) => "use HMAC-SHA256 with the secret as the key",
    };
    let mut found = Vec::new();
    let mut push = |id: String, title: String, hashing| {
        found.push(mistake(
            Stage::Digest,
            id,
            title,
            advice,
            Change::Hashing(hashing),
        ));
    };
    for digest in Digest::ALL {
        let name = digest.name();
        if keyed {
            push(
                format!("digest.hmac-{name}"),
                format!("HMAC-{name} was used instead of HMAC-{right}"),
                Hashing::Hmac(digest),
            );
            push(
                format!("digest.plain-{name}"),
                format!("a plain {name} without any key was used"),
                Hashing::Plain(digest),
            );
            push(
                format!("digest.{name}-secret-first"),
                format!("a plain {name} of the secret and the base string was used, not an HMAC"),
                Hashing::SecretThenBase(digest),
            );
            push(
                format!("digest.{name}-secret-last"),
                format!("a plain {name} of the base string and the secret was used, not an HMAC"),
                Hashing::BaseThenSecret(digest),
            );
        } else {
            push(
                format!("digest.{name}"),
                format!("{name} was used instead of {right}"),
                Hashing::Plain(digest),
            );
            push(
                format!("digest.hmac-{name}"),
                format!("HMAC-{name} with the secret was used over the whole base string"),
                Hashing::Hmac(digest),
            );
            push(
                format!("digest.hmac-{name}-of-rest"),
                format!("HMAC-{name} with the secret was used over the other parts"),
                Hashing::HmacOfRest(digest),
            );
        }
        push(
            format!("digest.hmac-{name}-swapped"),
            format!("HMAC-{name} was used with key and message swapped"),
            Hashing::HmacSwapped(digest),
        );
    }
    push(
        "digest.twice".into(),
        "the digest was hashed once more".into(),
        Hashing::Twice,
    );
    push(
        "digest.of-hex".into(),
        "the digest's hexadecimal text was hashed once more".into(),
        Hashing::OfHex,
    );
    found
}
