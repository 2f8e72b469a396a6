from decimal import Decimal

from syslogng import LogParser


class Celsius(LogParser):
    def init(self, options):
        return True

    def parse(self, message):
        degrees = Decimal(message["C.DEGREES"].decode())
        message["fahrenheit"] = str(round(degrees * 9 / 5 + 32, 1))
        return True
