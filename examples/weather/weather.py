"""Asks a weather station, and tells what it said as a sentence."""

import json
import os
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATION = os.environ["STATION_URL"]


class Weather(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with urllib.request.urlopen(STATION, timeout=10) as answer:
            measured = json.load(answer)
        text = f"It is {measured['celsius']:.1f} °C in {measured['place']}.\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("", 8000), Weather).serve_forever()
