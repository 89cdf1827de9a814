//! The table of writers.

use super::shape::{self, each_object, each_scalar};
use super::{Style, Value, Writer, compact, number, text};

/// Every writer: of those that often write the same, the one that names no language before those
/// that do, and the frequent ones of each language first.
#[must_use]
pub fn writers() -> &'static [Writer] {
    WRITERS
}

const fn writer(id: &'static str, title: &'static str, write: fn(&Value) -> Vec<u8>) -> Writer {
    Writer { id, title, write }
}

/// The value in that shape and style; short, so that the table stays one.
fn written(value: &Value, shape: fn(&mut Vec<(String, Value)>), style: Style) -> Vec<u8> {
    style.write(&each_object(value, shape))
}

static WRITERS: &[Writer] = &[
    writer("python-default-json", "Python's json.dumps", |v| {
        written(v, shape::unique, PYTHON)
    }),
    writer("compact", "without blanks", compact),
    writer("sorted-keys", "with sorted keys and without blanks", |v| {
        written(v, shape::sorted, Style::COMPACT)
    }),
    writer("indent-2", "indented by 2", |v| {
        Style::COMPACT.indent("  ").write(v)
    }),
    writer("indent-4", "indented by 4", |v| {
        Style::COMPACT.indent("    ").write(v)
    }),
    writer("indent-tab", "indented by tabs", |v| {
        Style::COMPACT.indent("\t").write(v)
    }),
    writer("json-stringify", "JavaScript's JSON.stringify", |v| {
        written(
            v,
            shape::ecmascript,
            Style::COMPACT.number(number::ecmascript),
        )
    }),
    writer("go-marshal", "Go's json.Marshal of a map", |v| {
        written(v, shape::sorted, GO.number(number::go_any))
    }),
    writer("go-struct-order", "Go's json.Marshal of a struct", |v| {
        GO.write(v)
    }),
    writer(
        "python-utf8",
        "Python's json.dumps with ensure_ascii=False",
        |v| written(v, shape::unique, PYTHON.text(text::minimal)),
    ),
    writer(
        "python-compact-ascii",
        "Python's json.dumps with separators=(',', ':')",
        |v| written(v, shape::unique, PYTHON.no_blanks()),
    ),
    writer(
        "python-compact-utf8",
        "Python's json.dumps with separators=(',', ':') and ensure_ascii=False",
        |v| written(v, shape::unique, PYTHON.no_blanks().text(text::minimal)),
    ),
    writer(
        "python-sorted",
        "Python's json.dumps with sort_keys=True",
        |v| written(v, shape::sorted, PYTHON),
    ),
    writer(
        "python-sorted-compact",
        "Python's json.dumps with sort_keys=True and separators=(',', ':')",
        |v| written(v, shape::sorted, PYTHON.no_blanks()),
    ),
    writer(
        "python-indent-2",
        "Python's json.dumps with indent=2",
        |v| written(v, shape::unique, PYTHON.indent("  ")),
    ),
    writer(
        "python-indent-4",
        "Python's json.dumps with indent=4",
        |v| written(v, shape::unique, PYTHON.indent("    ")),
    ),
    writer("php-default", "PHP's json_encode", |v| {
        PHP.write(&shape::php_arrays(v))
    }),
    writer(
        "php-unescaped-slashes",
        "PHP's json_encode with JSON_UNESCAPED_SLASHES",
        |v| PHP.text(text::non_ascii).write(&shape::php_arrays(v)),
    ),
    writer(
        "php-unescaped-unicode",
        "PHP's json_encode with JSON_UNESCAPED_UNICODE",
        |v| PHP.text(text::php_unicode).write(&shape::php_arrays(v)),
    ),
    writer(
        "php-unescaped-slashes-unicode",
        "PHP's json_encode with JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE",
        |v| PHP.text(text::line_separators).write(&shape::php_arrays(v)),
    ),
    writer(
        "php-preserve-zero-fraction",
        "PHP's json_encode with JSON_PRESERVE_ZERO_FRACTION",
        |v| {
            PHP.number(number::php_zero_fraction)
                .write(&shape::php_arrays(v))
        },
    ),
    writer(
        "php-pretty",
        "PHP's json_encode with JSON_PRETTY_PRINT",
        |v| PHP.indent("    ").write(&shape::php_arrays(v)),
    ),
    writer("java-org-json", "Java's org.json JSONObject", |v| {
        let style = Style::COMPACT.text(text::org_json).number(number::org_json);
        written(v, shape::hashed, style)
    }),
    writer("java-gson", "Java's Gson through an untyped map", |v| {
        let style = Style::COMPACT.text(text::gson).number(number::java_double);
        written(v, shape::without_nulls, style)
    }),
    writer("java-jackson", "Java's Jackson tree", |v| {
        let style = Style::COMPACT
            .text(text::minimal_upper)
            .number(number::jackson);
        written(v, shape::unique, style)
    }),
    writer(
        "java-hashmap-order",
        "a Java HashMap, such as fastjson's JSONObject",
        |v| written(v, shape::hashed, Style::COMPACT),
    ),
    writer("dotnet-system-text-json", ".NET's System.Text.Json", |v| {
        Style::COMPACT.text(text::dotnet).write(v)
    }),
    writer(
        "dotnet-newtonsoft",
        ".NET's Newtonsoft.Json, not indented",
        |v| {
            let style = Style::COMPACT
                .text(text::newtonsoft)
                .number(number::newtonsoft);
            written(v, shape::unique, style)
        },
    ),
    writer("ruby-generate", "Ruby's JSON.generate", |v| {
        written(v, shape::unique, Style::COMPACT.number(number::ruby))
    }),
    writer("rails-to-json", "Rails' to_json", |v| {
        written(
            v,
            shape::unique,
            Style::COMPACT.text(text::html).number(number::ruby),
        )
    }),
    writer("rust-serde-json", "Rust's serde_json::Value", |v| {
        written(v, shape::sorted, Style::COMPACT.number(number::rust))
    }),
    writer(
        "indent-2-crlf",
        "indented by 2, with the line ends of Windows",
        |v| {
            let style = Style {
                newline: "\r\n",
                ..Style::COMPACT.indent("  ")
            };
            style.write(v)
        },
    ),
    writer("spaced", "with a blank after commas and colons", |v| {
        SPACED.write(v)
    }),
    writer("space-after-colon", "with a blank after colons", |v| {
        let style = Style {
            comma: ",",
            ..SPACED
        };
        style.write(v)
    }),
    writer("space-after-comma", "with a blank after commas", |v| {
        let style = Style {
            colon: ":",
            ..SPACED
        };
        style.write(v)
    }),
    writer(
        "numbers-shortened",
        "with numbers without zeros at the end",
        |v| Style::COMPACT.number(number::shortened).write(v),
    ),
    writer(
        "big-integers-through-double",
        "with integers over 2^53 through a double",
        |v| Style::COMPACT.number(number::big_through_double).write(v),
    ),
    writer("numbers-quoted", "with numbers as strings", |v| {
        compact(&each_scalar(v, shape::quoted))
    }),
    writer(
        "numbers-unquoted",
        "with strings that are numbers as numbers",
        |v| compact(&each_scalar(v, shape::unquoted)),
    ),
    writer("escaped-slashes", "with every / as \\/", |v| {
        Style::COMPACT.text(text::slashes).write(v)
    }),
    writer(
        "escaped-unicode",
        "with everything beyond ASCII as \\uXXXX",
        |v| Style::COMPACT.text(text::non_ascii).write(v),
    ),
];

const SPACED: Style = Style {
    comma: ", ",
    colon: ": ",
    ..Style::COMPACT
};

const PYTHON: Style = Style {
    text: text::ascii,
    number: number::python,
    ..SPACED
};

const GO: Style = Style {
    text: text::html,
    number: number::go_typed,
    ..Style::COMPACT
};

const PHP: Style = Style {
    text: text::php,
    number: number::php,
    ..Style::COMPACT
};

impl Style {
    const fn no_blanks(self) -> Self {
        Self {
            comma: ",",
            colon: ":",
            ..self
        }
    }

    const fn indent(self, indent: &'static str) -> Self {
        Self {
            comma: ",",
            colon: ": ",
            indent: Some(indent),
            ..self
        }
    }

    const fn text(self, text: fn(&str, &mut Vec<u8>)) -> Self {
        Self { text, ..self }
    }

    const fn number(self, number: fn(&str) -> String) -> Self {
        Self { number, ..self }
    }
}
