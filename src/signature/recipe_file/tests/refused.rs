//! One refusal after another, each with its exact line and column.

use super::*;

#[test]
fn a_recipe_that_is_cut_anywhere_is_refused_at_a_line_of_it() {
    let end = RIGHT.trim_end().len();
    for cut in 0..end {
        let (what, _) = refused(&RIGHT[..cut]);
        let line: usize = what.split(':').nth(1).unwrap().parse().unwrap();
        assert!((1..=RIGHT.lines().count()).contains(&line), "{what}");
    }
}

#[test]
fn what_is_not_toml_is_refused_where_it_stops_being_toml() {
    check(
        &spoiled("\"md5\"", "md5"),
        "6:10: this is not TOML: string values must be quoted, expected literal string",
        "`key = value`",
    );
    let (what, _) = spoiled("digest = \"md5\"", "digest = \"md5\"\ndigest = \"sha1\"");
    assert!(
        what.starts_with("acme.toml:7:1: this is not TOML: duplicate key"),
        "{what}"
    );
}

#[test]
fn lines_that_end_in_crlf_are_counted_as_lines() {
    let text = RIGHT.replace('\n', "\r\n").replace("md5", "md4");
    check(&refused(&text), "6:10: `md4` is no known digest", "`md5`");
}

#[test]
fn columns_are_counted_in_bytes() {
    let text = RIGHT.replace(
        "{ secret = \"token\" }",
        "{ literal = \"é\" }, { secret = \"tok\" }",
    );
    check(
        &refused(&text),
        "5:42: this is no known secret",
        "`token`, `aes-key`, `app-secret`, `app-key` or `access-key`",
    );
}

#[test]
fn a_byte_order_mark_is_refused() {
    check(
        &refused(&format!("\u{feff}{RIGHT}")),
        "1:1: the file starts with a byte order mark",
        "without BOM",
    );
}

#[test]
fn a_key_that_is_not_known_is_refused_with_those_that_are() {
    check(
        &spoiled("name = \"acme\"", "name = \"acme\"\nversion = 1"),
        "2:1: a recipe has no key `version`",
        "`name`, `title` or `form`",
    );
    check(
        &spoiled("digest =", "hmac_key = {}\ndigest ="),
        "6:1: a form has no key `hmac_key`",
        "`hmac-key`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\", optional = true }",
        ),
        "5:31: a part has no key `optional`",
        "`literal`, `secret`, `query`",
    );
    check(
        &spoiled("X-Signature\"", "X-Signature\", encoding = \"hex\""),
        "8:39: a signature has no key `encoding`",
        "`separator` or `prefix`",
    );
    let (what, _) = spoiled("digest =", "\"\\u001b[2J\" = 1\ndigest =");
    assert_eq!(what, "acme.toml:6:1: a form has no key `\\u{1b}[2J`");
}

#[test]
fn a_key_that_is_needed_is_asked_for() {
    check(
        &spoiled("name = \"acme\"\n", ""),
        "1:1: a recipe needs `name`",
        "name = \"acme\"",
    );
    for key in [
        "name = \"push\"",
        "parts = ",
        "digest = ",
        "output = ",
        "signature = ",
    ] {
        let line = RIGHT.lines().find(|line| line.starts_with(key)).unwrap();
        let name = key.split(' ').next().unwrap();
        check(
            &spoiled(&format!("{line}\n"), ""),
            &format!("3:1: a form needs `{name}`"),
            name,
        );
    }
    check(
        &spoiled("output =", "time = { part = \"nonce\" }\noutput ="),
        "7:8: a time needs `unit`",
        "unit = \"s\"",
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    check(
        &spoiled("name = \"acme\"", "name = 7"),
        "1:8: `name` cannot be a number",
        "a text in double quotes",
    );
    check(
        &spoiled("[[form]]", "[form]"),
        "3:1: `form` cannot be a table",
        "`[[form]]`",
    );
    check(
        &spoiled("{ header = \"X-Signature\" }", "\"X-Signature\""),
        "8:13: `signature` cannot be a text",
        "`query`, `header`, `json-raw`, `json-text`, `field`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { method = false }",
        ),
        "5:44: `method` cannot be `true` or `false`",
        "wanted: `true`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { body = \"{}\" }",
        ),
        "5:42: `body` cannot be a text",
        "`{ empty-as = \"{}\" }`",
    );
    check(
        &spoiled("output =", "joiner = { base64 = \"?\" }\noutput ="),
        "7:21: this is not base64",
        "base64",
    );
}

