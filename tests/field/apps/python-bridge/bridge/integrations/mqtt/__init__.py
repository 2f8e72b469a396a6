"""Publishes states to a broker, if there is one."""

import sys

import voluptuous as vol

SCHEMA = vol.Schema({vol.Required("host"): str, vol.Optional("port", default=1883): int, "topic": str})


async def setup(hub, values):
    async def announce(data):
        import json

        import paho.mqtt.client as mqtt
        from paho.mqtt.properties import PacketTypes, Properties

        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        try:
            client.connect(values["host"], values["port"])
        except OSError as error:
            return {"offline": error.strerror, "would send": json.dumps(properties.json())}
        client.publish(values["topic"], json.dumps(hub.states), properties=properties)
        return {"sent": values["topic"]}

    hub.services["announce"] = announce


def publish(values, topic, message):
    from paho.mqtt import publish as once

    try:
        once.single(topic, message, hostname=values["host"], port=values["port"])
    except OSError as error:
        print(f"no broker: {error.strerror}", file=sys.stderr)
        return 2
    return 0
