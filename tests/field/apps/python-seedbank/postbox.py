"""Takes one message by SMTP, as a mail host would, and prints it."""

import socket
import sys

server = socket.create_server(("127.0.0.1", 2525))
server.settimeout(20)
print("listening", flush=True)
peer, _ = server.accept()
lines = peer.makefile("rwb")


def say(text):
    lines.write(text + b"\r\n")
    lines.flush()


say(b"220 postbox")
for line in lines:
    word = line[:4].upper()
    if word == b"DATA":
        say(b"354 go on")
        for text in lines:
            if text == b".\r\n":
                break
            sys.stdout.write(text.decode())
        say(b"250 kept")
    elif word == b"QUIT":
        say(b"221 bye")
        break
    else:
        say(b"250 postbox")
