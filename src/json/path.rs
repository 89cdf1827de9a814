//! The path to one value: `/a/b` (RFC 6901) or `a.b`.
//!
//! People type both. What starts with `/` is a pointer, in which `~1` stands for `/` and `~0`
//! for `~`; everything else is split at its dots, so that a name with a dot in it, or an empty
//! one, needs the pointer.

use std::fmt;
use std::str::FromStr;

/// A way from the root to a value: names of members and indices of elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<String>);

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// There is nothing in it.
    #[error("the path is empty: write `/name`, or `name`")]
    Empty,
    /// Two dots in a row, or one at an end.
    #[error("the path `{0}` has an empty name in it: an empty name needs the form `/a//b`")]
    EmptyName(String),
    /// A `~` that neither `0` nor `1` follows.
    #[error("the path `{0}` has a `~` in it that stands for nothing: write `~0` for `~`")]
    Tilde(String),
    /// There is no `=` between path and value.
    #[error("`{0}` has no `=`: write PATH=VALUE")]
    NoValue(String),
}

impl Path {
    /// Its names and indices in order, decoded; at least one.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.0
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.is_empty() {
            return Err(PathError::Empty);
        }
        let Some(pointer) = text.strip_prefix('/') else {
            let steps: Vec<_> = text.split('.').map(str::to_owned).collect();
            if steps.iter().any(String::is_empty) {
                return Err(PathError::EmptyName(text.to_owned()));
            }
            return Ok(Self(steps));
        };
        pointer
            .split('/')
            .map(|token| decoded(token).ok_or_else(|| PathError::Tilde(text.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&pointer(&self.0))
    }
}

/// Steps as an RFC 6901 pointer.
pub(super) fn pointer(steps: &[String]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

fn decoded(token: &str) -> Option<String> {
    let sound = token
        .split('~')
        .skip(1)
        .all(|behind| behind.starts_with(['0', '1']));
    sound.then(|| token.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<String> {
        text.parse::<Path>().unwrap().0
    }

    #[test]
    fn a_pointer_and_a_dotted_path_name_the_same_value() {
        assert_eq!(steps("/a/0/b"), ["a", "0", "b"]);
        assert_eq!(steps("a.0.b"), ["a", "0", "b"]);
        assert_eq!(steps("a"), ["a"]);
        assert_eq!("a.b".parse::<Path>().unwrap().to_string(), "/a/b");
    }

    #[test]
    fn a_pointer_names_what_dots_cannot() {
        assert_eq!(steps("/a.b/c~1d/~01//"), ["a.b", "c/d", "~1", "", ""]);
        let path: Path = "/c~1d/~01".parse().unwrap();
        assert_eq!(path.to_string(), "/c~1d/~01");
    }

    #[test]
    fn what_is_no_path_is_refused_with_a_reason() {
        let why = |text: &str| text.parse::<Path>().unwrap_err();
        assert_eq!(why(""), PathError::Empty);
        assert_eq!(why("a..b"), PathError::EmptyName("a..b".into()));
        assert_eq!(why(".a"), PathError::EmptyName(".a".into()));
        assert_eq!(why("/a~2"), PathError::Tilde("/a~2".into()));
        assert_eq!(why("/a~"), PathError::Tilde("/a~".into()));
    }
}
