//! The examples of every help: what they exit with, and what they need.

use super::Source;

pub(super) const ONENET: &str = "20200321182801";
pub(super) const SENSORO: &str = "S3cretS3cretS3cretS3cretS3cret00";
pub(super) const TENCENT: &str = "a-token-of-mine";

/// An access key of the documentation.
pub(super) const ACCESS_KEY: &str =
    "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
pub(super) const STUDIO_TOKEN: &str =
    "version=2020-05-29&res=projectid%2FKLza8R%2Fgroupid%2Fg1&et=99999999999&method=sha1&sign=x%3D";

/// An example, its exit code, the variables and the files that it names.
pub(super) type Example = (&'static str, i32, &'static [(&'static str, Source)]);

/// The examples of every help.
pub(super) const EXAMPLES: [Example; 66] = [
    (
        "pushrig explain onenet request.curl --token env:TOKEN --computed 'what my server computed'",
        1,
        &[
            ("request.curl", Source::Fixture("capture/online.curl")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig sign onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello",
        0,
        &[],
    ),
    (
        "pushrig sign tencent --token aaa --timestamp 1604458421 --nonce IkOaKMDalrAzUTxC",
        0,
        &[],
    ),
    (
        "pushrig sign onenet-studio --version 2018-10-31 --res products/123123 --expires 2h --method sha1 --access-key KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=",
        0,
        &[],
    ),
    (
        "pushrig sign onenet-studio --user 10311 --expires 1d --access-key env:KEY",
        0,
        &[("KEY", Source::Text(ACCESS_KEY))],
    ),
    (
        "pushrig sign onenet --token T --msg '{\"a\":1}' --as curl --url http://127.0.0.1:8000/push",
        0,
        &[],
    ),
    (
        "pushrig verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --signature d/ncDg+jrcW259dHOZByyw==",
        0,
        &[],
    ),
    (
        "pushrig verify auto capture.ndjson --token env:TOKEN -q",
        0,
        &[
            ("capture.ndjson", Source::Fixture("capture/online.ndjson")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig verify tencent capture.ndjson --tolerance 5m --token @old-token --token @new-token",
        0,
        &[
            (
                "capture.ndjson",
                Source::Output("samples tencent --as record --token a-token-of-mine"),
            ),
            ("old-token", Source::Text("an-old-token")),
            ("new-token", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig verify sensoro request.raw --app-secret env:SECRET --public-url https://example.com/hook",
        0,
        &[
            ("request.raw", Source::BehindAProxy),
            ("SECRET", Source::Text(SENSORO)),
        ],
    ),
    (
        "pushrig explain onenet request.curl --token env:TOKEN",
        0,
        &[
            ("request.curl", Source::Fixture("capture/online.curl")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig explain onenet body.json --token env:TOKEN --computed 'what my server computed'",
        1,
        &[
            ("body.json", Source::Fixture("capture/online.json")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig explain onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --computed 77f9dc0e0fa3adc5b6e7d747399072cb",
        1,
        &[],
    ),
    (
        "pushrig explain sensoro request.har --app-secret env:SECRET",
        1,
        &[
            ("request.har", Source::Example("captures/sensoro.har")),
            ("SECRET", Source::Text(SENSORO)),
        ],
    ),
    (
        "pushrig explain onenet-studio --token @token.txt --access-key env:KEY",
        0,
        &[
            (
                "token.txt",
                Source::Text(
                    "version=2020-05-29&res=userid%2F10311&et=1623982416&method=sha1&sign=qEcjgJXhELte15mzZm%2FziCmGdFw%3D",
                ),
            ),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig capture import browser.har -o pushes.ndjson",
        0,
        &[("browser.har", Source::Fixture("capture/online.har"))],
    ),
    (
        "pushrig capture show pushes.ndjson --as curl",
        0,
        &[("pushes.ndjson", Source::Fixture("capture/online.ndjson"))],
    ),
    (
        "pushrig capture import request.curl body.json >> pushes.ndjson",
        0,
        &[
            ("request.curl", Source::Fixture("capture/online.curl")),
            ("body.json", Source::Fixture("capture/online.json")),
        ],
    ),
    (
        "pushrig capture show pushes.ndjson",
        0,
        &[("pushes.ndjson", Source::Fixture("capture/online.ndjson"))],
    ),
    (
        "pushrig capture show pushes.ndjson --select 1,3-5 --as curl",
        0,
        &[("pushes.ndjson", Source::Fixture("capture/bodies.ndjson"))],
    ),
    ("pushrig samples", 0, &[]),
    ("pushrig samples onenet.online", 0, &[]),
    (
        "pushrig samples onenet.online --as request --token 20200321182801",
        0,
        &[],
    ),
    (
        "pushrig samples tencent --as record > tencent.ndjson",
        0,
        &[],
    ),
    (
        "pushrig handshake onenet http://127.0.0.1:8000/push --token env:TOKEN",
        0,
        &[
            ("http://127.0.0.1:8000/push", Source::Server),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig handshake tencent http://127.0.0.1:8000/iot --token env:TOKEN --strict",
        0,
        &[
            ("http://127.0.0.1:8000/iot", Source::Server),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig push onenet.online http://127.0.0.1:8000/push --token env:TOKEN",
        0,
        &[
            ("http://127.0.0.1:8000/push", Source::Receiver),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig push onenet.datapoint http://127.0.0.1:8000/push --token env:TOKEN --set value=21.5 --count 3 --rate 10",
        0,
        &[
            ("http://127.0.0.1:8000/push", Source::Receiver),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig push tencent.report http://127.0.0.1:8000/iot --token env:TOKEN --retry platform --speed 10x",
        0,
        &[
            ("http://127.0.0.1:8000/iot", Source::Receiver),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig push wechat http://127.0.0.1:8000/wx --token env:TOKEN --body @message.xml",
        0,
        &[
            ("http://127.0.0.1:8000/wx", Source::Receiver),
            ("message.xml", Source::Text("<xml/>")),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig push sensoro.text http://127.0.0.1:8000/hook --app-secret env:SECRET --dry-run --as curl",
        0,
        &[("SECRET", Source::Text(SENSORO))],
    ),
    (
        "pushrig replay captures/ --to http://127.0.0.1:8000",
        0,
        &[
            ("http://127.0.0.1:8000", Source::Receiver),
            ("captures/day.ndjson", Source::Output(RECORDS)),
        ],
    ),
    (
        "pushrig replay day.ndjson --to http://127.0.0.1:8000/push --resign --token env:TOKEN --report junit=replay.xml",
        0,
        &[
            ("http://127.0.0.1:8000/push", Source::Receiver),
            ("day.ndjson", Source::Output(RECORDS)),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig replay day.ndjson --to http://127.0.0.1:8000 --where /msg/type=2 --expect-status 200 --expect-within 2s",
        0,
        &[
            ("http://127.0.0.1:8000", Source::Receiver),
            ("day.ndjson", Source::Output(RECORDS)),
        ],
    ),
    (
        "pushrig replay day.ndjson --to http://127.0.0.1:8000 -q --concurrency 50 --repeat 100 --fail-if 'p99>2s' --fail-if 'failed>=1%'",
        0,
        &[
            ("http://127.0.0.1:8000", Source::Receiver),
            ("day.ndjson", Source::Output(RECORDS)),
        ],
    ),
    (
        "pushrig device --server http://127.0.0.1:8000 --id 478435 --until-idle",
        0,
        &[("http://127.0.0.1:8000", Source::PushServer)],
    ),
    (
        "pushrig device --server http://127.0.0.1:8000 --serial 0G0200/005B6D --seed-users 100 --commands 5 --for 30s --strict --report junit=device.xml",
        0,
        &[("http://127.0.0.1:8000", Source::PushServer)],
    ),
    (
        "pushrig device --server http://127.0.0.1:8000 --id 1000 --devices 100 -q --period 200ms --polls 5 --fail-if 'push.p99>2s'",
        0,
        &[("http://127.0.0.1:8000", Source::PushServer)],
    ),
    (
        "pushrig dispatch --device 478435 --for 30s --push '{\"endpoint\":\"system_information\"}'",
        3,
        &[("30s", Source::Instead("100ms"))],
    ),
    (
        "pushrig dispatch --bind 127.0.0.1:8000 --queue orders.ndjson --wait",
        0,
        &[
            ("127.0.0.1:8000", Source::Instead("127.0.0.1:0")),
            ("orders.ndjson", Source::Text("")),
        ],
    ),
    (
        "pushrig dispatch --bind 127.0.0.1:8000 --queue orders.ndjson --state orders.state --ready-file url --for 30s",
        3,
        &[
            ("127.0.0.1:8000", Source::Instead("127.0.0.1:0")),
            ("30s", Source::Instead("100ms")),
            ("orders.ndjson", Source::Text(ORDER)),
        ],
    ),
    (
        "pushrig dispatch --bind 0.0.0.0:8000 --allow-remote --prefix /gate --transactions 10 --for 30s",
        0,
        &[
            ("0.0.0.0:8000", Source::Instead("0.0.0.0:0")),
            ("30s", Source::Instead("100ms")),
        ],
    ),
    (
        "pushrig listen onenet --token env:TOKEN --capture day.ndjson --for 10s",
        0,
        &[
            ("10s", Source::Instead("100ms")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig listen auto --token env:TOKEN --app-secret env:SECRET --bind 127.0.0.1:8000 --for 10s",
        0,
        &[
            ("127.0.0.1:8000", Source::Instead("127.0.0.1:0")),
            ("10s", Source::Instead("100ms")),
            ("TOKEN", Source::Text(ONENET)),
            ("SECRET", Source::Text(SENSORO)),
        ],
    ),
    (
        "pushrig listen tencent --token env:TOKEN --ready-file url --expect 'tencent.report>=1 within 10s' --report junit=listen.xml",
        1,
        &[
            ("10s", Source::Instead("100ms")),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig listen onenet --token env:TOKEN --fault first=2 --for 10s",
        0,
        &[
            ("10s", Source::Instead("100ms")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig listen auto --token env:TOKEN --ui --for 10s",
        0,
        &[
            ("10s", Source::Instead("100ms")),
            ("TOKEN", Source::Text(ONENET)),
        ],
    ),
    (
        "pushrig mqtt watch 127.0.0.1:1883 --user 10311 --access-key env:KEY --device 00001/iot-0001 --for 10s",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("10s", Source::Instead("100ms")),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig mqtt set 127.0.0.1:1883 --user 10311 --access-key env:KEY --device 00001/iot-0001 temperature=30.5",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig mqtt platform --bind 127.0.0.1:1883 --user 10311 --access-key env:KEY --device 00001/iot-0001 --rate 1 --for 10s",
        0,
        &[
            ("127.0.0.1:1883", Source::Instead("127.0.0.1:0")),
            ("10s", Source::Instead("100ms")),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig mqtt watch 127.0.0.1:1883 --user 10311 --access-key env:KEY --device 00001/iot-0001 --count 3",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig mqtt watch 127.0.0.1:1883 --project KLza8R --group g1 --access-key @group.key --devices devices.txt --capture day.ndjson --for 10s",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("10s", Source::Instead("100ms")),
            ("group.key", Source::Text(ACCESS_KEY)),
            ("devices.txt", Source::Text("00001/iot-0001\n")),
        ],
    ),
    (
        "pushrig mqtt watch 127.0.0.1:1883 --token env:TOKEN --device 00001/iot-0001 --only lifecycle --expect 'online>=1 within 10s' --report junit=watch.xml",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("TOKEN", Source::Text(STUDIO_TOKEN)),
        ],
    ),
    (
        "pushrig mqtt watch 127.0.0.1:1883 --username me --password env:PASSWORD --topic 'sensors/#' --qos 0 --for 10s",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("10s", Source::Instead("100ms")),
            ("PASSWORD", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig mqtt set 127.0.0.1:1883 --user 10311 --access-key env:KEY --device 00001/iot-0001 temperature=30.5 'mode=\"1\"'",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig mqtt set 127.0.0.1:1883 --project KLza8R --group g1 --token env:TOKEN --device 00001/iot-0001 --desired --no-reply --params '{\"temperature\":\"30.5\"}'",
        0,
        &[
            ("127.0.0.1:1883", Source::Broker),
            ("TOKEN", Source::Text(STUDIO_TOKEN)),
        ],
    ),
    (
        "pushrig mqtt platform --bind 127.0.0.1:1883 --user 10311 --access-key env:KEY --device 00001/iot-0001 --rate 1 --for 10s",
        0,
        &[
            ("127.0.0.1:1883", Source::Instead("127.0.0.1:0")),
            ("10s", Source::Instead("100ms")),
            ("KEY", Source::Text(ACCESS_KEY)),
        ],
    ),
    (
        "pushrig mqtt platform platform.toml --bind 127.0.0.1:1883 --play day.ndjson --expect 'sets>=1 within 10s'",
        1,
        &[
            ("127.0.0.1:1883", Source::Instead("127.0.0.1:0")),
            ("10s", Source::Instead("100ms")),
            (
                "platform.toml",
                Source::Example("onenet-studio/platform.toml"),
            ),
            (
                "day.ndjson",
                Source::Text("{\"device\":\"00001/iot-0001\",\"property\":{\"Power\":\"on\"}}\n"),
            ),
        ],
    ),
    (
        "pushrig run --server 'python3 app.py {port}' --wait http://127.0.0.1:{port} -- handshake onenet http://127.0.0.1:{port}/push --token env:TOKEN -- replay captures/ --to http://127.0.0.1:{port}/push",
        0,
        &[
            (
                "python3 app.py {port}",
                Source::Instead(
                    "pushrig listen onenet --token env:TOKEN --accept-all --bind 127.0.0.1:{port}",
                ),
            ),
            ("captures/day.ndjson", Source::Output(RECORDS)),
            ("TOKEN", Source::Text(TENCENT)),
        ],
    ),
    (
        "pushrig run --server './gate --port 8000' --wait tcp://127.0.0.1:8000 --server-log gate.log --report junit=run.xml --fail-fast -- device --server http://127.0.0.1:8000 --id 478435 --until-idle",
        0,
        &[
            (
                "./gate --port 8000",
                Source::Instead("pushrig dispatch --bind 127.0.0.1:{port}"),
            ),
            ("127.0.0.1:8000", Source::Instead("127.0.0.1:{port}")),
        ],
    ),
    ("pushrig demo", 0, &[]),
    ("pushrig demo --keep demo-files", 0, &[]),
    ("pushrig demo --format json", 0, &[]),
    (
        "pushrig completions bash > ~/.local/share/bash-completion/completions/pushrig",
        0,
        &[(
            ".local/share/bash-completion/completions/x",
            Source::Text(""),
        )],
    ),
    ("pushrig man", 0, &[]),
    ("pushrig man explain", 0, &[]),
];

/// A call for a capture.
const RECORDS: &str = "samples onenet --as record --token any-token-at-all";

const ORDER: &str = "{\"device\":\"478435\",\"endpoint\":\"load_objects\"}\n";
