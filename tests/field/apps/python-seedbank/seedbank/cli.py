"""`seedbank`: loads a YAML-less list of seeds (CSV) into a running Kinto."""

import argparse
import csv
import sys

import requests


def main():
    parser = argparse.ArgumentParser(prog="seedbank")
    parser.add_argument("--server", default="http://localhost:8888/v1")
    parser.add_argument("--user", default="keeper")
    parser.add_argument("--password", default="acorn")
    sub = parser.add_subparsers(dest="command", required=True)
    sub.add_parser("setup")
    load = sub.add_parser("load")
    load.add_argument("file")
    args = parser.parse_args()
    session = requests.Session()
    session.auth = (args.user, args.password)
    if args.command == "setup":
        requests.put(
            f"{args.server}/accounts/{args.user}", json={"data": {"password": args.password}}, timeout=9
        ).raise_for_status()
        session.put(
            f"{args.server}/buckets/bank", json={"permissions": {"read": ["system.Everyone"]}}, timeout=9
        ).raise_for_status()
        session.put(
            f"{args.server}/buckets/bank/collections/seeds", json={"data": {}}, timeout=9
        ).raise_for_status()
        return print("ready")
    with open(args.file, newline="", encoding="utf-8") as source:
        rows = [
            {"method": "POST", "path": "/buckets/bank/collections/seeds/records",
             "body": {"data": {"name": row["name"], "months": [int(m) for m in row["months"].split()]}}}
            for row in csv.DictReader(source)
        ]
    answer = session.post(f"{args.server}/batch", json={"requests": rows}, timeout=9)
    if not answer.ok:
        sys.exit(f"refused: {answer.json()['message']}")
    print(f"{len(answer.json()['responses'])} loaded")
