//! What the framing of a request's body leaves to say.

use crate::message::Request;

/// So many sizes of chunks are kept of a body (`net::server::tap`).
pub(crate) const MOST_SIZES: usize = 1 << 16;

/// Fragments.
pub(super) fn notes(request: &Request) -> Vec<String> {
    // Nearly each request has a body and its length, and needs no look at its fields.
    if request.chunks.is_empty() && !request.body.is_empty() {
        return Vec::new();
    }
    let has = |name| request.headers.first(name).is_some();
    let mut notes = Vec::new();
    if has("transfer-encoding") && has("content-length") {
        notes.push(BOTH.to_owned());
    }
    let known: u64 = request.chunks.iter().sum();
    if request.chunks.len() == MOST_SIZES && known < request.body.len() as u64 {
        notes.push(format!(
            "its body came in more than {MOST_SIZES} chunks: the sizes of the others are not kept"
        ));
    }
    notes
}

const BOTH: &str = "its head has Transfer-Encoding and Content-Length: the chunks counted, and a proxy in front \
                    may read it otherwise (RFC 9112, 6.3)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lengths_and_chunks_that_are_not_kept_are_noted() {
        let mut request = Request::new("POST", "/");
        request.headers.push("Content-Length", "4");
        assert_eq!(notes(&request), [""; 0]);
        request.headers.push("transfer-encoding", "chunked");
        assert_eq!(notes(&request), [BOTH]);
        request.chunks = vec![1; MOST_SIZES];
        request.body = vec![b'x'; MOST_SIZES];
        assert_eq!(notes(&request), [BOTH]);
        request.body.push(b'x');
        assert!(notes(&request)[1].contains("more than 65536 chunks"));
    }
}
