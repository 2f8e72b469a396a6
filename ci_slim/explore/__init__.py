"""An image, or a fat and a slim one, as a tree to look through in a terminal.

`tree` and `listing` are pure: they know what is shown. `app` draws it with textual, which is not a
dependency of the package: only `commands.explore` imports it.
"""