#[test]
fn a_name_that_is_not_listed_is_refused_with_the_list() {
    check(
        &spoiled("\"md5\"", "\"SHA256\""),
        "6:10: `SHA256` is no known digest",
        "`md5`, `sha1` or `sha256`",
    );
    check(
        &spoiled("\"base64\"", "\"Base64\""),
        "7:10: `Base64` is no known output",
        "`hex`, `HEX`, `base64` or `base64url`",
    );
    check(
        &spoiled("\"token\"", "\"password\""),
        "5:22: this is no known secret",
        "`token`, `aes-key`, `app-secret`, `app-key` or `access-key`",
    );
    check(
        &spoiled("output =", "order = \"alphabetic\"\noutput ="),
        "7:9: `alphabetic` is no known order",
        "`listed` or `sorted`",
    );
    check(
        &spoiled(
            "output =",
            "hmac-key = { secret = \"token\", encoding = \"text\" }\noutput =",
        ),
        "7:43: `text` is no known encoding",
        "`utf8`, `base64` or `hex`",
    );
    check(
        &spoiled(
            "output =",
            "time = { part = \"nonce\", unit = \"sec\" }\noutput =",
        ),
        "7:33: `sec` is no known unit",
        "`s` or `ms`",
    );
    check(
        &spoiled(
            "output =",
            "time = { part = \"nonce\", unit = \"s\", means = \"now\" }\noutput =",
        ),
        "7:46: `now` is no known meaning of a time",
        "`sent` or `expires`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { url = \"host\" }",
        ),
        "5:41: `host` is no known part of a URL",
        "`full`, `path` or `path+query`",
    );
    check(
        &spoiled(
            "\"md5\"",
            "{ part = \"nonce\", among = [\"md5\", \"crc\"] }",
        ),
        "6:44: `crc` is no known digest",
        "`md5`",
    );
}

#[test]
fn a_json_pointer_without_its_slash_is_refused() {
    check(
        &spoiled("header = \"X-Nonce\"", "json-raw = \"msg\""),
        "5:62: the JSON pointer `msg` does not start with `/`",
        "`/msg`",
    );
    check(
        &spoiled("header = \"X-Signature\"", "json-text = \"\""),
        "8:27: the JSON pointer `` does not start with `/`",
        "`/msg`",
    );
    check(
        &spoiled("header = \"X-Nonce\"", "json-text = \"/a~b\""),
        "5:63: the JSON pointer `/a~b` has a lone `~`",
        "`~0`",
    );
}

#[test]
fn a_header_or_parameter_that_can_never_be_there_is_refused() {
    check(
        &spoiled("X-Nonce", "X-Nonce:"),
        "5:60: `X-Nonce:` cannot be the name of a header",
        "`X-Nonce`",
    );
    check(
        &spoiled("header = \"X-Nonce\"", "query = \"\""),
        "5:59: `query` names nothing",
        "as the sender writes it",
    );
}

#[test]
fn time_and_digest_can_only_be_told_by_a_part_of_the_form() {
    check(
        &spoiled(
            "output =",
            "time = { part = \"timestamp\", unit = \"s\" }\noutput =",
        ),
        "7:17: the form has no part `timestamp`",
        "its parts: `nonce`",
    );
    check(
        &spoiled("\"md5\"", "{ part = \"method\", among = [\"md5\"] }"),
        "6:19: the form has no part `method`",
        "its parts: `nonce`",
    );
    check(
        &spoiled("\"md5\"", "{ part = \"token\", among = [\"md5\"] }"),
        "6:19: the part `token` is a secret, which tells nothing",
        "its parts: `nonce`",
    );
    check(
        &spoiled("\"md5\"", "{ part = \"nonce\", among = [] }"),
        "6:36: no digest may be named",
        "`md5`, `sha1` or `sha256`",
    );
}

