"""An application of OneNET Studio's long connection, by paho-mqtt: prints what comes.

    python3 studio_paho_application.py PORT USERNAME TOKEN QOS PROTOCOL [DEVICE PARAMS]

It subscribes to all that is documented of the device, sets the parameters, and ends with the reply
and the report of what has changed. Where it is refused it says why, and its exit code is 1.
"""
import json
import sys

import paho.mqtt.client as mqtt

PORT, USERNAME, TOKEN, QOS, PROTOCOL = sys.argv[1:6]
DEVICE, PARAMS = (sys.argv[6:] + ["00001/iot-0001", "{}"])[:2]
REQUEST = "8906582E6722409AA6C40E7863B733A5"
THINGS = ["lifecycle", "property", "event", "property/set/reply"]


def topic(thing):
    return f"$sys/{DEVICE}/thing/{thing}"


def on_connect(client, _userdata, _flags, reason, _properties):
    if reason.is_failure:
        print(f"refused: {reason}", flush=True)
        client.disconnect()
        sys.exit(1)
    client.subscribe([(topic(thing), int(QOS)) for thing in THINGS])


def on_subscribe(client, _userdata, _mid, reasons, _properties):
    print("granted:", ", ".join(str(reason) for reason in reasons), flush=True)
    if any(reason.is_failure for reason in reasons):
        client.disconnect()
        sys.exit(1)
    message = {"requestId": REQUEST, "data": {"version": "1.0", "params": json.loads(PARAMS)}}
    client.publish(topic("property/set"), json.dumps(message), int(QOS))


def on_message(client, wanted, message):
    about = message.topic.removeprefix(topic(""))
    print(f"{about} {message.qos} {message.payload.decode()}", flush=True)
    wanted.discard(about)
    reply = json.loads(message.payload) if about == "property/set/reply" else {"success": True}
    if not wanted or not reply["success"]:
        client.disconnect()


client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2,
    userdata={"property", "property/set/reply"},
    protocol=getattr(mqtt, PROTOCOL),
    reconnect_on_failure=False,
)
client.username_pw_set(USERNAME, TOKEN)
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect("127.0.0.1", int(PORT), keepalive=60)
client.loop_forever()
