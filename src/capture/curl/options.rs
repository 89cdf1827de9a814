//! curl's options: which there are, and which take a value.
//!
//! Source: `curl --help all` of 7.88, and the manual of 8.x for those added since. Without this
//! table a value would be taken for a URL.

/// The long name of a short option.
pub(super) fn long_name(short: u8) -> Option<&'static str> {
    SHORT
        .iter()
        .find(|(letter, _)| *letter == short)
        .map(|(_, name)| *name)
}

/// Whether an option takes a value; none if there is no such option.
pub(super) fn takes_value(name: &str) -> Option<bool> {
    if WITH_VALUE
        .split_ascii_whitespace()
        .any(|known| known == name)
    {
        return Some(true);
    }
    let is_flag = |name: &str| FLAGS.split_ascii_whitespace().any(|known| known == name);
    let positive = name.strip_prefix("no-").unwrap_or(name);
    (is_flag(name) || is_flag(positive)).then_some(false)
}

const SHORT: [(u8, &str); 60] = [
    (b'0', "http1.0"),
    (b'1', "tlsv1"),
    (b'2', "sslv2"),
    (b'3', "sslv3"),
    (b'4', "ipv4"),
    (b'6', "ipv6"),
    (b'a', "append"),
    (b'A', "user-agent"),
    (b'b', "cookie"),
    (b'B', "use-ascii"),
    (b'c', "cookie-jar"),
    (b'C', "continue-at"),
    (b'd', "data"),
    (b'D', "dump-header"),
    (b'e', "referer"),
    (b'E', "cert"),
    (b'f', "fail"),
    (b'F', "form"),
    (b'g', "globoff"),
    (b'G', "get"),
    (b'h', "help"),
    (b'H', "header"),
    (b'i', "include"),
    (b'I', "head"),
    (b'j', "junk-session-cookies"),
    (b'J', "remote-header-name"),
    (b'k', "insecure"),
    (b'K', "config"),
    (b'l', "list-only"),
    (b'L', "location"),
    (b'm', "max-time"),
    (b'M', "manual"),
    (b'n', "netrc"),
    (b'N', "no-buffer"),
    (b'o', "output"),
    (b'O', "remote-name"),
    (b'p', "proxytunnel"),
    (b'P', "ftp-port"),
    (b'q', "disable"),
    (b'Q', "quote"),
    (b'r', "range"),
    (b'R', "remote-time"),
    (b's', "silent"),
    (b'S', "show-error"),
    (b't', "telnet-option"),
    (b'T', "upload-file"),
    (b'u', "user"),
    (b'U', "proxy-user"),
    (b'v', "verbose"),
    (b'V', "version"),
    (b'w', "write-out"),
    (b'x', "proxy"),
    (b'X', "request"),
    (b'y', "speed-time"),
    (b'Y', "speed-limit"),
    (b'z', "time-cond"),
    (b'Z', "parallel"),
    (b'#', "progress-bar"),
    (b':', "next"),
    (b'?', "help"),
];

const WITH_VALUE: &str = "
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config
    connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data
    data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr
    dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save
    expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
    ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256
    hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb libcurl
    limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs
    max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max parallel-max-host
    pass pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath
    proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type
    proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype
    proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate
    referer request request-target resolve retry retry-delay retry-max-time sasl-authzid
    service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit
    speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype
    tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-file upload-flags url
    url-query user user-agent variable vlan-priority write-out
";

const FLAGS: &str = "
    alpn anyauth append basic buffer ca-native cert-status clobber compressed compressed-ssh
    create-dirs crlf digest disable disable-eprt disable-epsv disallow-username-in-url
    doh-cert-status doh-insecure dump-ca-embed eprt epsv fail fail-early fail-with-body
    false-start follow form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl
    ftp-ssl-ccc ftp-ssl-control ftp-ssl-reqd get globoff haproxy-protocol head help http0.9
    http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only ignore-content-length include
    insecure ipv4 ipv6 junk-session-cookies keepalive list-only location location-trusted
    mail-rcpt-allowfails manual metalink mptcp negotiate netrc netrc-optional next no-alpn
    no-buffer no-clobber no-keepalive no-npn no-progress-meter no-sessionid npn ntlm ntlm-wb
    out-null parallel parallel-immediate path-as-is post301 post302 post303 progress-bar
    progress-meter proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2
    proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert
    proxy-tlsv1 proxytunnel raw remote-header-name remote-name remote-name-all remote-time
    remove-on-error retry-all-errors retry-connrefused sasl-ir sessionid show-error show-headers
    silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast
    ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output
    suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0
    tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr
";
