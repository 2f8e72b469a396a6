"""The bytes of a request, for those who look at a bus with a scope."""

from pymodbus.framer import FramerType
from pymodbus.framer.ascii import FramerAscii
from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_read_message import ReadHoldingRegistersRequest

FRAMERS = {FramerType.SOCKET: FramerSocket, FramerType.RTU: FramerRTU, FramerType.ASCII: FramerAscii}


def frame(name: str, address: int) -> str:
    pdu = ReadHoldingRegistersRequest(address, 2, slave=1)
    framer = FRAMERS[FramerType(name)](DecodePDU(False))
    return framer.buildFrame(pdu).hex(" ")
