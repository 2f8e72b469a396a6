"""Every option, declared once: its name, type, default and help, its flag and its file key.

These follow from the declarations: the flags of the commands (`commands.flags`), the requests
(`requests.py`), what `settings` reads and refuses, and the JSON Schema of the settings file
(`settings/schema.py`). Tests compare the inputs of the action and of the component with them.
"""

from ci_slim.options.commands import (
    ADVISE,
    ARGUMENTS,
    BUILD,
    CHECK,
    CLEAN,
    COMMENT,
    DELTA,
    DEVICE_PLAN,
    DEVICE_UNITS,
    DIFF,
    DOCKERFILE,
    EXPLORE,
    FAILURES,
    FLEET,
    HARDEN,
    HISTORY,
    INIT,
    KEY,
    MEASURE,
    PUSH,
    REPORT,
    RUN,
    SETTINGS_FILE,
    SLIM,
)
from ci_slim.options.every import OPTIONS, of_command, option_of
from ci_slim.options.file_tree import SECTIONS, Section, file_tree
from ci_slim.options.option import Option, Type, help_text
from ci_slim.options.slim import RULE_NAMES

__all__ = [
    "ADVISE",
    "ARGUMENTS",
    "BUILD",
    "CHECK",
    "CLEAN",
    "COMMENT",
    "DELTA",
    "DEVICE_PLAN",
    "DEVICE_UNITS",
    "DIFF",
    "DOCKERFILE",
    "EXPLORE",
    "FAILURES",
    "FLEET",
    "HARDEN",
    "HISTORY",
    "INIT",
    "KEY",
    "MEASURE",
    "OPTIONS",
    "PUSH",
    "REPORT",
    "RULE_NAMES",
    "RUN",
    "SECTIONS",
    "SETTINGS_FILE",
    "SLIM",
    "Option",
    "Section",
    "Type",
    "file_tree",
    "help_text",
    "of_command",
    "option_of",
]
