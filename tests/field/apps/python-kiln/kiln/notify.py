"""Tells the potters, by whatever KILN_NOTIFY names."""

import os

import apprise


def tell(title: str, body: str, where: str = "") -> bool:
    messenger = apprise.Apprise()
    for url in (where or os.environ.get("KILN_NOTIFY", "")).split():
        if not messenger.add(url):
            raise ValueError(f"not understood: {url}")
    return bool(messenger.notify(title=title, body=body)) if len(messenger) else False
