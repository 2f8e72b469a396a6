"""The climate probe: Modbus RTU on a serial line, or a probe in a pseudo-terminal."""
import os
import pty
import struct
import threading
import tty

import minimalmodbus

_VALUES = {0: 124, 1: 873}  # tenths of a degree, tenths of a percent


def read():
    port = os.environ.get("CREAMERY_PROBE", "simulated")
    if port == "simulated":
        port = _simulated()
    probe = minimalmodbus.Instrument(port, 7)
    probe.serial.baudrate = 9600
    probe.serial.timeout = 1
    return probe.read_register(0, 1), probe.read_register(1, 1)


def _simulated():
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    threading.Thread(target=_answer, args=(ours,), daemon=True).start()
    return os.ttyname(theirs)


def _answer(line):
    while True:
        asked = b""
        while len(asked) < 8:
            asked += os.read(line, 8)
        address, function, first, count = struct.unpack(">BBHH", asked[:6])
        values = [_VALUES.get(first + i, 0) for i in range(count)]
        body = struct.pack(f">BBB{count}H", address, function, 2 * count, *values)
        os.write(line, body + struct.pack("<H", _crc(body)))


def _crc(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc
