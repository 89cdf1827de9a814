//! TLS, set up only when an https URL is dialled: a client's configuration costs 4 ms.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, InvalidMessage, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

use crate::error::{Error, Place};

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
                Error::usage(format!("the system's certificates cannot be used: {why}"))
                    .with_hint("name the certificate to trust by --cacert FILE")
            })?
            .with_no_client_auth(),
        Trust::File(path) => builder
            .with_root_certificates(read_roots(path)?)
            .with_no_client_auth(),
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn read_roots(path: &Path) -> Result<RootCertStore, Error> {
    let name = || Place::file(path.display().to_string());
    let pem = std::fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let added = certificate
            .map_err(|why| why.to_string())
            .and_then(|certificate| roots.add(certificate).map_err(|why| why.to_string()));
        added.map_err(|why| Error::input(name(), format!("a certificate is damaged: {why}")))?;
    }
    if roots.is_empty() {
        return Err(Error::input(
            name(),
            "there is no certificate in it: --cacert takes PEM (-----BEGIN CERTIFICATE-----)",
        ));
    }
    Ok(roots)
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

/// Why TLS was not agreed upon, in words, and the flag that helps.
pub(super) fn explain(cause: &std::io::Error) -> (String, Option<&'static str>) {
    let Some(error) = cause
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    else {
        let why = match cause.kind() {
            std::io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            _ => cause.to_string(),
        };
        return (why, None);
    };
    match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::UnknownIssuer => (
                "nobody that is trusted here has signed its certificate".to_owned(),
                Some(TRUST_IT),
            ),
            CertificateError::NotValidForName => (
                "its certificate is for another name".to_owned(),
                Some("use the name that the certificate has; --resolve says where it is"),
            ),
            CertificateError::NotValidForNameContext { presented, .. } => (
                format!("its certificate is for {}", presented.join(", ")),
                Some("use the name that the certificate has; --resolve says where it is"),
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                "its certificate has expired".to_owned(),
                Some("renew it; --insecure goes on without"),
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                "its certificate is not valid yet: is a clock wrong?".to_owned(),
                Some("--insecure goes on without"),
            ),
            other => (
                format!("its certificate is refused: {other}"),
                Some(TRUST_IT),
            ),
        },
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            "what it answers is not TLS".to_owned(),
            Some("it may speak plain HTTP: write http:// in the URL"),
        ),
        other => (other.to_string(), None),
    }
}
