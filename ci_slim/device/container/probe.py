"""Exercises in the image of ci-slim-update what an update needs of it. .ci-slim.yml runs this in
the fat image and in the slim one."""

import base64
import contextlib
import gzip
import hashlib
import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

PROGRAM = "/usr/local/bin/ci-slim-update"
LATE = (
    *("email.charset", "email.header", "email.quoprimime", "encodings.idna", "encodings.latin_1"),
    *("encodings.utf_16", "encodings.utf_32", "encodings.utf_8_sig"),
)
"""What the standard library imports only when something goes wrong or is unusual."""


def answer(request: bytes) -> bytes:
    """What a daemon without images says, also to an archive, and an image that it saves."""
    path = request.split()[1]
    if path.startswith(b"/images/load"):
        said = b'{"stream":"Loaded"}\r\n'
        head = b"Transfer-Encoding: chunked\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\n%b%x\r\n%b\r\n0\r\n\r\n" % (head, len(said), said)
    body = b"archive" if path.endswith(b"/get") else b"[]"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def serve(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        request = b""
        with connection:
            while not request.endswith(b"\r\n\r\n") or request.count(b"\r\n\r\n") < (
                2 if b"chunked" in request else 1
            ):
                request += connection.recv(1 << 16)
            connection.sendall(answer(request))


def program() -> Any:
    loader = importlib.machinery.SourceFileLoader("ci_slim_update", PROGRAM)
    spec = importlib.util.spec_from_loader("ci_slim_update", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def apply_a_delta(update: Any) -> None:
    """A tar-diff with a zstd patch of a file of the old image."""
    old, new = bytes(range(256)) * 64, bytes(range(256)) * 60 + b"changed"
    layer = tar_of({"srv/data": old})
    config = json.dumps(
        {"rootfs": {"diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    ).encode()
    manifest = json.dumps([{"Config": "config.json", "Layers": ["layer.tar"]}]).encode()
    Path("old.tar").write_bytes(
        tar_of({"layer.tar": layer, "config.json": config, "manifest.json": manifest})
    )
    for name, data in (("old", old), ("new", new)):
        Path(name).write_bytes(data)
    subprocess.run(["zstd", "-q", "--patch-from=old", "new", "-o", "frame"], check=True)
    frame = Path("frame").read_bytes()
    operations = b"\1" + bytes([8]) + b"srv/data" + b"\5" + number(len(frame)) + frame
    packed = subprocess.run(["zstd", "-qc"], input=operations, capture_output=True, check=True)
    Path("delta").write_bytes(b"tardf2\n\0" + packed.stdout)
    out = io.BytesIO()
    update.rebuild(Path("delta"), update.OldImage(Path("old.tar")), out, Path())
    assert out.getvalue() == new
    with gzip.open("layer.gz", "wb") as packed_layer:
        packed_layer.write(layer)
    made = update.Hashing(io.BytesIO())
    update._unpack_layer(Path("layer.gz"), "application/vnd.oci.image.layer.v1.tar+gzip", made)
    assert made.digest == "sha256:" + hashlib.sha256(layer).hexdigest()


def number(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def check_a_signature(update: Any) -> None:
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem")
    openssl("ec", "-in", "key.pem", "-pubout", "-out", "key.pub")
    Path("text").write_bytes(b"signed")
    openssl("dgst", "-sha256", "-sign", "key.pem", "-out", "made", "text")
    signature = Path("made").read_bytes()
    assert update._is_signed(b"signed", signature, Path("key.pub"), Path())
    assert not update._is_signed(b"other", signature, Path("key.pub"), Path())


def ask_a_registry(update: Any) -> None:
    """A manifest over TLS, by a name that is looked up, checked against an authority."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "tls.key", "-out", "tls.pem", "-days", "2", "-subj", "/CN=registry",
            "-addext", "subjectAltName=DNS:localhost.localdomain,IP:127.0.0.1")  # fmt: skip
    manifest = Path("v2/board/app/manifests/stable")
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"config": {}}')
    words = ["openssl", "s_server", "-quiet", "-WWW", "-accept", "5443"]
    server = subprocess.Popen(
        [*words, "-cert", "tls.pem", "-key", "tls.key"], stderr=subprocess.DEVNULL
    )
    os.environ["SSL_CERT_FILE"] = "tls.pem"
    registry = update.Registry("127.0.0.1:5443/board/app", False, Path("none"))
    registry.base = registry.base.replace("http:", "https:")
    try:
        assert retried(lambda: registry.manifest("stable"))[0] == {"config": {}}
    finally:
        server.kill()
        server.wait()
        del os.environ["SSL_CERT_FILE"]
    with contextlib.suppress(update.Problem):
        retried(lambda: registry.manifest("stable"), 1)  # nobody answers: the way of an error
    names = update.Registry("bücher.invalid/board/app", False, Path("none"))
    with contextlib.suppress(update.Problem):
        names.manifest("stable")  # a name of another alphabet, which nobody knows
    import ssl

    assert len(ssl.create_default_context().get_ca_certs()) > 50


def retried(ask: Any, tries: int = 100) -> Any:
    for left in range(tries, 0, -1):
        try:
            return ask()
        except Exception:
            if left == 1:
                raise
            time.sleep(0.1)
    raise AssertionError


def ask_a_daemon(update: Any) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind("docker.sock")
    server.listen()
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    os.environ["DOCKER_HOST"] = f"unix://{Path('docker.sock').absolute()}"
    assert update.main(["clean", "--remove", "--folder", "work"]) == 0
    docker = update.Docker()
    docker.save("sha256:1", Path("saved"))
    docker.load(lambda out: out.write(b"archive"))
    assert Path("saved").read_bytes() == b"archive"


def main() -> None:
    os.chdir(tempfile.mkdtemp())
    for name in LATE:
        importlib.import_module(name)
    base64.urlsafe_b64encode(b"x")
    update = program()
    apply_a_delta(update)
    check_a_signature(update)
    ask_a_registry(update)
    ask_a_daemon(update)
    print("all", "worked")  # noqa: T201


if __name__ == "__main__":
    main()
