//! Certificates for a server, made anew for each.

use std::sync::Arc;

/// A server's configuration with a certificate for `name`, and the CA that signed it.
pub(super) fn of(name: &str) -> (Arc<rustls::ServerConfig>, String) {
    let made = "a certificate can be made";
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_key = rcgen::KeyPair::generate().expect(made);
    let ca = params.self_signed(&ca_key).expect(made);
    let issuer = rcgen::Issuer::new(params, ca_key);
    let key = rcgen::KeyPair::generate().expect(made);
    let certificate = rcgen::CertificateParams::new([name.to_owned()])
        .and_then(|params| params.signed_by(&key, &issuer))
        .expect(made);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect(made)
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .expect(made);
    (Arc::new(config), ca.pem())
}
