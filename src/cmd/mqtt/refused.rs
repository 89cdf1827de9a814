//! A refused CONNECT, explained: by the broker's code, and by a look at what was sent.

use jiff::Timestamp;

use super::account::Account;
use crate::mqtt::client::refusal;
use crate::report::case::{Case, CaseOutcome};

/// The case of a refused CONNECT.
///
/// The platform publishes no codes of its own for CONNACK, so that the token is looked at here:
/// what is wrong with it is said in the words of its device log.
pub(super) fn case(code: u8, account: &Account, now: Timestamp) -> Case {
    let mut warnings = Vec::new();
    let mut hint = None;
    match code {
        1 => {
            warnings.push("the broker does not take MQTT 3.1.1".to_owned());
        }
        2 => warnings.push(format!(
            "the broker does not take the client id `{}`: give another one by --client-id",
            account.client_id
        )),
        3 => {
            warnings.push("the broker says that it cannot serve now: try again later".to_owned());
        }
        4 | 5 => (warnings, hint) = credentials(account, now),
        _ => hint = Some("the broker's own log or documentation knows what it means".to_owned()),
    }
    Case {
        id: "connect".to_owned(),
        outcome: CaseOutcome::Fail,
        why: Some(format!("refused by CONNACK {}", refusal(code))),
        hint,
        warnings,
        details: vec![
            ("username", account.name().to_owned()),
            ("client", account.client_id.clone()),
        ],
        ..Case::default()
    }
}

/// What there is to say of user name and password.
fn credentials(account: &Account, now: Timestamp) -> (Vec<String>, Option<String>) {
    if !account.is_studio() {
        let what = if account.username.is_empty() {
            "no user name was given, and the broker seems to want one: for OneNET --user 10311, or \
             --project and --group, with --access-key; for others --username and --password"
        } else {
            "the broker does not know this user name with this password"
        };
        return (vec![what.to_owned()], None);
    }
    let found = account.judge(now).unwrap_or_default();
    let mut warnings: Vec<String> = found
        .iter()
        .map(|it| format!("the token: {} {}: {}", it.code, it.name, it.explanation))
        .collect();
    if warnings.is_empty() {
        warnings.push(
            "the token is well-formed, fits the user name, and is not expired by this machine's \
             clock"
                .to_owned(),
        );
        warnings.push(if account.knows_key() {
            format!(
                "its sign is what the access key gives: is that the key of {}, and of nobody else?",
                account.username
            )
        } else {
            "whether its sign is right cannot be told without --access-key".to_owned()
        });
    }
    let hint = if account.has_given_token() {
        "`pushrig explain onenet-studio --token env:TOKEN --access-key env:KEY` proves which \
         mistake is in the token"
    } else {
        "a user signs with the user's access key, a project's group with that of the group; is \
         this machine's clock right?"
    };
    (warnings, Some(hint.to_owned()))
}
