use super::*;
use crate::json::tree;
use proptest::prelude::*;

fn edited(text: &str, assignment: &str) -> Result<String, EditError> {
    let (path, value) = parse_assignment(assignment).unwrap();
    set(text.as_bytes(), &path, &value).map(|text| String::from_utf8(text).unwrap())
}

#[test]
fn one_value_is_replaced_and_every_other_byte_stays() {
    let text = "{ \"b\" : 1.0 ,\n\"a\":{\"x\":[true, {\"\\u0079\":null}]}, \"c\":\"\\/\"}\n";
    let change = |old, new| Ok(text.replace(old, new));
    assert_eq!(edited(text, "/b=2.50"), change("1.0", "2.50"));
    assert_eq!(edited(text, "a.x.0=[1, 2]"), change("true", "[1, 2]"));
    assert_eq!(edited(text, "/a/x/1/y=离线"), change("null", "\"离线\""));
    assert_eq!(edited(text, "c=a\"b"), change("\"\\/\"", "\"a\\\"b\""));
    assert_eq!(edited(text, "c="), change("\"\\/\"", "\"\""));
}

#[test]
fn of_two_members_of_one_name_the_last_is_replaced() {
    let text = r#"{"a":1,"a":2}"#;
    assert_eq!(edited(text, "a=3"), Ok(r#"{"a":1,"a":3}"#.into()));
}

#[test]
fn a_name_that_is_not_there_is_named_with_the_nearest_and_with_all_that_are() {
    let text = r#"{"msg":{"at":1,"type":2,"status":1}}"#;
    let why = edited(text, "msg.stauts=0").unwrap_err();
    assert_eq!(
        why.to_string(),
        "there is no `stauts` in /msg: it has `at`, `type`, `status`"
    );
    assert_eq!(why.hint().unwrap(), "did you mean `/msg/status`?");
    let why = edited(text, "status=0").unwrap_err();
    assert_eq!(
        why.to_string(),
        "there is no `status` in the body: it has `msg`"
    );
    assert_eq!(why.hint(), None);
}

#[test]
fn an_index_beyond_the_end_and_a_path_into_a_number_are_refused() {
    let text = r#"{"a":[1,2],"b":3,"s":"x","e":[]}"#;
    for (assignment, words) in [
        (
            "a.2=0",
            "there is no element `2` in /a: the array has 2, numbers 0 to 1",
        ),
        (
            "a.x=0",
            "there is no element `x` in /a: the array has 2, numbers 0 to 1",
        ),
        ("e.0=0", "there is no element `0` in /e: the array is empty"),
        ("b.c=0", "there is no `c` in /b, which is a number"),
        (
            "s.c=0",
            "there is no `c` in /s, which is a string without JSON in it",
        ),
    ] {
        assert_eq!(edited(text, assignment).unwrap_err().to_string(), words);
    }
    assert!(matches!(edited("{", "a=1"), Err(EditError::Text(_))));
    let path = "b".parse().unwrap();
    let value = set(text.as_bytes(), &path, b"nope");
    assert!(matches!(value, Err(EditError::Value(_))));
}

#[test]
fn inside_a_string_that_holds_json_only_the_value_is_escaped_anew() {
    let text = r#"{"msg":"{\"u\":\"\u4e2d\/\",\"data\":{\"status\":\"online\"} }","id":"1"}"#;
    assert_eq!(
        edited(text, "msg.data.status=离\"线"),
        Ok(text.replace(r#"\"online\""#, r#"\"离\\\"线\""#))
    );
    assert_eq!(
        edited(text, "msg.u=1"),
        Ok(text.replace(r#"\"\u4e2d\/\""#, "1"))
    );
    let why = edited(text, "msg.data.stat=1").unwrap_err();
    assert!(why.to_string().ends_with("in /msg/data: it has `status`"));
}

#[test]
fn a_string_inside_a_string_is_followed_too() {
    let inner = r#"{"v":1}"#;
    let nested = |inner: &str| {
        let once = compact(&Value::String(inner.to_owned()));
        let once = format!("{{\"b\":{}}}", String::from_utf8(once).unwrap());
        let twice = compact(&Value::String(once));
        format!("[{}]", String::from_utf8(twice).unwrap())
    };
    assert_eq!(
        edited(&nested(inner), "0.b.v=x"),
        Ok(nested(r#"{"v":"x"}"#))
    );
}

#[test]
fn a_value_that_is_json_is_kept_and_what_is_none_becomes_a_string() {
    let value = |text: &str| String::from_utf8(parse_assignment(text).unwrap().1).unwrap();
    assert_eq!(value("a= [1, 2.0]"), " [1, 2.0]");
    assert_eq!(value("a=true"), "true");
    assert_eq!(value("a=007"), "\"007\"");
    assert_eq!(value("a=b=c"), "\"b=c\"");
    assert_eq!(value("a=离线"), "\"离线\"");
    assert!(parse_assignment("a").is_err());
    assert!(parse_assignment("=1").is_err());
}

/// Any JSON value, duplicates and odd names among it.
fn any_value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["a", "b", "", "~", "/", "a.b", "\"", "\\", "中", "0"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(number.to_string())),
        Just(Value::Number("1.50e+3".into())),
        ".{0,6}".prop_map(Value::String),
        Just(Value::String("{\"a\": [1, \"\\n\"]}".into())),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((name.clone().prop_map(str::to_owned), inner), 0..5)
                .prop_map(Value::Object),
        ]
    })
}

/// Every path that leads somewhere, by the last member of each name.
fn paths(value: &Value, so_far: &[String], into: &mut Vec<Vec<String>>) {
    let mut below = |name: String, value: &Value| {
        let path = [so_far, &[name]].concat();
        paths(value, &path, into);
        into.push(path);
    };
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                below(index.to_string(), element);
            }
        }
        Value::Object(members) => {
            for (index, (name, value)) in members.iter().enumerate() {
                if members[index + 1..].iter().all(|(other, _)| other != name) {
                    below(name.clone(), value);
                }
            }
        }
        _ => {}
    }
}

fn replace(value: &mut Value, steps: &[String], new: &Value) {
    let Some((step, rest)) = steps.split_first() else {
        *value = new.clone();
        return;
    };
    match value {
        Value::Array(elements) => {
            let index: usize = step.parse().unwrap();
            replace(&mut elements[index], rest, new);
        }
        Value::Object(members) => {
            let member = members.iter_mut().rfind(|(name, _)| name == step);
            replace(&mut member.unwrap().1, rest, new);
        }
        _ => panic!("the path leads nowhere"),
    }
}

proptest! {
    #[test]
    fn the_changed_text_reads_as_the_changed_value_and_the_rest_is_the_same_text(
        value in any_value(),
        new in any_value(),
        pick: prop::sample::Index,
        writer: prop::sample::Index,
    ) {
        let mut all = Vec::new();
        paths(&value, &[], &mut all);
        prop_assume!(!all.is_empty());
        let steps = &all[pick.index(all.len())];
        // Two ways of writing, with blanks and without.
        let spaced = writer.index(2) == 0;
        let text = if spaced { spread(&compact(&value)) } else { compact(&value) };
        let path: Path = pointer(steps).parse().unwrap();
        let new_text = compact(&new);
        let changed = set(&text, &path, &new_text).unwrap();

        let mut expected = value.clone();
        replace(&mut expected, steps, &new);
        prop_assert_eq!(tree::parse(&changed).unwrap(), expected);
        let old = scan::find(&text, &path.to_string()).unwrap().unwrap();
        let start = scan::offset_in(&text, old);
        prop_assert_eq!(&changed[..start], &text[..start]);
        prop_assert_eq!(&changed[start + new_text.len()..], &text[start + old.len()..]);
        let found = find(&changed, &path).unwrap();
        prop_assert_eq!(&found[..], &new_text[..]);
    }

    #[test]
    fn inside_a_string_it_is_the_same_as_outside(
        value in any_value(),
        new in any_value(),
        pick: prop::sample::Index,
    ) {
        let mut all = Vec::new();
        paths(&value, &[], &mut all);
        prop_assume!(!all.is_empty());
        let steps = &all[pick.index(all.len())];
        let text = compact(&value);
        let path: Path = pointer(steps).parse().unwrap();
        let changed = set(&text, &path, &compact(&new)).unwrap();
        let wrapped = |text: &[u8]| [b"{\"msg\":\"", &escape(text)[..], b"\"}"].concat();
        let path: Path = format!("/msg{path}").parse().unwrap();
        let inside = set(&wrapped(&text), &path, &compact(&new)).unwrap();
        prop_assert_eq!(inside, wrapped(&changed));
    }

    #[test]
    fn no_bytes_make_it_panic(text: Vec<u8>, path in "[/a0.~\"]{1,6}") {
        if let Ok(path) = path.parse() {
            let _ = set(&text, &path, b"1");
            let _ = find(&text, &path);
        }
    }
}

/// The same value with blanks wherever there may be some.
fn spread(compact: &[u8]) -> Vec<u8> {
    let mut text = b" ".to_vec();
    let (mut inside, mut escaped) = (false, false);
    for &byte in compact {
        let structural = !inside && b"{}[],:".contains(&byte);
        if structural {
            text.push(b'\n');
        }
        text.push(byte);
        if structural {
            text.push(b' ');
        }
        match byte {
            b'"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && byte == b'\\' && !escaped;
    }
    text
}
