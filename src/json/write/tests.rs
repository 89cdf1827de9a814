use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use proptest::prelude::*;

use super::super::lenient::tests::values;
use super::super::{scan, tree};
use super::*;

mod golden;

fn written(id: &str, text: &str) -> String {
    let writer = writers().iter().find(|writer| writer.id == id).unwrap();
    let value = tree::parse(text.as_bytes()).unwrap();
    String::from_utf8((writer.write)(&value)).unwrap()
}

#[test]
fn each_writer_writes_what_the_real_software_printed() {
    for &(id, source, expected) in golden::GOLDEN {
        assert_eq!(written(id, golden::NASTY), expected, "{id}, {source}");
    }
}

#[test]
fn the_known_mistakes_of_the_onenet_online_vector_are_reproduced() {
    let msg = r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#;
    let signature = |msg: &str| {
        let digest = Md5::digest(format!("20200321182801w&INtJ9+{msg}"));
        STANDARD.encode(digest)
    };
    assert_eq!(signature(msg), "1FtJkDnewfBiKFJKKheJPA==");
    assert_eq!(
        signature(&written("python-default-json", msg)),
        "fjv4IkU0BM0IM8knirSfOw=="
    );
    assert_eq!(
        signature(&written("indent-2", msg)),
        "BtfwgyS4LgnUOSRRMs6X8w=="
    );
    // This body is already in HashMap order: that writer must not change it.
    assert_eq!(written("java-hashmap-order", msg), msg);
}

// Each line was printed by OpenJDK 17: `String.join(",", new HashMap(…).keySet())`.
#[test]
fn members_are_ordered_as_a_java_hash_map_orders_them() {
    for (inserted, expected) in [
        ("type,dev_id,ds_id,at,value", "at,type,ds_id,value,dev_id"),
        (
            "imei,at,type,ds_id,value,dev_id",
            "at,imei,type,ds_id,value,dev_id",
        ),
        (
            "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
            "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
        ),
        ("AaAa,BBBB,AaBB,x", "x,AaAa,BBBB,AaBB"),
        ("中文,é,😀,z,Aa,BB", "Aa,BB,中文,😀,é,z"),
        ("b,a,n,l,10,9,o,e", "a,b,e,9,l,n,10,o"),
        (
            "k0,k1,k2,k3,k4,k5,k6,k7,k8,k9,k10,k11,k12,k13,k14,k15,k16,k17,k18,k19,k20,k21,k22,k23,k24,k25,longer-name",
            "k11,k10,k13,k12,k15,k14,k17,k16,k19,k18,k0,k1,k2,k3,k20,k4,k5,k22,k6,k21,k7,k24,k8,k23,k9,k25,longer-name",
        ),
        (
            "send_time,imei,send_status,confirm_body,type,cmd_id,cmd_type,confirm_time,confirm_status,dev_id",
            "send_time,imei,send_status,confirm_body,type,cmd_id,cmd_type,confirm_time,confirm_status,dev_id",
        ),
    ] {
        let mut members: Vec<_> = inserted
            .split(',')
            .map(|name| (name.to_owned(), Value::Null))
            .collect();
        java_hash_order(&mut members);
        let names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.join(","), expected);
    }
}

// Printed by OpenJDK 17: `Double.toString(Double.parseDouble(…))`.
#[test]
fn gson_writes_every_number_as_java_writes_doubles() {
    assert_eq!(
        written(
            "java-gson",
            "[1,2.5,1E10,12345678901234567890,-0.0,1e-7,0.00001,1e16,1e21,1.5e300,123456789.125,0.001,\
             1585579321430,12.30,9999999,10000000,0.0009,100,2e-3]"
        ),
        "[1.0,2.5,1.0E10,1.2345678901234567E19,-0.0,1.0E-7,1.0E-5,1.0E16,1.0E21,1.5E300,1.23456789125E8,\
         0.001,1.58557932143E12,12.3,9999999.0,1.0E7,9.0E-4,100.0,0.002]"
    );
}

