"""The controller of the kiln, over Modbus TCP; simulated unless KILN_PLC names a host.

Holding registers: 0 set point, 1 rate. Input registers: 0 temperature in tenths, 1 power in percent.
Coil 0: door.
"""

import asyncio
import os
import threading

from pymodbus.client import ModbusTcpClient
from pymodbus.datastore import (
    ModbusDeviceContext,
    ModbusSequentialDataBlock,
    ModbusServerContext,
)
from pymodbus.server import StartAsyncTcpServer

PORT = 5020


def simulate() -> None:
    device = ModbusDeviceContext(
        co=ModbusSequentialDataBlock(1, [0] * 8),
        hr=ModbusSequentialDataBlock(1, [20, 100] + [0] * 8),
        ir=ModbusSequentialDataBlock(1, [215, 0] + [0] * 8),
    )

    async def heat() -> None:
        while True:
            await asyncio.sleep(0.2)
            target, rate = device.getValues(3, 0, 2)
            now = device.getValues(4, 0, 1)[0]
            door = device.getValues(1, 0, 1)[0]
            power = 100 if now < target * 10 and not door else 0
            now = min(now + rate, target * 10) if power else max(now - 1, 200)
            device.setValues(4, 0, [now, power])

    async def run() -> None:
        context = ModbusServerContext(devices=device, single=True)
        task = asyncio.create_task(heat())
        await StartAsyncTcpServer(context, address=("0.0.0.0", PORT))
        task.cancel()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()


class Controller:
    def __init__(self) -> None:
        host = os.environ.get("KILN_PLC", "simulated")
        self.client = ModbusTcpClient("127.0.0.1" if host == "simulated" else host, port=PORT, timeout=2)

    def __enter__(self) -> "Controller":
        if not self.client.connect():
            raise ConnectionError("the controller does not answer")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def read(self) -> dict[str, float]:
        values = self.client.read_input_registers(0, count=2).registers
        target = self.client.read_holding_registers(0, count=1).registers[0]
        door = self.client.read_coils(0, count=1).bits[0]
        return {"celsius": values[0] / 10, "power": values[1], "target": target, "door": int(door)}

    def heat(self, target: int, rate: int) -> None:
        self.client.write_registers(0, [target, rate])

    def door(self, opened: bool) -> None:
        self.client.write_coil(0, opened)
