import argparse
import json
import sys
import urllib.request

from creamery import care, probe, store


def main():
    parser = argparse.ArgumentParser(prog="creamery")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the web server")
    commands.add_parser("probe", help="read the climate probe by Modbus")
    send = commands.add_parser("send", help="send a reading to the server as CBOR")
    send.add_argument("wheel", type=int)
    send.add_argument("celsius", type=float)
    turns = commands.add_parser("turns", help="when a wheel has to be turned")
    turns.add_argument("rule")
    turns.add_argument("--count", type=int, default=3)
    turns.add_argument("--locale", default="en")
    export = commands.add_parser("export", help="write all wheels")
    export.add_argument("--as", dest="form", choices=["csv", "json", "cbor"], default="csv")
    imported = commands.add_parser("import", help="read wheels from a JSON file")
    imported.add_argument("file", type=argparse.FileType())
    chosen = parser.parse_args()
    if chosen.command == "serve":
        from creamery import web

        web.serve()
    elif chosen.command == "probe":
        print("%.1f °C, %.1f %% humidity" % probe.read())
    elif chosen.command == "send":
        import cbor2

        body = cbor2.dumps({"wheel": chosen.wheel, "celsius": chosen.celsius})
        request = urllib.request.Request("http://localhost:8080/readings", body, {"Content-Type": "application/cbor"})
        try:
            with urllib.request.urlopen(request) as answer:
                print(cbor2.loads(answer.read()))
        except urllib.error.HTTPError as error:
            sys.exit(f"{error.code}: {error.read().decode()}")
    elif chosen.command == "turns":
        try:
            for line in care.turns(chosen.rule, chosen.count, chosen.locale):
                print(line)
        except ValueError as error:
            sys.exit(f"not a rule: {error}")
    elif chosen.command == "export":
        sys.stdout.buffer.write(store.exported(chosen.form))
    elif chosen.command == "import":
        added, problems = store.added(json.load(chosen.file))
        print(f"{added} added")
        if problems:
            sys.exit(json.dumps(problems))


main()