#[test]
fn gson_escapes_html_and_drops_null_members() {
    assert_eq!(
        written("java-gson", r#"{"a":"<>&='/中","b":null,"c":[null]}"#),
        r#"{"a":"\u003c\u003e\u0026\u003d\u0027/中","c":[null]}"#
    );
}

// Source: JSONObject.quote and JSONObject.numberToString.
#[test]
fn org_json_orders_by_hash_and_shortens_numbers_and_escapes_closing_tags() {
    assert_eq!(
        written(
            "java-org-json",
            r#"{"b":1.0,"a":"</p>/<\/é\u0085–","n":[12.30,1E10,-0.0,7,0.5,100.0]}"#
        ),
        r#"{"a":"<\/p>/<\/é\u0085\u2013","b":1,"n":[12.3,1.0E10,-0,7,0.5,100]}"#
    );
}

// Source: com.fasterxml.jackson.core.io.CharTypes and NumberOutput.
#[test]
fn jackson_keeps_order_and_integers() {
    assert_eq!(
        written(
            "java-jackson",
            r#"{"b":1.0,"a":"/é\u001f","n":[12345678901234567890,1E10,-0],"b":2}"#
        ),
        r#"{"b":2,"a":"/é\u001F","n":[12345678901234567890,1.0E10,0]}"#
    );
}

// Source: System.Text.Encodings.Web.JavaScriptEncoder.Default.
#[test]
fn system_text_json_escapes_in_upper_case_and_keeps_numbers() {
    assert_eq!(
        written(
            "dotnet-system-text-json",
            r#"{"b":1.0,"a":"中é\"\\/&'+<>`\n\u001f\u007f😀"}"#
        ),
        r#"{"b":1.0,"a":"\u4E2D\u00E9\u0022\\/\u0026\u0027\u002B\u003C\u003E\u0060\n\u001F\u007F\uD83D\uDE00"}"#
    );
}

// Source: JsonConvert.ToString(double) and JavaScriptUtils of Newtonsoft.Json 13.
#[test]
fn newtonsoft_gives_every_float_a_point_or_an_exponent() {
    assert_eq!(
        written(
            "dotnet-newtonsoft",
            r#"{"a":[1,1.0,12.30,1E10,1e15,1e-5,1e-6],"b":"中<\/\u0085"}"#
        ),
        r#"{"a":[1,1.0,12.3,10000000000.0,1E+15,1E-05,1E-06],"b":"中</\u0085"}"#
    );
}

// Printed by serde_json 1 without its optional features.
#[test]
fn serde_json_sorts_names_and_writes_floats_in_its_own_way() {
    assert_eq!(
        written(
            "rust-serde-json",
            r#"{"b":[1.0,12.30,1E10,1e15,1e16,1e-5,1e-6,-0,-0.0,12345678901234567890],"a":1}"#
        ),
        r#"{"a":1,"b":[1.0,12.3,10000000000.0,1000000000000000.0,1e+16,0.00001,1e-6,-0.0,-0.0,12345678901234567890]}"#
    );
}

#[test]
fn go_structs_keep_their_order_and_their_integers() {
    assert_eq!(
        written(
            "go-struct-order",
            r#"{"b":12345678901234567890,"a":"<é/>","c":1.0}"#
        ),
        r#"{"b":12345678901234567890,"a":"\u003cé/\u003e","c":1}"#
    );
}

#[test]
fn rails_escapes_html_and_writes_numbers_as_ruby_does() {
    assert_eq!(
        written("rails-to-json", r#"{"b":1e16,"a":"<é/>&"}"#),
        r#"{"b":1.0e+16,"a":"\u003cé/\u003e\u0026"}"#
    );
}

// Printed by Node 20: `JSON.stringify(v, null, 2)`, `"\t"` in its place.
#[test]
fn indentation_is_that_of_json_stringify() {
    let text = r#"{"a":[1,{"b":[],"c":{}}],"d":"x"}"#;
    let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": [],\n      \"c\": {}\n    }\n  ],\n  \"d\": \"x\"\n}";
    assert_eq!(written("indent-2", text), expected);
    assert_eq!(written("indent-4", text), expected.replace("  ", "    "));
    assert_eq!(written("indent-tab", text), expected.replace("  ", "\t"));
    assert_eq!(
        written("indent-2-crlf", text),
        expected.replace('\n', "\r\n")
    );
}

#[test]
fn the_single_changes_change_nothing_else() {
    let text = r#"{"b":[1.0,12.30,1.0E10,1.20e-3,-0.0,100,9007199254740993,1.5E1,1e30],"a":"é/","n":"12.30","m":"01"}"#;
    for (id, expected) in [
        ("compact", text.to_owned()),
        (
            "numbers-shortened",
            text.replace(
                "1.0,12.30,1.0E10,1.20e-3,-0.0,100,9007199254740993,1.5E1",
                "1,12.3,10000000000,1.2e-3,-0,100,9007199254740993,15",
            ),
        ),
        ("big-integers-through-double", text.replace("0993", "0992")),
        (
            "numbers-unquoted",
            text.replace(r#""n":"12.30""#, r#""n":12.30"#),
        ),
        ("escaped-slashes", text.replace('/', r"\/")),
        ("escaped-unicode", text.replace('é', r"\u00e9")),
        ("spaced", text.replace(':', ": ").replace(',', ", ")),
        ("space-after-colon", text.replace(':', ": ")),
        ("space-after-comma", text.replace(',', ", ")),
    ] {
        assert_eq!(written(id, text), expected, "{id}");
    }
    assert_eq!(
        written("numbers-quoted", r#"{"a":[1.0,"x"]}"#),
        r#"{"a":["1.0","x"]}"#
    );
    assert_eq!(
        written(
            "sorted-keys",
            r#"{"b":{"é":1,"z":2.0},"a":3,"b":{"y":1,"B":2}}"#
        ),
        r#"{"a":3,"b":{"B":2,"y":1}}"#
    );
}

// Printed by PHP 8.2.
#[test]
fn php_turns_objects_that_count_from_zero_into_lists() {
    assert_eq!(
        written(
            "php-default",
            r#"[{"0":{"0":1}},{"1":1,"0":2},{"0":1,"01":2},{"a":1,"a":2,"b":3,"a":4}]"#
        ),
        r#"[[[1]],{"1":1,"0":2},{"0":1,"01":2},{"a":4,"b":3}]"#
    );
    assert_eq!(
        written(
            "php-default",
            "[1e16,1e17,0.00012,123456789012345678.0,9223372036854775807,9223372036854775808,\
             -9223372036854775808,-0,-0e1]"
        ),
        "[10000000000000000,1.0e+17,0.00012,1.2345678901234568e+17,9223372036854775807,9.223372036854776e+18,\
         -9223372036854775808,0,-0]"
    );
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = writers().iter().map(|writer| writer.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), writers().len());
}

proptest! {
    #[test]
    fn what_is_written_compactly_parses_to_the_same(value in values()) {
        prop_assert_eq!(tree::parse(&compact(&value)), Ok(value));
    }

    #[test]
    fn every_writer_writes_json(value in values()) {
        for writer in writers() {
            let text = (writer.write)(&value);
            prop_assert!(scan::check(&text).is_ok(), "{}", writer.id);
        }
    }

    #[test]
    fn members_joined_again_are_the_compact_text(members in prop::collection::vec((any::<String>(), values()), 0..6)) {
        let text = compact(&Value::Object(members));
        let joined: Vec<_> = scan::members(&text)
            .unwrap()
            .iter()
            .map(|member| [b"\"", member.name, b"\":", member.value].concat())
            .collect();
        prop_assert_eq!([b"{", joined.join(&b","[..]).as_slice(), b"}"].concat(), text);
    }
}
