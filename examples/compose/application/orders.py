"""Takes orders: counts them in the database, and tells the broker of each."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis
from paho.mqtt import publish

DATABASE = redis.Redis(host=os.environ["DATABASE"], socket_connect_timeout=5)
BROKER = os.environ["BROKER"]


class Orders(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(f"{int(DATABASE.get('orders') or 0)} orders\n")

    def do_POST(self) -> None:
        thing = self.rfile.read(int(self.headers["Content-Length"])).decode()
        DATABASE.incr("orders")
        publish.single("orders", thing, hostname=BROKER, qos=1)
        self.answer(f"ordered {thing}\n")

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


ThreadingHTTPServer(("", 8000), Orders).serve_forever()
