"""Reads the configuration, and finds integrations by the names of their folders."""

import importlib
from pathlib import Path
from zoneinfo import ZoneInfo

import voluptuous as vol
import yaml

FOLDER = Path(__file__).parent / "integrations"


class Invalid(Exception):
    pass


def available() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))


def load(path: str) -> dict:
    schema = vol.Schema(
        {
            vol.Required("name"): str,
            vol.Required("time_zone"): vol.Coerce(ZoneInfo),
            "latitude": vol.Coerce(float),
            "longitude": vol.Coerce(float),
            vol.Required("integrations"): {vol.In(available()): dict},
        }
    )
    try:
        settings = schema(yaml.safe_load(Path(path).read_text()))
        for name, values in settings["integrations"].items():
            settings["integrations"][name] = integration(name).SCHEMA(values)
    except vol.Invalid as error:
        raise Invalid(error) from None
    return settings


def integration(name: str):
    return importlib.import_module(f"bridge.integrations.{name}")
