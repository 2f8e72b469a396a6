import argparse
import asyncio
import logging

from plant import export, server


def main() -> None:
    parser = argparse.ArgumentParser(prog="plant")
    parser.add_argument("--config", default="plant.yml")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("serve").set_defaults(run=server.serve)
    exported = commands.add_parser("export", help="the address space as a NodeSet")
    exported.add_argument("file")
    exported.set_defaults(run=export.nodeset)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(options.run(options))


if __name__ == "__main__":
    main()
