//! The commands about photos.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Bench, Body, bench, shown};

const IMAGE: &[u8] =
    b"\xFF\xD8\xFF\xFE a photo that is long enough to be taken for an image of somebody";
const SCORES: &str = r#"{"bounds_width":250,"horizontal_center_offset":-36,"vertical_center_offset":-31,"center_pose_quality":838,"sharpness_quality":850}"#;

/// Three people, the first with a photo.
fn people() -> Bench {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"},{"name":"B"},{"name":"C"}]}"#,
    );
    set(&mut bench, "user_id=1&match=1&timestamp=1624997578", IMAGE);
    bench
}

fn set(bench: &mut Bench, query: &str, image: &[u8]) -> String {
    let photo = Body::Binary(image.to_vec());
    shown(bench.done("user_set_image", photo, query).reply)
}

fn get(bench: &mut Bench, endpoint: &str, query: &str) -> String {
    shown(bench.done(endpoint, Body::None, query).reply)
}

#[test]
fn user_set_image() {
    let mut bench = people();
    assert_eq!(
        set(&mut bench, "user_id=2&match=0&timestamp=5", IMAGE),
        format!(r#"{{"user_id":2,"scores":{SCORES},"success":true}}"#)
    );
    assert_eq!(
        set(
            &mut bench,
            "user_id=3&match=1",
            b"\xFF\xD8\xFF pushrig:face=8 is what makes this one too soft to be taken for a photo of anybody"
        ),
        r#"{"user_id":3,"success":false,"errors":[{"code":8,"message":"Low sharpness"}]}"#
    );
    assert_eq!(
        set(&mut bench, "user_id=3", b"GIF"),
        r#"{"user_id":3,"success":false,"errors":[{"code":1,"message":"Image file not recognized. Image should be either JPG or PNG."}]}"#
    );
    assert_eq!(
        set(&mut bench, "user_id=99", IMAGE),
        r#"{"user_id":99,"success":false,"errors":[{"code":1,"message":"User does not exist"}]}"#
    );
    assert_eq!(
        set(&mut bench, "user_id=me", IMAGE),
        r#"{"success":false,"errors":[{"code":1,"message":"Invalid user_id"}]}"#
    );
    assert_eq!(
        set(&mut bench, "user_id=3&match=1", IMAGE),
        r#"{"user_id":3,"success":false,"errors":[{"code":3,"message":"Face exists","info":{"match_user_id":1}}]}"#
    );
    let users = r#"{"object":"users","fields":["id","image_timestamp"]}"#;
    assert_eq!(
        bench.run("load_objects", users),
        r#"{"users":[{"id":1,"image_timestamp":1624997578},{"id":2,"image_timestamp":5},{"id":3,"image_timestamp":0}]}"#
    );
}

#[test]
fn user_set_image_list() {
    let mut bench = people();
    let image = STANDARD.encode(IMAGE);
    let faceless = STANDARD.encode([IMAGE, b"pushrig:face=2"].concat());
    let body = format!(
        r#"{{"match":false,"user_images":[{{"user_id":3,"timestamp":7,"image":"{image}"}},{{"user_id":2,"timestamp":7,"image":"{faceless}"}},{{"user_id":2,"image":"!"}}]}}"#
    );
    assert_eq!(
        bench.run("user_set_image_list", &body),
        format!(
            r#"{{"results":[{{"user_id":3,"scores":{SCORES},"success":true}},{{"user_id":2,"success":false,"errors":[{{"code":2,"message":"Face not detected"}}]}},{{"user_id":2,"success":false,"errors":[{{"code":1,"message":"Image file not recognized. Image should be either JPG or PNG."}}]}}]}}"#
        )
    );
    assert_eq!(
        get(&mut bench, "user_list_images", ""),
        r#"{"user_ids":[1,3]}"#
    );
    let large = format!(r#"{{"user_images":[],"x":"{}"}}"#, "x".repeat(2_000_000));
    assert!(
        bench
            .run("user_set_image_list", &large)
            .starts_with("error 1: pushrig: photos")
    );
}

#[test]
fn user_get_image() {
    let mut bench = people();
    let image = STANDARD.encode(IMAGE);
    assert_eq!(
        get(&mut bench, "user_get_image", "user_id=1&get_timestamp=1"),
        format!(r#"{{"timestamp":1624997578,"image":"{image}"}}"#)
    );
    let done = bench.done("user_get_image", Body::None, "user_id=1");
    assert_eq!(done.reply, super::Reply::Binary(IMAGE.to_vec()));
    assert_eq!(
        get(&mut bench, "user_get_image", "user_id=2"),
        "error 1: pushrig: user 2 has no image"
    );
}

#[test]
fn user_get_image_list() {
    let mut bench = people();
    let image = STANDARD.encode(IMAGE);
    assert_eq!(
        bench.run("user_get_image_list", r#"{"user_ids":[1,9]}"#),
        format!(
            r#"{{"user_images":[{{"id":1,"timestamp":1624997578,"image":"{image}"}},{{"id":9,"error":{{"code":1,"message":"User does not exist"}}}}]}}"#
        )
    );
    let many: Vec<_> = (0..101).map(|id| id.to_string()).collect();
    let body = format!(r#"{{"user_ids":[{}]}}"#, many.join(","));
    assert_eq!(
        bench.run("user_get_image_list", &body),
        "error 1: pushrig: 101 images in one request, of at most 100"
    );
}

#[test]
fn user_list_images() {
    let mut bench = people();
    assert_eq!(
        get(&mut bench, "user_list_images", "get_timestamp=1"),
        r#"{"image_info":[{"user_id":1,"timestamp":1624997578}]}"#
    );
    assert_eq!(
        get(&mut bench, "user_list_images", ""),
        r#"{"user_ids":[1]}"#
    );
}

#[test]
fn user_destroy_image() {
    for (body, left) in [
        (r#"{"user_id":1}"#, "[2,3]"),
        (r#"{"user_ids":[1,2]}"#, "[3]"),
        (r#"{"all":true}"#, "[]"),
        (r#"{"dangling":true}"#, "[1,2]"),
    ] {
        let mut bench = people();
        set(&mut bench, "user_id=2", IMAGE);
        set(&mut bench, "user_id=3", IMAGE);
        bench.run(
            "destroy_objects",
            r#"{"object":"users","where":{"users":{"id":3}}}"#,
        );
        assert_eq!(bench.run("user_destroy_image", body), "{}");
        assert_eq!(
            get(&mut bench, "user_list_images", ""),
            format!(r#"{{"user_ids":{left}}}"#),
            "{body}"
        );
    }
    assert_eq!(
        people().run("user_destroy_image", "{}"),
        "error 1: Invalid member 'user_id' (int expected, got undefined)"
    );
    let mut bench = people();
    bench.run("user_destroy_image", r#"{"all":true}"#);
    let user = r#"{"object":"users","fields":["image_timestamp"],"where":{"users":{"id":1}}}"#;
    assert_eq!(
        bench.run("load_objects", user),
        r#"{"users":[{"image_timestamp":0}]}"#
    );
}

#[test]
fn user_test_image() {
    let mut bench = bench();
    let test = |bench: &mut Bench, image: &[u8]| {
        let photo = Body::Binary(image.to_vec());
        shown(bench.done("user_test_image", photo, "").reply)
    };
    assert_eq!(
        test(&mut bench, IMAGE),
        format!(r#"{{"scores":{SCORES},"success":true}}"#)
    );
    assert!(test(&mut bench, b"").starts_with(r#"{"success":false,"errors":[{"code":1"#));
    assert!(!bench.state.has_own_rows());
}
