//! Secrets: what a signature or a seal is keyed with, kept out of every output.

use std::fmt;

use zeroize::Zeroizing;

/// The kinds of secret that the platforms hand out, each with its flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretName {
    /// A token typed into a console: OneNET, Tencent, WeChat.
    Token,
    /// An AES key of 43 or 16 characters: OneNET's `EncodingAESKey`, Studio's `AesKey`.
    AesKey,
    /// SENSORO's signature key.
    AppSecret,
    /// SENSORO's encryption key, 43 characters.
    AppKey,
    /// OneNET's access key, base64.
    AccessKey,
}

impl SecretName {
    /// All of them, in the order of their flags.
    pub const ALL: [Self; 5] = [
        Self::Token,
        Self::AesKey,
        Self::AppSecret,
        Self::AppKey,
        Self::AccessKey,
    ];

    /// The flag without its dashes, which is also the name in recipes: `aes-key`.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::AesKey => "aes-key",
            Self::AppSecret => "app-secret",
            Self::AppKey => "app-key",
            Self::AccessKey => "access-key",
        }
    }

    /// The environment variable: `PUSHRIG_AES_KEY`.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Token => "PUSHRIG_TOKEN",
            Self::AesKey => "PUSHRIG_AES_KEY",
            Self::AppSecret => "PUSHRIG_APP_SECRET",
            Self::AppKey => "PUSHRIG_APP_KEY",
            Self::AccessKey => "PUSHRIG_ACCESS_KEY",
        }
    }

    /// The secret of that flag.
    #[must_use]
    pub fn from_flag(flag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.flag() == flag)
    }
}

/// The bytes of a secret: wiped from memory when dropped, and hidden from `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// These bytes as a secret.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes, for hashing. Nothing that shows or stores text may call this.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// What may be told about it: its length, and characters that rarely belong in one.
    #[must_use]
    pub fn masked(&self) -> String {
        let bytes = self.expose();
        let mut text = match bytes.len() {
            0 => return "empty".to_owned(),
            1 => "1 byte".to_owned(),
            count => format!("{count} bytes"),
        };
        for (odd, name) in [
            (bytes.starts_with(b"\xef\xbb\xbf"), "starts with a BOM"),
            (
                bytes.first().is_some_and(u8::is_ascii_whitespace),
                "starts with a blank",
            ),
            (bytes.ends_with(b"\n"), "ends with a newline"),
            (
                bytes
                    .last()
                    .is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r')),
                "ends with a blank",
            ),
            (
                bytes
                    .strip_suffix(b"\n")
                    .unwrap_or(bytes)
                    .iter()
                    .any(|byte| matches!(byte, b'\n' | b'\r')),
                "holds a line break",
            ),
            (
                bytes.len() > 1
                    && matches!(bytes[0], b'"' | b'\'')
                    && bytes.first() == bytes.last(),
                "stands in quotes",
            ),
            (!bytes.is_ascii(), "is not all ASCII"),
            (bytes.contains(&0), "holds a zero byte"),
        ] {
            if odd {
                text.push_str(", ");
                text.push_str(name);
            }
        }
        text
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.masked())
    }
}

/// Every secret that was given; several of a kind while one is being rotated.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    lists: [Vec<Secret>; 5],
    /// How the first of each kind is given again, where that can be said.
    again: [Option<String>; 5],
    /// SENSORO's application id, which is no secret but belongs to them.
    pub app_id: Option<String>,
}

impl Secrets {
    /// No secrets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more secret.
    #[must_use]
    pub fn with(mut self, name: SecretName, secret: impl Into<Vec<u8>>) -> Self {
        self.push(name, Secret::new(secret));
        self
    }

    /// Adds a secret behind those of its kind.
    pub fn push(&mut self, name: SecretName, secret: Secret) {
        self.lists[name as usize].push(secret);
    }

    /// Says how the first of a kind is given again: flags of a command line without the secret
    /// itself, such as `--token env:TOKEN`; none where it is found without a flag.
    pub fn say_again(&mut self, name: SecretName, flags: String) {
        self.again[name as usize] = Some(flags);
    }

    /// The flags that give the first of a kind again. One that was given as text is not repeated:
    /// it is asked for on standard input.
    #[must_use]
    pub fn again(&self, name: SecretName) -> String {
        match &self.again[name as usize] {
            Some(flags) => flags.clone(),
            None => format!("--{} -", name.flag()),
        }
    }

    /// Whether the first of a kind has to be typed again.
    #[must_use]
    pub fn is_to_be_typed(&self, name: SecretName) -> bool {
        self.again[name as usize].is_none()
    }

    /// Those of one kind, in the order given.
    #[must_use]
    pub fn all(&self, name: SecretName) -> &[Secret] {
        &self.lists[name as usize]
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The first of one kind.
    #[must_use]
    pub fn first(&self, name: SecretName) -> Option<&Secret> {
        self.all(name).first()
    }

    /// Every secret with its kind.
    pub fn iter(&self) -> impl Iterator<Item = (SecretName, &Secret)> {
        SecretName::ALL
            .into_iter()
            .flat_map(|name| self.all(name).iter().map(move |secret| (name, secret)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_its_length_and_oddities_and_never_itself() {
        let secret = Secret::new("hunter2hunter2\n");
        assert_eq!(secret.masked(), "15 bytes, ends with a newline");
        assert_eq!(
            format!("{secret:?}"),
            "Secret(15 bytes, ends with a newline)"
        );
    }
}
