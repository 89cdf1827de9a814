//! The other side of TLS: what a server shows of itself.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{AlertDescription, InconsistentKeys, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::{certificates, flaw};
use crate::error::{Error, Place};

/// How long a certificate that is made is valid. Apple's systems take none of over 825 days.
const VALID: SignedDuration = SignedDuration::from_hours(397 * 24);

/// Where a server's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// PEM files.
    Files {
        /// The server's certificate, then those that lead to a CA.
        certificates: PathBuf,
        /// Its key: PKCS#8, PKCS#1 or SEC1.
        key: PathBuf,
    },
    /// It is made anew, for localhost, 127.0.0.1, `::1` and a host.
    SelfSigned {
        /// A name or an IP address.
        host: String,
    },
}

/// How a server speaks TLS 1.2 and 1.3, with HTTP/1.1 in it.
#[derive(Clone)]
pub struct Served {
    config: Arc<ServerConfig>,
    certificates: String,
}

impl Served {
    /// The certificates as PEM: who trusts them trusts the server. A key is not among them.
    #[must_use]
    pub fn certificates(&self) -> &str {
        &self.certificates
    }

    pub(in crate::net) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}

/// Sets up TLS for a server.
pub fn server_config(identity: &Identity) -> Result<Served, Error> {
    let (chain, key) = match identity {
        Identity::Files {
            certificates: path,
            key,
        } => (own(path)?, read_key(key)?),
        Identity::SelfSigned { host } => made(host)?,
    };
    let certificates = chain.iter().map(|it| to_pem(it)).collect();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| unusable(identity, &why))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|why| unusable(identity, &why))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Served {
        config: Arc::new(config),
        certificates,
    })
}

fn unusable(identity: &Identity, why: &rustls::Error) -> Error {
    let Identity::Files { certificates, key } = identity else {
        return Error::usage(format!("TLS cannot be set up: {why}"));
    };
    match why {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            let own = certificates.display();
            Error::input(
                place(key),
                format!("it is not the key of the certificate in {own}"),
            )
            .with_hint("the server's own certificate stands first in its file")
        }
        rustls::Error::InvalidCertificate(why) => Error::input(
            place(certificates),
            format!("the certificate is damaged: {why}"),
        ),
        why => Error::input(place(key), format!("the key cannot be used: {why}")),
    }
}

fn place(path: &Path) -> Place {
    Place::file(path.display().to_string())
}

fn own(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let chain = certificates(path)?;
    if chain.is_empty() {
        return Err(Error::input(place(path), "there is no certificate in it")
            .with_hint("a certificate is taken as PEM (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(chain)
}

/// Nothing of a key is ever shown.
fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let text = fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|why| {
        let is_locked = memchr::memmem::find(&text, b"ENCRYPTED").is_some();
        match why {
            pem::Error::NoItemsFound if is_locked => {
                Error::input(place(path), "its key is encrypted")
                    .with_hint("openssl pkey -in FILE -out PLAIN writes it without a password")
            }
            pem::Error::NoItemsFound => Error::input(place(path), "there is no private key in it")
                .with_hint(
                    "a key is taken as PEM: PKCS#8 (-----BEGIN PRIVATE KEY-----), PKCS#1 (RSA) or SEC1 (EC)",
                ),
            why => Error::input(place(path), format!("the key is damaged: {}", flaw(&why))),
        }
    })
}

type Made = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn made(host: &str) -> Result<Made, Error> {
    let wrong =
        |why: rcgen::Error| Error::usage(format!("a certificate for {host} cannot be made: {why}"));
    let mut names = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let mut params = CertificateParams::new(names).map_err(wrong)?;
    let key = KeyPair::generate().map_err(wrong)?;
    // A name of its own: two of one name and different keys look like a forgery.
    let number = hex::encode(&key.public_key_raw()[1..5]);
    params
        .distinguished_name
        .push(DnType::CommonName, format!("pushrig {number}"));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // The clock of those who check it counts, so there is no other moment to be given.
    let now = Timestamp::now();
    let day = |at: Timestamp| {
        let date = at.to_zoned(TimeZone::UTC).date();
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        date_time_ymd(date.year().into(), month, day)
    };
    params.not_before = day(now - SignedDuration::from_hours(24));
    params.not_after = day(now + VALID);
    let certificate = params.self_signed(&key).map_err(wrong)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok((vec![certificate.der().clone()], key.into()))
}

fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for start in (0..text.len()).step_by(64) {
        pem.push_str(&text[start..text.len().min(start + 64)]);
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// What came is no TLS.
pub(in crate::net) const NO_TLS: &str = "what came is not TLS";

/// Why a client and the server did not agree upon TLS, in words.
pub(in crate::net) fn explain_client(cause: &io::Error) -> String {
    let error = cause
        .get_ref()
        .and_then(|it| it.downcast_ref::<rustls::Error>());
    match error {
        None if cause.kind() == io::ErrorKind::UnexpectedEof => {
            "the connection ended in its TLS handshake".to_owned()
        }
        None => format!("the connection broke in its TLS handshake: {cause}"),
        Some(rustls::Error::AlertReceived(alert)) => refusal(*alert),
        Some(rustls::Error::InvalidMessage(_)) => NO_TLS.to_owned(),
        Some(rustls::Error::NoApplicationProtocol) => {
            "the client speaks no HTTP/1.1 (ALPN), and nothing else is spoken here".to_owned()
        }
        Some(rustls::Error::PeerIncompatible(why)) => format!(
            "the client does not speak TLS as it is spoken here, 1.2 and 1.3 with today's \
             ciphers ({why:?})"
        ),
        Some(why) => format!("its TLS handshake is wrong: {why}"),
    }
}

fn refusal(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        // It trusts another of the same name.
        | AlertDescription::DecryptError => {
            format!("the client does not trust the certificate of this server ({alert:?})")
        }
        AlertDescription::CertificateExpired => {
            "the client says that the certificate of this server has expired".to_owned()
        }
        AlertDescription::UserCanceled | AlertDescription::CloseNotify => {
            "the client gave up in the TLS handshake".to_owned()
        }
        other => format!("the client refused the TLS handshake ({other:?})"),
    }
}

#[cfg(test)]
mod tests;
