"""A device for those who have none yet."""

import asyncio

import voluptuous as vol
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer

SCHEMA = vol.Schema({vol.Required("port"): int, vol.Required("registers"): [int]})


async def setup(hub, values):
    block = ModbusSequentialDataBlock(1, values["registers"])
    context = ModbusServerContext(slaves=ModbusSlaveContext(hr=block), single=True)
    hub.simulator = asyncio.create_task(StartAsyncTcpServer(context, address=("127.0.0.1", values["port"])))
    await asyncio.sleep(0.5)
