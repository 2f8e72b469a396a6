import argparse
import asyncio
import sys


def main():
    parser = argparse.ArgumentParser(prog="bottling")
    sub = parser.add_subparsers(dest="what", required=True)
    one = sub.add_parser("simulate")
    one.add_argument("recipe")
    one.add_argument("--minutes", type=int, default=60)
    one = sub.add_parser("convert", help="the batches in another format")
    one.add_argument("format", choices=["yaml", "toml", "msgpack", "json"])
    one = sub.add_parser("lint")
    one.add_argument("file", type=argparse.FileType())
    sub.add_parser("routes")
    sub.add_parser("test", help="ask the application without a server")
    options = parser.parse_args()
    if options.what == "simulate":
        from . import line, recipes

        print(line.simulate(recipes.known()[options.recipe], options.minutes), "bottles")
    elif options.what == "convert":
        import msgspec

        from .store import Store

        body = {"batches": Store().all()}
        sys.stdout.buffer.write(getattr(msgspec, options.format).encode(body))
    elif options.what == "lint":
        from . import recipes

        try:
            print(recipes.parse(options.file.read()).name, "is well")
        except ValueError as error:
            sys.exit(f"{options.file.name}: {error}")
    elif options.what == "routes":
        from .web import app

        for rule in sorted(app.url_map.iter_rules(), key=str):
            print(rule, ",".join(sorted(rule.methods)), rule.endpoint)
    else:
        asyncio.run(test())


async def test():
    import os

    os.environ.pop("LINE_DB", None)
    from .web import app

    async with app.test_app() as running:
        client = running.test_client()
        async with client.websocket("/ws") as socket:
            for word in ("start", "next", "jump"):
                await socket.send(word)
                print(await socket.receive())


main()
