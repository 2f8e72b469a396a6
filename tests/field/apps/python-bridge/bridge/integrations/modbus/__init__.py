"""Reads and writes holding registers."""

import voluptuous as vol
from pymodbus.client import AsyncModbusTcpClient

SENSOR = {vol.Required("address"): int, vol.Optional("scale", default=1): vol.Coerce(float),
          vol.Optional("type", default="uint16"): vol.In(["uint16", "int16", "float32"]), "unit": str}
SCHEMA = vol.Schema({vol.Required("host"): str, vol.Required("port"): int, "sensors": {str: SENSOR}})


async def setup(hub, values):
    client = AsyncModbusTcpClient(values["host"], port=values["port"])
    await client.connect()

    async def refresh(_=None):
        for name, sensor in values["sensors"].items():
            kind = client.DATATYPE[sensor["type"].upper()]
            answer = await client.read_holding_registers(sensor["address"], count=kind.value[1], slave=1)
            value = client.convert_from_registers(answer.registers, kind)
            hub.set(name, round(value * sensor["scale"], 2), sensor.get("unit", ""))
        return hub.states

    async def write(data):
        answer = await client.write_register(data["address"], data["value"], slave=1)
        if answer.isError():
            return {"error": str(answer)}
        return await refresh()

    hub.services |= {"refresh": refresh, "write": write}
    await refresh()
