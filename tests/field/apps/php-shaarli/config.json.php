<?php /*
{
    "credentials": {"login": "ida", "salt": "0c5a1b7f", "hash": "@HASH@"},
    "general": {
        "timezone": "Europe\/Berlin", "title": "Loom links", "header_link": "\/",
        "enabled_plugins": ["qrcode", "archiveorg", "readitlater", "default_colors", "playvideos", "demo_plugin"],
        "enable_async_metadata": false, "retrieve_description": false
    },
    "security": {"session_protection_disabled": false},
    "resource": {"theme": "default"},
    "updates": {"check_updates": false},
    "thumbnails": {"mode": "none"},
    "api": {"enabled": true, "secret": "weft-and-warp-1789"},
    "plugins": {"DEFAULT_COLORS_MAIN": "#336699"},
    "translation": {"language": "auto", "mode": "gettext"},
    "formatter": "markdown"
}
*/ ?>
