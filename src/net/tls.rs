//! TLS, set up only when an https URL is dialled: a client's configuration costs 4 ms. A server's
//! is [`server_config`].

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, InvalidMessage,
    OtherError, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

use crate::error::{Error, Place};

mod served;

pub use served::{Identity, Served, server_config};
pub(super) use served::{NO_TLS, explain_client};

/// Whom to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Whom the operating system trusts.
    #[default]
    System,
    /// The certificates of a PEM file, and nobody else.
    File(PathBuf),
    /// Anybody: for servers with certificates of their own.
    Anybody,
}

/// What makes TLS connections.
pub(super) fn connector(trust: &Trust) -> Result<TlsConnector, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::usage(format!("TLS cannot be set up: {why}")))?;
    let mut config = match trust {
        Trust::System => builder
            .with_platform_verifier()
            .map_err(|why| {
                Error::network(format!("whom to trust for https is not known: {why}"))
                    .with_hint("install the system's CA certificates (ca-certificates), or name those to trust by --cacert FILE")
            })?
            .with_no_client_auth(),
        Trust::File(path) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(known(path, provider)?))
            .with_no_client_auth(),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn known(path: &Path, provider: Arc<CryptoProvider>) -> Result<Known, Error> {
    let name = || Place::file(path.display().to_string());
    let damaged = |why: String| Error::input(name(), format!("a certificate is damaged: {why}"));
    let certificates = certificates(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots
            .add(certificate.clone())
            .map_err(|why| damaged(why.to_string()))?;
    }
    if certificates.is_empty() {
        return Err(Error::input(
            name(),
            "there is no certificate in it: --cacert takes PEM (-----BEGIN CERTIFICATE-----)",
        ));
    }
    let issuers = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|why| damaged(why.to_string()))?;
    Ok(Known {
        certificates,
        issuers,
    })
}

/// The certificates of a PEM file, whatever else is in it.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = std::fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|why| {
            let place = Place::file(path.display().to_string());
            Error::input(place, format!("a certificate is damaged: {}", flaw(&why)))
        })
}

/// What is wrong with PEM; nothing of its content is shown.
fn flaw(why: &pem::Error) -> &'static str {
    match why {
        pem::Error::MissingSectionEnd { .. } => "its -----END line is missing",
        pem::Error::IllegalSectionStart { .. } => "its -----BEGIN line is not one",
        pem::Error::Base64Decode(_) => "it is no base64",
        _ => "it is no PEM",
    }
}

/// Trusts what the certificates of a file have signed, and these certificates themselves: a
/// certificate that signed itself is its own CA, which webpki alone would refuse.
#[derive(Debug)]
struct Known {
    certificates: Vec<CertificateDer<'static>>,
    issuers: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self
            .issuers
            .verify_server_cert(own, others, name, ocsp, now)
        {
            Err(rustls::Error::InvalidCertificate(why))
                if is_used_by_itself(&why) && self.certificates.contains(own) =>
            {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.issuers
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.issuers
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.issuers.supported_verify_schemes()
    }
}

/// Accepts every certificate; signatures are still checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

const TRUST_IT: &str = "trust its certificate by --cacert FILE, or any by --insecure";

pub(super) const PERHAPS_PLAIN: &str =
    "does it speak TLS on that port? for plain HTTP write http:// in the URL";
const NAME: &str = "use a name that the certificate has; --resolve says where it is";

/// Why TLS was not agreed upon, in words, and the flag that helps; none if it is not TLS that
/// failed.
pub(super) fn explain(cause: &io::Error) -> Option<(String, Option<&'static str>)> {
    let error = cause.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        rustls::Error::InvalidCertificate(why) => certificate(why),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            "what it answers is not TLS".to_owned(),
            Some("it may speak plain HTTP: write http:// in the URL"),
        ),
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired | AlertDescription::BadCertificate => (
                "the server wants a certificate of the client, and pushrig has none".to_owned(),
                None,
            ),
            AlertDescription::ProtocolVersion => (
                "the server wants another version of TLS; 1.2 and 1.3 are spoken here".to_owned(),
                None,
            ),
            AlertDescription::UnrecognisedName => (
                "the server does not know the name".to_owned(),
                Some("--resolve says where a name is"),
            ),
            other => (format!("the server refused it ({other:?})"), None),
        },
        other => (other.to_string(), None),
    })
}

fn certificate(why: &CertificateError) -> (String, Option<&'static str>) {
    let (why, hint) = match why {
        CertificateError::UnknownIssuer => (
            "nobody that is trusted here has signed its certificate".to_owned(),
            TRUST_IT,
        ),
        // Certificates for tests are often made anew, CA and all.
        CertificateError::BadSignature => (
            "another CA of the same name has signed its certificate".to_owned(),
            TRUST_IT,
        ),
        why if is_used_by_itself(why) => (
            "its certificate is signed by itself and is not trusted here".to_owned(),
            TRUST_IT,
        ),
        CertificateError::NotValidForName => {
            ("its certificate is for another name".to_owned(), NAME)
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => (
            "its certificate names no host (subjectAltName)".to_owned(),
            "make one that names the host, or go on by --insecure",
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // webpki writes `DnsName("a")` and `IpAddress(127.0.0.1)`.
            let names: Vec<_> = presented
                .iter()
                .map(|name| {
                    let inner = name
                        .split_once('(')
                        .map_or(name.as_str(), |(_, inner)| inner);
                    inner.trim_end_matches(')').trim_matches('"')
                })
                .collect();
            (format!("its certificate is for {}", names.join(", ")), NAME)
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "its certificate has expired".to_owned(),
            "renew it, or go on by --insecure",
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "its certificate is not valid yet: is a clock wrong?".to_owned(),
            "--insecure goes on",
        ),
        other => (format!("its certificate is refused: {other}"), TRUST_IT),
    };
    (why, Some(hint))
}

/// Whether it is a CA's certificate that a server uses as its own, as `openssl req -x509` makes.
fn is_used_by_itself(why: &CertificateError) -> bool {
    let CertificateError::Other(OtherError(why)) = why else {
        return false;
    };
    why.to_string() == "CaUsedAsEndEntity"
}
