"""A company's proxy: only CONNECT, with a password, to names that only the proxy can resolve."""

import base64
import http.server
import select
import socket
import threading

PASSWORD = "the-password-of-the-proxy"
_WANTED = "Basic " + base64.b64encode(f"builder:{PASSWORD}".encode()).decode()


class ConnectProxy:
    """The proxy, as a context manager. `names` maps hosts to their real addresses, `connected`
    has the requested hosts, `refused` counts calls without the password."""

    def __init__(self, host: str, names: dict[str, tuple[str, int]] | None = None) -> None:
        self.names = names or {}
        self.connected: list[str] = []
        self.refused = 0
        self._server = http.server.ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.url = f"http://builder:{PASSWORD}@{host}:{port}"

    def __enter__(self) -> "ConnectProxy":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                if self.headers.get("Proxy-Authorization") != _WANTED:
                    proxy.refused += 1
                    self.send_error(407)
                    return
                host, _, port = self.path.rpartition(":")
                proxy.connected.append(host)
                with socket.create_connection(proxy.names.get(host, (host, int(port)))) as there:
                    self.send_response(200)
                    self.end_headers()
                    self.close_connection = True
                    _relay(self.connection, there)

            def log_message(self, format: str, *args: object) -> None:
                return None

        return Handler


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes in both directions until one side has ended."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            content = ready.recv(1 << 16)
            if not content:
                return
            (other if ready is one else one).sendall(content)
