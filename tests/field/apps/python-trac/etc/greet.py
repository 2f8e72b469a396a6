"""A plug-in of the tea house: a request handler and a macro."""

from trac.core import Component, implements
from trac.util.html import tag
from trac.web.api import IRequestHandler
from trac.wiki.macros import WikiMacroBase


class Greet(Component):
    implements(IRequestHandler)

    def match_request(self, req):
        return req.path_info == "/greet"

    def process_request(self, req):
        req.send(b"Tea is ready", "text/plain")


class CupsMacro(WikiMacroBase):
    """Draws cups."""

    def expand_macro(self, formatter, name, content, args=None):
        return tag.span("c[_]" * int(content or 1), class_="cups")
