//! Who is let in, and what he may do there.

use super::*;

#[test]
fn only_the_documented_topics_are_allowed() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    let mut codes = |topics: &[&str]| {
        let filters = topics.iter();
        let filters = filters.map(|it| SubscribeFilter::new((*it).to_owned(), QoS::ExactlyOnce));
        let mut subscribe = Subscribe::new_many(filters);
        subscribe.pkid = 5;
        stage.send(1, Packet::Subscribe(subscribe));
        let codes = stage.out.iter().find_map(|action| match action {
            Action::Send(1, Packet::SubAck(ack)) => Some(ack.return_codes.clone()),
            _ => None,
        });
        let denied = stage.told().len();
        stage.out.clear();
        (codes.unwrap(), denied)
    };
    let no = SubscribeReasonCode::Failure;
    let (answered, _) = codes(&[
        "$sys/00001/iot-0001/thing/property",
        "$sys/00001/+/thing/property",
        "#",
        "$sys/00001/iot-0001/thing/property/set",
        "$sys/00001/iot-0001/thing/property/post",
        "$sys/00001/foreign/thing/property",
        "$sys/00001/nobody/thing/property",
        "anything",
    ]);
    // QoS 2 is granted as QoS 1.
    assert_eq!(answered[0], SubscribeReasonCode::Success(QoS::AtLeastOnce));
    assert_eq!(answered[1..], [no; 7]);
    stage.publish(1, "iot-0001", "property/post", "{}");
    let denied = matches!(
        stage.told()[..],
        [Told::Denied {
            code: "authPermissionDeny",
            ..
        }]
    );
    assert!(denied, "{:?}", stage.told());
    stage.real_device(7, &[]);
    stage.out.clear();
    stage.publish(7, "iot-0001", "property/post", "{}");
    assert!(matches!(stage.told()[..], [Told::Denied { why, .. }] if why.contains("another")));
    stage.subscribe(7, "iot-0001", &["property/set"]);
    let last = stage.out.last();
    assert!(matches!(last, Some(Action::Send(7, Packet::SubAck(ack))) if ack.return_codes == [no]));
}

#[test]
fn a_wrong_login_gets_the_code_that_belongs_to_it() {
    use ConnectReturnCode::{BadUserNamePassword, NotAuthorized, Success};
    let good = token("2020-05-29", "userid/10311", KEY);
    let group = "projectid/KLza8R/groupid/g1";
    let user = "userid/10311";
    let expired = good.replace("1924833600", "1524448722");
    for (username, token, connack, code) in [
        (user, good.clone(), Success, 0),
        (group, token("2020-05-29", group, OTHER_KEY), Success, 0),
        (
            group,
            token("2020-05-29", group, KEY),
            BadUserNamePassword,
            1106,
        ),
        ("", String::new(), BadUserNamePassword, 1101),
        (user, "not a token".to_owned(), BadUserNamePassword, 1103),
        (user, expired, NotAuthorized, 1104),
        (
            "userid/9",
            token("2020-05-29", "userid/9", KEY),
            NotAuthorized,
            1105,
        ),
        (
            user,
            token("2020-05-29", user, OTHER_KEY),
            BadUserNamePassword,
            1106,
        ),
        (
            user,
            good.replace("sha1", "sha512"),
            BadUserNamePassword,
            1110,
        ),
        (
            user,
            token("2018-10-31", user, KEY),
            BadUserNamePassword,
            1111,
        ),
        (group, good.clone(), BadUserNamePassword, 1114),
        (
            "user/10311",
            token("2020-05-29", "user/10311", KEY),
            BadUserNamePassword,
            1114,
        ),
    ] {
        let mut stage = Stage::new();
        stage.connect(1, "app", username, &token);
        assert_eq!(stage.connack(1), Some(connack), "{code} {token}");
        assert_eq!(stage.is_closed(1), code != 0);
        let told = stage.told().into_iter().find_map(|told| match told {
            Told::Refused { refusal, .. } => Some(refusal.code),
            _ => None,
        });
        assert_eq!(told.unwrap_or(0), code, "{:?}", stage.told());
    }
    let mut stage = Stage::new();
    let res = "products/00001/devices/nobody";
    stage.connect(1, "nobody", "00001", &token("2018-10-31", res, OTHER_KEY));
    assert_eq!(stage.connack(1), Some(NotAuthorized), "1107");
}

#[test]
fn a_client_id_is_there_once() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    let token = token("2020-05-29", "userid/10311", KEY);
    stage.connect(2, "app1", "userid/10311", &token);
    assert!(stage.is_closed(1) && !stage.is_closed(2));
    // Who gives none gets one.
    stage.connect(3, "", "userid/10311", &token);
    stage.connect(4, "", "userid/10311", &token);
    assert!(!stage.is_closed(3));
    let before = stage.site.broker.connections();
    stage.real_device(7, &[]);
    stage.real_device(8, &[]);
    assert!(stage.is_closed(7));
    assert_eq!(stage.site.broker.connections(), before + 1);
}

#[test]
fn a_reply_may_be_listened_to_whatever_the_device_so_that_a_slip_is_heard_of() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    for (device, code) in [
        ("nobody", "deviceNotFound"),
        ("foreign", "authPermissionDeny"),
    ] {
        stage.subscribe(1, device, &["property/set/reply"]);
        stage.out.clear();
        stage.publish(1, device, "property/set", SET);
        let replies = stage.replies(1);
        assert!(replies[0].contains(code), "{replies:?}");
    }
}

#[test]
fn who_has_no_client_id_can_have_no_session_that_lasts() {
    let mut stage = Stage::new();
    stage.site.broker.accept(1, "peer".to_owned(), at(0));
    let mut connect = Connect::new("");
    connect.clean_session = false;
    connect.login = Some(Login::new(
        "userid/10311",
        token("2020-05-29", "userid/10311", KEY),
    ));
    stage.send(1, Packet::Connect(connect));
    assert_eq!(stage.connack(1), Some(ConnectReturnCode::BadClientId));
    assert!(stage.is_closed(1));
}

#[test]
fn whoever_gives_a_users_bare_number_is_asked_whether_he_means_the_user() {
    let mut stage = Stage::new();
    stage.connect(1, "", "10311", "x");
    let told = stage.told().into_iter().find_map(|told| match told {
        Told::Refused { refusal, .. } => Some(refusal.explanation.clone()),
        _ => None,
    });
    let told = told.unwrap();
    assert!(
        told.ends_with("did you mean the username `userid/10311`?"),
        "{told}"
    );
}
