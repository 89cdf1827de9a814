//! The platform's side and the application's, each a process of its own.
#![cfg(unix)]

use super::KEY;
use crate::harness::pushrig;

#[test]
fn what_an_application_sets_comes_back_from_the_platform_as_a_reply_and_a_property() {
    let own = "--user 10311 --device 00001/iot-0001";
    let server = format!(
        "{} mqtt platform --bind 127.0.0.1:{{port}} {own} --rate 10",
        env!("CARGO_BIN_EXE_pushrig")
    );
    let url = "127.0.0.1:{port}";
    let steps = format!(
        "-- mqtt set {url} {own} Power=on -- mqtt set {url} --user 7 --device 00001/iot-0001 a=1 \
         -- mqtt watch {url} {own} --expect 00001/iot-0001.property>=3"
    );
    pushrig(&format!(
        "run --wait tcp://{url} --report json=r.json --server"
    ))
    .arg(server)
    .args(steps.split_whitespace())
    .env("PUSHRIG_ACCESS_KEY", KEY)
    .stdout_has([
        "pass   set 00001/iot-0001",
        "success\n",
        "fail   set 00001/iot-0001  refused by CONNACK 5",
        "00001/iot-0001  property  ",
        "Power=on",
        "pass   expect 00001/iot-0001.property>=3\n",
    ])
    .any_stderr()
    .exits(1);
}
