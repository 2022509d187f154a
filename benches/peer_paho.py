"""A loop around paho for compare.sh: `pub PORT QOS` publishes each line of stdin, `sub PORT QOS COUNT` prints payloads."""

import sys

import paho.mqtt.client as mqtt

role, port, qos = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.max_inflight_messages_set(20)
if role == "pub":
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = [client.publish("compare", line.rstrip(b"\n"), qos, retain=True) for line in sys.stdin.buffer]
    for message in sent:
        message.wait_for_publish()
    client.disconnect()
    client.loop_stop()
else:
    left = int(sys.argv[4])
    out = sys.stdout.buffer

    def received(_client, _userdata, message):
        global left
        if left > 0:
            out.write(message.payload + b"\n")
            left -= 1
            if left == 0:
                client.disconnect()

    client.on_message = received
    client.on_connect = lambda client, *_: client.subscribe("compare", qos)
    client.connect("127.0.0.1", port)
    client.loop_forever()
    out.flush()