#[test]
fn two_parts_or_forms_of_one_name_are_refused() {
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ name = \"nonce\", secret = \"token\" }",
        ),
        "5:58: two parts are named `nonce`",
        "another `name`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { secret = \"token\" }",
        ),
        "5:44: two parts are named `token`",
        "another `name`",
    );
    let form = RIGHT.split_once("\n\n").unwrap().1;
    check(
        &refused(&format!("{RIGHT}{form}")),
        "10:8: two forms are named `push`",
        "a name of its own",
    );
}

#[test]
fn a_name_that_no_flag_can_carry_is_refused() {
    check(
        &spoiled("\"nonce\"", "\"a nonce\""),
        "5:42: `a nonce` cannot be a name",
        "letters, digits",
    );
    check(
        &spoiled("\"acme\"", "\"\""),
        "1:8: `` cannot be a name",
        "letters, digits",
    );
    check(
        &spoiled("name = \"nonce\", ", ""),
        "5:33: a part that stands at `header` needs a `name`",
        "name = \"nonce\"",
    );
}

#[test]
fn a_name_that_is_a_flag_of_its_own_is_refused() {
    for (name, meaning) in [
        ("signature", "the signature itself"),
        (
            "credential",
            "the whole credential that fields are taken from",
        ),
        ("body", "the whole body"),
        ("url", "the URL of the request"),
    ] {
        check(
            &spoiled("\"nonce\"", &format!("\"{name}\"")),
            &format!("5:42: the name `{name}` stands for {meaning}"),
            "another name",
        );
    }
}

#[test]
fn a_recipe_without_forms_and_a_form_without_parts_are_refused() {
    check(
        &refused("name = \"acme\"\n"),
        "1:1: a recipe needs `form`",
        "`[[form]]`",
    );
    check(
        &refused("name = \"acme\"\nform = []\n"),
        "2:8: the recipe has no form",
        "`[[form]]`",
    );
    let parts = RIGHT.lines().nth(4).unwrap();
    check(
        &spoiled(parts, "parts = []"),
        "5:9: the form has no parts, so nothing is signed",
        "parts = [",
    );
}

#[test]
fn a_part_too_many_is_refused() {
    let many = "{ literal = \".\" },\n".repeat(MOST_PARTS - 1);
    check(
        &spoiled(
            "{ secret = \"token\" }",
            &format!("{many}{{ secret = \"token\" }}"),
        ),
        "20:23: a form has 17 parts",
        "at most 16",
    );
}

#[test]
fn a_part_stands_in_exactly_one_place() {
    check(
        &spoiled(
            "header = \"X-Nonce\"",
            "header = \"X-Nonce\", query = \"nonce\"",
        ),
        "5:79: a part stands in two places, `header` and `query`",
        "keep `literal`",
    );
    check(
        &spoiled(", header = \"X-Nonce\"", ""),
        "5:33: a part stands nowhere",
        "`header`",
    );
}

#[test]
fn a_form_that_no_secret_signs_is_refused() {
    check(
        &spoiled("{ secret = \"token\" }, ", ""),
        "5:9: the form `push` is signed with no secret, so anybody could sign",
        "hmac-key",
    );
}

#[test]
fn a_signature_stands_where_a_request_can_carry_it() {
    check(
        &spoiled("{ header = \"X-Signature\" }", "{ method = true }"),
        "8:24: a signature cannot stand at `method`",
        "`query`, `header`, `json-raw`, `json-text` or `field`",
    );
    check(
        &spoiled("{ header = \"X-Signature\" }", "{ prefix = \"v1=\" }"),
        "8:13: a signature stands nowhere",
        "`query`, `header`, `json-raw`, `json-text` or `field`",
    );
    check(
        &spoiled("X-Signature\"", "X-Signature\", separator = \"\""),
        "8:51: an empty separator separates nothing",
        "leave it out",
    );
}

#[test]
fn an_echo_is_something_that_the_request_holds() {
    check(
        &spoiled("output =", "echo = { secret = \"token\" }\noutput ="),
        "7:8: a secret cannot be echoed",
        "echostr",
    );
    check(
        &spoiled(
            "output =",
            "echo = { name = \"nonce\", query = \"nonce\" }\noutput =",
        ),
        "7:8: the echo and a part are both named `nonce`, and stand in different places",
        "another `name`",
    );
}
