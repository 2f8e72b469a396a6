"""Set the options of one ini file in another."""

import sys
from configparser import RawConfigParser

more, target = sys.argv[1:]
options = RawConfigParser(strict=False)
options.optionxform = str
options.read([target, more], encoding="utf-8")
with open(target, "w", encoding="utf-8") as file:
    options.write(file)
