"""The command: `python -m bridge run`, and what an administrator asks."""

import argparse
import asyncio
import sys

from bridge import config


def main() -> int:
    parser = argparse.ArgumentParser(prog="bridge", description="Modbus in, MQTT and HTTP out.")
    parser.add_argument("--config", default="configuration.yaml")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start the bridge")
    commands.add_parser("check", help="check the configuration")
    commands.add_parser("integrations", help="list the integrations there are")
    frame = commands.add_parser("frame", help="print the bytes of a request")
    frame.add_argument("--framer", choices=["socket", "rtu", "ascii"], default="socket")
    frame.add_argument("address", type=int)
    publish = commands.add_parser("publish", help="publish one message")
    publish.add_argument("topic")
    publish.add_argument("message")
    options = parser.parse_args()
    if options.command == "integrations":
        print("\n".join(config.available()))
        return 0
    if options.command == "frame":
        from bridge.frames import frame as framed

        print(framed(options.framer, options.address))
        return 0
    try:
        settings = config.load(options.config)
    except config.Invalid as error:
        print(f"invalid configuration: {error}", file=sys.stderr)
        return 1
    if options.command == "check":
        print(f"{settings['name']}: {len(settings['integrations'])} integrations are valid")
        return 0
    if options.command == "publish":
        from bridge.integrations.mqtt import publish as send

        return send(settings["integrations"]["mqtt"], options.topic, options.message)
    from bridge.core import run

    asyncio.run(run(settings))
    return 0


sys.exit(main())
