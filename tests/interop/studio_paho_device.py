"""A device of OneNET Studio, by paho-mqtt: reports, and does what it is told to.

    python3 studio_paho_device.py PORT PRODUCT NAME TOKEN

It reports a property and an event, and answers set, get and invoke until it is ended. It prints a
line a message, and `ready` when it is subscribed and both reports are answered.
"""
import json
import sys
import time

import paho.mqtt.client as mqtt

PORT, PRODUCT, NAME, TOKEN = sys.argv[1:5]
PREFIX = f"$sys/{PRODUCT}/{NAME}/thing/"
HEARS = [
    "property/set",
    "property/get",
    "property/post/reply",
    "event/post/reply",
    "service/open/invoke",
]
properties = {"Power": "off", "WF": 23.6}
answered = set()


def say(client, thing, message):
    client.publish(PREFIX + thing, json.dumps(message), qos=1)


def now():
    return int(time.time() * 1000)


def report(client, params):
    timed = {name: {"value": value, "time": now()} for name, value in params.items()}
    say(client, "property/post", {"id": "1", "version": "1.0", "params": timed})


def on_connect(client, _userdata, _flags, reason, _properties):
    if reason.is_failure:
        print(f"refused: {reason}", flush=True)
        client.disconnect()
        sys.exit(1)
    client.subscribe([(PREFIX + thing, 1) for thing in HEARS])


def on_subscribe(client, _userdata, _mid, reasons, _properties):
    print("granted:", ", ".join(str(reason) for reason in reasons), flush=True)
    report(client, properties)
    event = {"overheated": {"value": {"WF": "90"}, "time": now()}}
    say(client, "event/post", {"id": "2", "version": "1.0", "params": event})


def on_message(client, _userdata, message):
    thing = message.topic.removeprefix(PREFIX)
    body = json.loads(message.payload)
    print(thing, json.dumps(body), flush=True)
    done = {"id": body["id"], "code": 200, "msg": "success"}
    if thing == "property/set":
        if set(body["params"]) <= set(properties):
            properties.update(body["params"])
            say(client, "property/set_reply", done)
            report(client, body["params"])
        else:
            say(client, "property/set_reply", {**done, "code": 400, "msg": "no such property"})
    elif thing == "property/get":
        data = {name: properties[name] for name in body["params"]}
        say(client, "property/get_reply", {**done, "data": data})
    elif thing == "service/open/invoke":
        say(client, "service/open/invoke_reply", {**done, "data": {}})
    elif not {"property/post/reply", "event/post/reply"} <= answered:
        answered.add(thing)
        if len(answered) == 2:
            print("ready", flush=True)


client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2,
    client_id=NAME,
    protocol=mqtt.MQTTv311,
    reconnect_on_failure=False,
)
client.username_pw_set(PRODUCT, TOKEN)
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect("127.0.0.1", int(PORT), keepalive=60)
client.loop_forever()
