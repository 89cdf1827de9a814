//! Digests and the text that they are written as.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl Digest {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Md5, Self::Sha1, Self::Sha256];

    /// The name in recipes and on OneNET's wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// The digest of that exact name; the platforms refuse `SHA1`.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|digest| digest.name().as_bytes() == name)
    }

    /// How many bytes it gives.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The hash of all pieces, one behind the other.
    pub fn hash<'a>(self, pieces: impl IntoIterator<Item = &'a [u8]>) -> DigestValue {
        fn run<'a, D: md5::Digest>(pieces: impl IntoIterator<Item = &'a [u8]>) -> DigestValue {
            let mut state = D::new();
            for piece in pieces {
                state.update(piece);
            }
            DigestValue::new(&state.finalize())
        }
        match self {
            Self::Md5 => run::<Md5>(pieces),
            Self::Sha1 => run::<Sha1>(pieces),
            Self::Sha256 => run::<Sha256>(pieces),
        }
    }

    /// The HMAC of all pieces, one behind the other.
    pub fn hmac<'a>(self, key: &[u8], pieces: impl IntoIterator<Item = &'a [u8]>) -> DigestValue {
        match self {
            Self::Md5 => finish(keyed::<Hmac<Md5>>(key), pieces),
            Self::Sha1 => finish(keyed::<Hmac<Sha1>>(key), pieces),
            Self::Sha256 => finish(keyed::<Hmac<Sha256>>(key), pieces),
        }
    }
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("an HMAC takes keys of any length")
}

fn finish<'a>(mut state: impl Mac, pieces: impl IntoIterator<Item = &'a [u8]>) -> DigestValue {
    for piece in pieces {
        state.update(piece);
    }
    DigestValue::new(&state.finalize().into_bytes())
}

/// An HMAC whose key is already taken in: two blocks less to hash, time and again.
#[derive(Clone)]
pub struct Keyed(State);

#[derive(Clone)]
enum State {
    Md5(Hmac<Md5>),
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
}

impl Keyed {
    /// An HMAC of that digest and key.
    #[must_use]
    pub fn new(digest: Digest, key: &[u8]) -> Self {
        Self(match digest {
            Digest::Md5 => State::Md5(keyed(key)),
            Digest::Sha1 => State::Sha1(keyed(key)),
            Digest::Sha256 => State::Sha256(keyed(key)),
        })
    }

    /// Its hash function.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self.0 {
            State::Md5(_) => Digest::Md5,
            State::Sha1(_) => Digest::Sha1,
            State::Sha256(_) => Digest::Sha256,
        }
    }

    /// The HMAC of all pieces, one behind the other.
    pub fn hmac<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> DigestValue {
        match &self.0 {
            State::Md5(state) => finish(state.clone(), pieces),
            State::Sha1(state) => finish(state.clone(), pieces),
            State::Sha256(state) => finish(state.clone(), pieces),
        }
    }
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyed({})", self.digest().name())
    }
}

/// A digest's bytes, 16 to 32 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DigestValue {
    bytes: [u8; 32],
    size: u8,
}

impl DigestValue {
    fn new(bytes: &[u8]) -> Self {
        let mut value = Self {
            bytes: [0; 32],
            size: u8::try_from(bytes.len()).expect("a digest has at most 32 bytes"),
        };
        value.bytes[..bytes.len()].copy_from_slice(bytes);
        value
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.size)]
    }
}

/// How a digest is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Lower-case hexadecimal.
    Hex,
    /// Upper-case hexadecimal.
    HexUpper,
    /// Base64, standard alphabet, padded.
    Base64,
    /// Base64, URL alphabet, not padded.
    Base64Url,
}

/// Standard base64 as the platforms read it: stray bits in the last character and missing
/// padding pass, since a 43-character AES key has both.
pub const BASE64_FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest text of a digest: 32 bytes in hexadecimal.
pub(super) const LONGEST: usize = 64;

impl Output {
    /// The name in recipes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::HexUpper => "HEX",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }

    /// Whether `text` is what `digest` looks like, compared in constant time.
    #[must_use]
    pub fn is(self, digest: &DigestValue, text: &[u8]) -> bool {
        let mut buffer = [0; LONGEST];
        let size = self.write(digest, &mut buffer);
        bool::from(subtle::ConstantTimeEq::ct_eq(&buffer[..size], text))
    }

    /// The digest as text.
    #[must_use]
    pub fn text(self, digest: &DigestValue) -> String {
        let mut buffer = [0; LONGEST];
        let size = self.write(digest, &mut buffer);
        buffer[..size].iter().copied().map(char::from).collect()
    }

    /// How long the text of a digest of `size` bytes is.
    #[must_use]
    pub(super) fn length(self, size: usize) -> usize {
        match self {
            Self::Hex | Self::HexUpper => 2 * size,
            Self::Base64 => size.div_ceil(3) * 4,
            Self::Base64Url => (size * 4).div_ceil(3),
        }
    }

    /// Writes the text to the buffer and tells its length.
    pub(super) fn write(self, digest: &DigestValue, buffer: &mut [u8; LONGEST]) -> usize {
        let bytes = digest.as_bytes();
        let fits = "64 bytes hold the text of any digest";
        match self {
            Self::Hex | Self::HexUpper => {
                let size = bytes.len() * 2;
                hex::encode_to_slice(bytes, &mut buffer[..size]).expect(fits);
                if self == Self::HexUpper {
                    buffer[..size].make_ascii_uppercase();
                }
                size
            }
            Self::Base64 => base64::engine::general_purpose::STANDARD
                .encode_slice(bytes, buffer)
                .expect(fits),
            Self::Base64Url => base64::engine::general_purpose::URL_SAFE_NO_PAD
                .encode_slice(bytes, buffer)
                .expect(fits),
        }
    }
}
