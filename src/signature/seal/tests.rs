//! The published envelopes, and every way in which one can be broken.

use super::*;

const ONENET_KEY: &[u8] = b"whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";
const ONENET_SEALED: &str = "6oPS9SVFx1Hk1TXZTEXSofXR+YqEyy4W9CQ9Wfh4mr8945RHKQuPpxraU8DLqUSpos1lOIwzYAWDhYhgVt/rEDVQ66Mr3GU+Lh9F2fSc7omCIRHUGvlnZUaIv0Mnj+ew";
const ONENET_MESSAGE: &[u8] =
    br#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#;
const SENSORO_KEY: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const STUDIO_KEY: &[u8] = b"cz0Y93YkGH6Jyvoi";
const RANDOM: [u8; 16] = *b"0123456789abcdef";

#[test]
fn the_onenet_vector_opens_and_closes() {
    let closed = close(Layout::Framed, ONENET_KEY, RANDOM, ONENET_MESSAGE, b"").unwrap();
    assert_eq!(closed, ONENET_SEALED);
    let opened = open(Layout::Framed, ONENET_KEY, ONENET_SEALED.as_bytes()).unwrap();
    assert_eq!(opened.message, ONENET_MESSAGE);
    assert_eq!(opened.random, RANDOM);
    assert!(opened.id.is_empty());
}

#[test]
fn the_sensoro_vectors_open_and_close_with_pads_over_16() {
    for (message, sealed) in [
        (
            &b"{}"[..],
            "Q3stYC6hdFzMh9T8HCvyDNChFTk2DK2uS7jlJNAWAohayf2hMw5fTxprwQ3GCakQhQQ3YbIwUboT8nJsELEtUg==",
        ),
        (
            br#"{"battery":90,"temperature":25.5}"#,
            "Q3stYC6hdFzMh9T8HCvyDEBRegQeTyW6CkLPM22tQ74OMC8P08VUlgQmJnlKsRRkvjBkJ32ojN8scZ5G5SdoQUd7RgquXelDd1KqBq58XSp0vdu+vW/KmuZ6ANmx57wL",
        ),
    ] {
        let id = b"demoAppId001";
        let layout = Layout::FramedWithId;
        assert_eq!(
            close(layout, SENSORO_KEY, RANDOM, message, id).unwrap(),
            sealed
        );
        let opened = open(layout, SENSORO_KEY, sealed.as_bytes()).unwrap();
        assert_eq!(opened.message, message);
        assert_eq!(opened.expect_id(id), Ok(()));
        assert_eq!(
            opened.expect_id(b"another").unwrap_err().to_string(),
            "the envelope was made for another id: `demoAppId001`"
        );
    }
}

#[test]
fn the_studio_vector_opens_and_closes_with_the_key_as_iv() {
    let message = "{\"a\":\"离线\",\"n\":1.10}".as_bytes();
    let sealed = "OyiohO8urkgskYtLrG5Yc89t0EQ1PxllxkKOxq9B+Ls=";
    let closed = close(Layout::KeyIsIv, STUDIO_KEY, RANDOM, message, b"").unwrap();
    assert_eq!(closed, sealed);
    let opened = open(Layout::KeyIsIv, STUDIO_KEY, sealed.as_bytes()).unwrap();
    assert_eq!(opened.message, message);
    assert!(opened.random.is_empty());
}

#[test]
fn what_was_closed_opens_at_every_length_around_the_block_sizes() {
    for (layout, key, id) in [
        (Layout::Framed, ONENET_KEY, &b""[..]),
        (Layout::FramedWithId, SENSORO_KEY, b"app"),
        (Layout::KeyIsIv, STUDIO_KEY, b""),
    ] {
        for length in 0..70 {
            let message = vec![b'x'; length];
            let sealed = close(layout, key, RANDOM, &message, id).unwrap();
            let opened = open(layout, key, sealed.as_bytes()).unwrap();
            assert_eq!(opened.message, message);
            assert_eq!(opened.id, id);
        }
    }
}

#[test]
fn stray_bits_in_the_last_character_of_a_key_are_allowed() {
    // `V` and `U` differ in the two bits that 43 characters have too many.
    let mut other = ONENET_KEY.to_vec();
    other[42] = b'U';
    assert_eq!(decode_key(ONENET_KEY).unwrap(), decode_key(&other).unwrap());
}

#[test]
fn a_wrong_key_text_is_told_by_length_and_place_and_never_shown() {
    let told = |key: &[u8]| open(Layout::Framed, key, b"").unwrap_err().to_string();
    let closing = |key: &[u8]| {
        close(Layout::Framed, key, RANDOM, b"", b"")
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        closing(b"secret"),
        "the AES key has 6 characters, this envelope takes 43"
    );
    let mut odd = ONENET_KEY.to_vec();
    odd[4] = b'-';
    assert_eq!(
        closing(&odd),
        "character 5 of the AES key is not a base64 character"
    );
    assert_eq!(
        told(ONENET_KEY),
        "the encrypted text is 0 bytes long, AES needs a multiple of 16"
    );
    assert_eq!(
        close(Layout::KeyIsIv, ONENET_KEY, RANDOM, b"", b"").unwrap_err(),
        SealError::KeyLength {
            expected: 16,
            found: 43
        }
    );
    assert_eq!(
        decrypt(&[0; 5], &[0; 16], &[0; 16]),
        Err(SealError::KeyBytes { found: 5 })
    );
}

#[test]
fn each_broken_envelope_has_its_own_error() {
    let key = decode_key(ONENET_KEY).unwrap();
    let seal = |plain: &[u8]| {
        let mut padded = plain.to_vec();
        pad(&mut padded, 16);
        STANDARD.encode(encrypt(key.as_slice(), &iv_of(&key), &padded).unwrap())
    };
    let told = |sealed: &str| open(Layout::Framed, ONENET_KEY, sealed.as_bytes()).unwrap_err();
    assert!(matches!(told("6oPS9SVF x1Hk"), SealError::Text { .. }));
    assert_eq!(told("AAAA"), SealError::Blocks { bytes: 3 });
    assert_eq!(told(&seal(b"short")), SealError::Head { bytes: 5 });
    assert_eq!(
        told(&seal(b"0123456789abcdef\0\0\0\x09too long")),
        SealError::Length {
            stated: 9,
            follow: 8
        }
    );
    assert_eq!(
        told(&seal(b"0123456789abcdef\0\0\0\x03msgid")),
        SealError::Length {
            stated: 3,
            follow: 5
        }
    );
    let other = SENSORO_KEY;
    assert!(matches!(
        open(Layout::Framed, other, ONENET_SEALED.as_bytes()),
        Err(SealError::Pad { block: 16, .. })
    ));
}

#[test]
fn a_pad_over_16_is_refused_where_the_block_is_16() {
    let mut plain = vec![b'x'; 2];
    pad(&mut plain, 32);
    assert_eq!(unpad(&plain, 32), Ok(&b"xx"[..]));
    assert_eq!(
        unpad(&plain, 16),
        Err(SealError::Pad {
            last: 30,
            block: 16
        })
    );
    assert!(unpad(b"\x02", 16).is_err());
    assert!(unpad(b"ab\x01\x02", 16).is_err());
    assert!(unpad(b"", 16).is_err());
}

#[test]
fn a_head_is_split_without_looking_at_its_length() {
    let head = split_head(b"0123456789abcdef\0\0\x01\0rest").unwrap();
    assert_eq!(head.random, b"0123456789abcdef");
    assert_eq!((head.stated, head.rest), (256, &b"rest"[..]));
    assert!(split_head(b"0123456789abcdef\0\0\x01").is_err());
}
