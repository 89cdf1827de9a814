//! The rows of the table about photos.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const IMAGE: &[u8] =
    b"\xFF\xD8\xFF\xFE a photo that is long enough to be taken for an image of somebody";
const SCORES: &str = r#"{"bounds_width":250,"horizontal_center_offset":-36,"vertical_center_offset":-31,"center_pose_quality":838,"sharpness_quality":850}"#;

#[test]
fn the_commands_about_photos_are_answered_as_the_page_says() {
    let image = STANDARD.encode(IMAGE);
    let soft = [IMAGE, b"pushrig:face=8"].concat();
    let listed = json!({
        "match": false,
        "user_images": [
            {"user_id": 2, "timestamp": 7, "image": image},
            {"user_id": 3, "timestamp": 7, "image": STANDARD.encode([IMAGE, b"pushrig:face=2"].concat())},
        ],
    });
    run(&[
        answers(
            "create_objects",
            &json!({"object": "users", "values": [{"name": "A"}, {"name": "B"}, {"name": "C"}]}),
            r#"{"ids":[1,2,3]}"#,
        ),
        shows(
            "user_set_image",
            "user_id=1&match=1&timestamp=1624997578",
            IMAGE,
            &format!(r#"{{"user_id":1,"scores":{SCORES},"success":true}}"#),
        ),
        shows(
            "user_set_image",
            "user_id=3&match=0",
            &soft,
            r#"{"user_id":3,"success":false,"errors":[{"code":8,"message":"Low sharpness"}]}"#,
        ),
        answers(
            "user_set_image_list",
            &listed,
            &format!(
                r#"{{"results":[{{"user_id":2,"scores":{SCORES},"success":true}},{{"user_id":3,"success":false,"errors":[{{"code":2,"message":"Face not detected"}}]}}]}}"#
            ),
        ),
        gets(
            "user_get_image",
            "user_id=1&get_timestamp=1",
            &format!(r#"{{"timestamp":1624997578,"image":"{image}"}}"#),
        ),
        gets("user_get_image", "user_id=1", &image),
        row(
            json!({"verb": "GET", "endpoint": "user_get_image", "queryString": "user_id=3"}),
            Expected::Error("pushrig: user 3 has no image"),
        ),
        answers(
            "user_get_image_list",
            &json!({"user_ids": [1, 9]}),
            &format!(
                r#"{{"user_images":[{{"id":1,"timestamp":1624997578,"image":"{image}"}},{{"id":9,"error":{{"code":1,"message":"User does not exist"}}}}]}}"#
            ),
        ),
        gets(
            "user_list_images",
            "get_timestamp=1",
            r#"{"image_info":[{"user_id":1,"timestamp":1624997578},{"user_id":2,"timestamp":7}]}"#,
        ),
        gets("user_list_images", "", r#"{"user_ids":[1,2]}"#),
        shows(
            "user_test_image",
            "",
            IMAGE,
            &format!(r#"{{"scores":{SCORES},"success":true}}"#),
        ),
        answers("user_destroy_image", &json!({"all": true}), "{}"),
        gets("user_list_images", "", r#"{"user_ids":[]}"#),
    ]);
}
