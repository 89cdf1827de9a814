//! What a mistake means where it explains the signature that **arrived**.
//!
//! The table says what was done to a right value. Made on what is here, it gives what was
//! signed; so what happened on the way was the reverse: if a blank that becomes a `+` fits, a
//! `+` became a blank before it got here.

/// The reverse of a mistake.
#[derive(Debug)]
pub struct Reverse {
    /// The mistake of the table that fits.
    made: &'static str,
    /// The mistake that happened.
    pub id: &'static str,
    /// What happened to a part, as the end of a sentence.
    pub title: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

/// The reverse of one of these mistakes, which give equal bytes.
#[must_use]
pub fn of(ids: &[&str]) -> Option<&'static Reverse> {
    REVERSES.iter().find(|reverse| ids.contains(&reverse.made))
}

const ON_ARRIVAL: &str = "keep the body as it arrives, before a proxy, a logger or a framework \
                          touches it, and hash those bytes";

const REVERSES: &[Reverse] = &[
    Reverse {
        made: "query.blank-to-plus",
        id: "query.plus-to-blank",
        title: "a `+` became a blank on its way here: something decoded it as a form",
        advice: "take the value from the raw request and percent-decode it only: a `+` is a `+`",
    },
    Reverse {
        made: "query.html-unescaped",
        id: "query.html-escaped",
        title: "it was HTML-escaped on its way here",
        advice: "switch off the escaping of input (`htmlspecialchars` and the like)",
    },
    Reverse {
        made: "query.percent-encoded",
        id: "query.decoded-twice",
        title: "it was percent-decoded once too often on its way here",
        advice: "percent-decode each value of the raw query exactly once",
    },
    Reverse {
        made: "body.compact",
        id: "body.reformatted",
        title: "it was reformatted on its way here: what was signed has no blanks between values",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.trimmed",
        id: "body.blanks-added",
        title: "blanks or newlines were added around it on its way here",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.bom-removed",
        id: "body.bom",
        title: "a byte order mark was put before it on its way here",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.trailing-newline",
        id: "body.newline-lost",
        title: "the newline at its end was lost on its way here",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.trailing-crlf",
        id: "body.newline-lost",
        title: "the CRLF at its end was lost on its way here",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.crlf-to-lf",
        id: "body.lf-to-crlf",
        title: "its line ends became CRLF on its way here",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.lf-to-crlf",
        id: "body.crlf-to-lf",
        title: "its CRLF line ends became LF on its way here",
        advice: ON_ARRIVAL,
    },
    Reverse {
        made: "body.gbk-as-utf-8",
        id: "body.saved-as-gbk",
        title: "this copy is saved as GBK; what was signed is UTF-8",
        advice: "keep the bytes as they arrive: save them as they are, or as UTF-8",
    },
];
