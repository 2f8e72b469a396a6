from bottle import HTTPError, request, route, run
from pygments import highlight
from pygments.formatters import get_formatter_by_name
from pygments.lexers import get_lexer_by_name, guess_lexer
from pygments.styles import get_style_by_name


@route("/<language>")
def page(language):
    formatter = get_formatter_by_name(request.query.format or "html")
    return highlight(request.query.code or "x = 1", get_lexer_by_name(language), formatter)


@route("/style/<name>")
def style(name):
    return get_formatter_by_name("html", style=get_style_by_name(name)).get_style_defs()


@route("/guess/it")
def guess():
    return guess_lexer("#!/usr/bin/perl\nprint 1;").name


run(host="0.0.0.0", port=8080)
