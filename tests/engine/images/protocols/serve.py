import base64
import hashlib
import http.server
import json
import os
import socket
import socketserver
import ssl
import threading
from pathlib import Path

DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/documented/{id}": {
            "get": {"parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}]}
        }
    },
}


def told(name):
    return Path("/srv/data", name).read_bytes()


def surroundings():
    """What the container has besides its image."""
    config, shm = Path("/etc/app.conf"), os.statvfs("/dev/shm")
    try:
        Path("/srv/written").write_text("x")
        writable = True
    except OSError:
        writable = False
    Path("/scratch/written").write_text("x")
    bounds = Path("/proc/self/status").read_text().split("CapBnd:")[1].split()[0]
    return {
        "config": config.read_text() if config.exists() else "",
        "mode": oct(config.stat().st_mode & 0o777) if config.exists() else "",
        "shm": shm.f_blocks * shm.f_frsize,
        "host": socket.gethostname(),
        "board": socket.gethostbyname("board"),
        "writable": writable,
        "kept": Path("/data").is_mount(),
        "ports": Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text().strip(),
        "init": Path("/proc/1/comm").read_text().strip(),
        "net_admin": int(bounds, 16) >> 12 & 1,
    }


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            return self.chat()
        body, status, more = b"ok", 200, {}
        if self.path == "/openapi.json":
            body = json.dumps(DOCUMENT).encode()
        elif self.path == "/documented/1":
            body = told("openapi")
        elif self.path == "/login":
            more = {"Set-Cookie": "who=me"}
            body = json.dumps({"token": "t1"}).encode()
        elif self.path == "/me":
            good = self.headers.get("Cookie") == "who=me"
            good = good and self.headers.get("Authorization") == "Bearer t1"
            status, body = (200, told("steps")) if good else (401, b"no")
        elif self.path in ("/script", "/container", "/mounted", "/socket"):
            body = told(self.path[1:])
        elif self.path == "/running":
            body = json.dumps(surroundings()).encode()
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chat(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        _, size = self.rfile.read(2)
        self.rfile.read(4 + (size & 127))
        said = told("wss" if isinstance(self.connection, ssl.SSLSocket) else "websocket")
        self.wfile.write(bytes([0x81, len(said)]) + said)
        self.close_connection = True

    def log_message(self, *_):
        pass


class OverSocket(http.server.ThreadingHTTPServer):
    """HTTP over a Unix socket."""

    address_family = socket.AF_UNIX

    def server_bind(self):
        self.socket.bind(self.server_address)
        Path(self.server_address).chmod(0o600)

    def get_request(self):
        request, _ = self.socket.accept()
        return request, ("", 0)


class Line(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(told("tcp"))


class Datagram(socketserver.DatagramRequestHandler):
    def handle(self):
        self.rfile.read()
        self.wfile.write(told("udp"))


class Records(socketserver.StreamRequestHandler):
    """FastCGI: reads to the empty record of the standard input, answers, and closes."""

    def handle(self):
        while True:
            head = self.rfile.read(8)
            size = int.from_bytes(head[4:6], "big")
            self.rfile.read(size + head[6])
            if head[1] == 5 and not size:
                break
        body = b"Status: 200 OK\r\n\r\n" + told("fastcgi")
        self.wfile.write(bytes([1, 6, 0, 1, 0, len(body), 0, 0]) + body)


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


serve(socketserver.ThreadingTCPServer(("0.0.0.0", 7000), Line))
serve(socketserver.ThreadingUDPServer(("0.0.0.0", 7001), Datagram))
serve(socketserver.ThreadingTCPServer(("0.0.0.0", 9000), Records))
serve(OverSocket("/run/app.sock", Site))
encrypted = http.server.ThreadingHTTPServer(("0.0.0.0", 8443), Site)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/srv/tls/certificate", "/srv/tls/key")
encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True)
serve(encrypted)
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Site).serve_forever()
