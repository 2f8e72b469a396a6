"""A server of which only `/` is probed. Each other route uses something for the first time."""

import http.server


def codec_japanese():
    return b"\x82\xa0".decode("cp932")


def codec_western():
    return b"\x80".decode("cp1252")


def zone():
    import datetime
    import zoneinfo

    noon = datetime.datetime(2026, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    return noon.utcoffset()


def temporary_file():
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x")
        return file.name.startswith("/tmp/")


def processes():
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(abs, [-1, -2]))


def user():
    import pwd

    return pwd.getpwnam("nobody").pw_dir


def media_type():
    import mimetypes

    return mimetypes.guess_type("a.heic")


def german():
    import locale

    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    return locale.format_string("%.2f", 1234.5, grouping=True)


def database():
    import sqlite3

    return sqlite3.connect(":memory:").execute("select 1 + 1").fetchall()


def xml():
    import xml.etree.ElementTree

    return xml.etree.ElementTree.fromstring("<a b='c'/>").attrib["b"]


def archive():
    import io
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a", "b" * 100)
    return len(file.getvalue()) > 10


def mail():
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = "ä"
    message.set_content("ü", charset="iso-8859-15")
    return message.as_string()[:20]


def domain():
    return "bücher.example".encode("idna")


def digest():
    import hashlib

    return hashlib.new("sha3_256", b"a").hexdigest()


def repository():
    return shell("cd /tmp && rm -rf r && git init -q r && cd r && git status --porcelain | wc -l")


def certificate():
    return shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=a")[:27]


def template():
    import jinja2

    return jinja2.Template("{{ x|tojson }} {{ 'a'|wordcount }}").render(x=[1])


def client():
    import requests

    try:
        requests.get("https://localhost:9/", timeout=1)
    except requests.ConnectionError:
        return "refused"


def log_file():
    import logging.config

    handler = {"class": "logging.handlers.RotatingFileHandler", "filename": "/tmp/log"}
    logging.config.dictConfig({"version": 1, "handlers": {"r": handler}})
    return logging.getLogger().name


def shelf():
    import dbm
    import shelve

    with shelve.open("/tmp/shelf") as made:
        made["a"] = 1
    return dbm.whichdb("/tmp/shelf")


def terminal():
    import curses

    curses.setupterm("xterm-256color", 1)
    return curses.tigetnum("colors")


def c_library():
    import ctypes

    return ctypes.CDLL("libm.so.6").abs(-3)


def port():
    import socket

    return socket.getservbyname("https"), socket.gethostbyname("localhost")


def module():
    import subprocess

    words = ["python3", "-m", "json.tool"]
    return subprocess.run(words, input='{"a": 1}', capture_output=True, text=True).stdout


def tasks():
    import asyncio

    async def year():
        process = await asyncio.create_subprocess_exec("date", "+%Y", stdout=-1)
        return (await process.communicate())[0]

    return asyncio.run(year())


def trace():
    import traceback

    try:
        return 1 / 0
    except ZeroDivisionError:
        return traceback.format_exc()[-30:]


def shell(line):
    import subprocess

    done = subprocess.run(line, shell=True, capture_output=True, text=True)  # noqa: S602
    return done.stdout


ROUTES = {
    each.__name__: each
    for each in list(globals().values())
    if callable(each) and each not in (shell,)
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/")
        if name and name not in ROUTES:
            self.send_error(404)
            return
        try:
            text = str(ROUTES[name]()) if name else " ".join(ROUTES)
        except BaseException as error:
            text = repr(error)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())


http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
