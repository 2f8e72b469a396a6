"""Says hello, in the language that the browser asks for."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = {"en": "Hello", "de": "Hallo", "es": "Hola"}


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        language = self.headers.get("Accept-Language", "en")[:2]
        text = json.dumps({"text": WORDS.get(language, WORDS["en"])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("", 8000), Hello).serve_forever()
