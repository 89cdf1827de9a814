//! Text that became bytes in another charset than UTF-8.

use std::borrow::Cow;

use super::{Case, Change, Mistake, Stage, mistake};

/// Another encoding of characters.
#[derive(Clone, Copy, Debug)]
pub struct Charset {
    /// Stands before the whole text: a byte order mark, or nothing.
    pub mark: &'static [u8],
    /// What becomes of a piece of the base string.
    pub encode: fn(&[u8]) -> Vec<u8>,
}

pub(super) fn mistakes(case: &Case<'_>) -> impl Iterator<Item = Mistake> {
    let is_gbk = case.values.iter().any(|value| is_gbk(value));
    let rows = is_gbk.then_some(&FROM_GBK).into_iter().chain(CHARSETS);
    rows.map(|&(id, title, mark, encode)| {
        mistake(
            Stage::Body,
            id,
            title,
            "hash the UTF-8 bytes that arrived: name the charset wherever text becomes bytes",
            Change::Charset(Charset { mark, encode }),
        )
    })
}

type Row = (
    &'static str,
    &'static str,
    &'static [u8],
    fn(&[u8]) -> Vec<u8>,
);

/// Whether these bytes are text in GBK and none in UTF-8.
fn is_gbk(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_err()
        && encoding_rs::GBK
            .decode_without_bom_handling_and_without_replacement(text)
            .is_some()
}

/// What is here is GBK already.
const FROM_GBK: Row = (
    "body.gbk-as-utf-8",
    "the GBK text was turned into bytes as UTF-8",
    b"",
    from_gbk,
);

/// The bytes as GBK, written as UTF-8.
fn from_gbk(text: &[u8]) -> Vec<u8> {
    let (text, _) = encoding_rs::GBK.decode_without_bom_handling(text);
    text.into_owned().into_bytes()
}

const CHARSETS: &[Row] = &[
    (
        "body.as-gbk",
        "the text was turned into bytes as GBK",
        b"",
        |text| encoding_rs::GBK.encode(&utf8(text)).0.into_owned(),
    ),
    (
        "body.read-as-gbk",
        "the UTF-8 bytes were read as GBK and written as UTF-8",
        b"",
        from_gbk,
    ),
    (
        "body.as-latin-1",
        "the text was turned into bytes as Latin-1, with `?` for what it lacks",
        b"",
        |text| latin1(&utf8(text)),
    ),
    (
        "body.read-as-latin-1",
        "the UTF-8 bytes were read as Latin-1 and written as UTF-8",
        b"",
        |text| {
            text.iter()
                .copied()
                .map(char::from)
                .collect::<String>()
                .into_bytes()
        },
    ),
    (
        "body.read-as-windows-1252",
        "the UTF-8 bytes were read as Windows-1252 and written as UTF-8",
        b"",
        |text| {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(text)
                .0
                .into_owned()
                .into_bytes()
        },
    ),
    (
        "body.as-ascii",
        "the text was turned into bytes as ASCII, with `?` for what it lacks",
        b"",
        |text| {
            utf8(text)
                .chars()
                .map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?'))
                .collect()
        },
    ),
    (
        "body.as-utf-16",
        "the text was hashed as UTF-16 (little-endian)",
        b"",
        utf16_le,
    ),
    (
        "body.as-utf-16",
        "the text was hashed as UTF-16 (little-endian, with a byte order mark)",
        b"\xff\xfe",
        utf16_le,
    ),
    (
        "body.as-utf-16",
        "the text was hashed as UTF-16 (big-endian)",
        b"",
        utf16_be,
    ),
    (
        "body.as-utf-16",
        "the text was hashed as UTF-16 (big-endian, with a byte order mark)",
        b"\xfe\xff",
        utf16_be,
    ),
];

fn utf8(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}

fn utf16_le(text: &[u8]) -> Vec<u8> {
    let units = utf8(text).encode_utf16().collect::<Vec<_>>();
    units.into_iter().flat_map(u16::to_le_bytes).collect()
}

fn utf16_be(text: &[u8]) -> Vec<u8> {
    let units = utf8(text).encode_utf16().collect::<Vec<_>>();
    units.into_iter().flat_map(u16::to_be_bytes).collect()
}
