//! The fields of an `OneNET` token, spoilt before they are signed.

use super::{Case, Change, Mistake, Stage, mistake};
use crate::signature::evidence::percent_encoded;
use crate::signature::recipe::Source;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in case.inputs() {
        if !matches!(case.form.parts[at].source, Source::Field(_)) {
            continue;
        }
        let Ok(value) = std::str::from_utf8(&case.values[at]) else {
            continue;
        };
        let mut push = |id: &'static str, title: &str, advice, value: String| {
            found.push(mistake(
                Stage::Input,
                id,
                title,
                advice,
                Change::Values(vec![(at, value.into_bytes())]),
            ));
        };
        match case.name(at) {
            "res" => {
                const RES: &str = "sign `res` un-encoded, exactly as the token names it";
                push(
                    "token.res-encoded",
                    "`res` was percent-encoded before it was signed",
                    RES,
                    percent_encoded(value.as_bytes()),
                );
                push(
                    "token.res-slash",
                    "`res` was signed with a slash before it",
                    RES,
                    format!("/{value}"),
                );
                if let Some(rest) = value.strip_prefix("userid/") {
                    push(
                        "token.user-for-userid",
                        "`res` began with `user/` instead of `userid/`",
                        "write `userid/…`: the vendor's Java sample is wrong there",
                        format!("user/{rest}"),
                    );
                }
                if let Some((product, _)) = value.split_once("/devices/") {
                    push(
                        "token.res-product",
                        "`res` named the product without the device",
                        RES,
                        product.to_owned(),
                    );
                }
            }
            "version" => {
                for other in ["2018-10-31", "2020-05-29", "2022-05-01"] {
                    push(
                        "token.version",
                        &format!("the version {other} was signed"),
                        "sign the same version that the token names",
                        other.to_owned(),
                    );
                }
            }
            "method" => {
                for other in ["md5", "sha1", "sha256", "SHA1", "SHA256", "MD5"] {
                    push(
                        "token.method",
                        &format!("the method name `{other}` was signed"),
                        "sign the same method that the token names, in lower case",
                        other.to_owned(),
                    );
                }
            }
            _ => {}
        }
    }
    found
}
