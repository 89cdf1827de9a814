//! Photos: what the device thinks of a face.
//!
//! The simulator sees no faces. An image that is a JPG or a PNG by its first bytes has one, with
//! scores that follow from its bytes. Every documented error can be had all the same:
//!
//! | code | text | how |
//! |---|---|---|
//! | 1 | `Image file not recognized. …` | empty, shorter than 64 bytes, or neither JPG nor PNG |
//! | 1 | `User does not exist`, `Invalid user_id` | by the request |
//! | 3 | `Face exists` | `match`, and another user has the same bytes |
//! | 2 to 9 | the text of that code | the bytes `pushrig:face=N` anywhere in the image: a JPEG comment, a PNG text chunk, or appended |

use memchr::memmem;
use sha2::{Digest, Sha256};

use super::shape;
use crate::json::Value;

/// What an image must be longer than to be read as one (inferred).
const LEAST_BYTES: usize = 64;

/// What stands in an image that shall fail; the digit behind it is the code.
pub const MARKER: &[u8] = b"pushrig:face=";

/// Why a photo is no good: the entry of `errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FaceError {
    code: i64,
    message: &'static str,
    /// Who has this face already.
    match_user_id: Option<i64>,
}

impl FaceError {
    pub(super) const NO_USER: Self = Self::new(1, "User does not exist");
    pub(super) const INVALID_USER: Self = Self::new(1, "Invalid user_id");
    pub(super) const NO_IMAGE: Self = Self::new(
        1,
        "Image file not recognized. Image should be either JPG or PNG.",
    );

    const fn new(code: i64, message: &'static str) -> Self {
        Self {
            code,
            message,
            match_user_id: None,
        }
    }

    /// Somebody has this face already.
    pub(super) const fn exists(user_id: i64) -> Self {
        Self {
            match_user_id: Some(user_id),
            ..Self::new(3, "Face exists")
        }
    }

    fn marked(digit: u8) -> Option<Self> {
        Some(match digit {
            b'2' => Self::new(2, "Face not detected"),
            b'3' => Self::exists(1),
            b'4' => Self::new(4, "Face not centered"),
            b'5' => Self::new(5, "Face too distant"),
            b'6' => Self::new(6, "Face too close"),
            b'7' => Self::new(7, "Face pose not centered"),
            b'8' => Self::new(8, "Low sharpness"),
            b'9' => Self::new(9, "Face too close to image borders"),
            _ => return None,
        })
    }

    /// `{"code":8,"message":"Low sharpness"}`
    pub(super) fn value(self) -> Value {
        let (code, message) = (shape::int(self.code), shape::text(self.message));
        match self.match_user_id {
            None => shape::object([("code", code), ("message", message)]),
            Some(user_id) => shape::object([
                ("code", code),
                ("message", message),
                (
                    "info",
                    shape::object([("match_user_id", shape::int(user_id))]),
                ),
            ]),
        }
    }
}

/// The scores of a photo, or what is wrong with it.
///
/// The scores' ranges are inferred: sizes and offsets in pixels, qualities up to 1000.
pub(super) fn judge(image: &[u8]) -> Result<Value, FaceError> {
    let is_image = image.starts_with(b"\xFF\xD8\xFF") || image.starts_with(b"\x89PNG\r\n\x1A\n");
    if !is_image || image.len() < LEAST_BYTES {
        return Err(FaceError::NO_IMAGE);
    }
    let marker = memmem::find(image, MARKER).and_then(|at| image.get(at + MARKER.len()));
    if let Some(error) = marker.copied().and_then(FaceError::marked) {
        return Err(error);
    }
    let digest = Sha256::digest(image);
    let score = |index: usize, least: i64, span: i64| {
        shape::int(least + i64::from(digest[index]) * span / 255)
    };
    Ok(shape::object([
        ("bounds_width", score(0, 180, 120)),
        ("horizontal_center_offset", score(1, -60, 120)),
        ("vertical_center_offset", score(2, -60, 120)),
        ("center_pose_quality", score(3, 650, 350)),
        ("sharpness_quality", score(4, 650, 350)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::compact;

    fn jpeg(comment: &str) -> Vec<u8> {
        let mut image = b"\xFF\xD8\xFF\xFE".to_vec();
        image.extend_from_slice(comment.as_bytes());
        image.resize(image.len().max(100), 0);
        image
    }

    #[test]
    fn a_photo_has_the_same_scores_each_time() {
        let scores = |image: &[u8]| judge(image).map(|scores| compact(&scores));
        assert_eq!(scores(&jpeg("a")), scores(&jpeg("a")));
        assert_ne!(scores(&jpeg("a")), scores(&jpeg("b")));
    }

    #[test]
    fn every_documented_error_can_be_had() {
        let texts = [
            "Face not detected",
            "Face exists",
            "Face not centered",
            "Face too distant",
            "Face too close",
            "Face pose not centered",
            "Low sharpness",
            "Face too close to image borders",
        ];
        for (code, text) in (2..).zip(texts) {
            let error = judge(&jpeg(&format!("pushrig:face={code}"))).unwrap_err();
            assert_eq!((error.code, error.message), (code, text));
        }
        assert_eq!(
            String::from_utf8(compact(
                &judge(&jpeg("pushrig:face=3")).unwrap_err().value()
            ))
            .unwrap(),
            r#"{"code":3,"message":"Face exists","info":{"match_user_id":1}}"#
        );
        assert!(judge(&jpeg("pushrig:face=")).is_ok());
    }

    #[test]
    fn what_is_empty_or_small_or_no_image_is_not_recognized() {
        for image in [&b""[..], b"\xFF\xD8\xFF", &[b'x'; 1000]] {
            assert_eq!(judge(image), Err(FaceError::NO_IMAGE));
        }
    }
}
