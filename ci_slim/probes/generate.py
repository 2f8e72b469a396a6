"""The bodies that DockerSlim's `body_generate` makes.

The texts are those that it sends (its package test/data). The images are red squares of ten by ten
pixels like its own, stored here in encoded form.
"""

from base64 import b64decode

_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mP8z4APMDGMSmMBAEEsARPjH1y+AAAAAElFTkSu"
    "QmCC"
)
_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1R"
    "V19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2NjY2NjY2NjY2NjY2P/wAARCAAKAAoDAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAA"
    "AAAAAAAA/8QAFgEBAQEAAAAAAAAAAAAAAAAAAAUG/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AipbeAAAP"
    "/9k="
)
_GIF = "R0lGODdhCgAKAIEAAP8AAAAAAAAAAAAAACwAAAAACgAKAAAIEgABCBxIsKDBgwgTKlzIsGHCgAA7"

GENERATED: dict[str, bytes] = {
    "generate.text": b"text data",
    "generate.text.json": b'{"data": "text"}',
    "generate.image": b64decode(_PNG),
    "generate.image.png": b64decode(_PNG),
    "generate.image.jpeg": b64decode(_JPEG),
    "generate.image.gif": b64decode(_GIF),
}
"""The value of `body_generate` to the bytes that are sent."""
