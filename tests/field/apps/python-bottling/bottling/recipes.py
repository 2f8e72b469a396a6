"""The recipes of the line, a small language."""

from dataclasses import dataclass, field
from pathlib import Path

from lark import Lark, Transformer, v_args
from lark.exceptions import UnexpectedInput

GRAMMAR = r"""
start: head step+
head: "recipe" NAME NUMBER "l"
?step: "rinse" "for" NUMBER "s" -> rinse
    | "fill" "to" NUMBER "ml" "+/-" NUMBER -> fill
    | "cap" "with" NAME -> cap
    | "label" ESCAPED_STRING -> label
NAME: /[a-z]+/
COMMENT: /#[^\n]*/
%import common.NUMBER
%import common.ESCAPED_STRING
%import common.WS
%ignore WS
%ignore COMMENT
"""
FOLDER = Path(__file__).parent.parent / "recipes"


@dataclass
class Recipe:
    name: str
    litres: float
    steps: list = field(default_factory=list)


@v_args(inline=True)
class _Build(Transformer):
    def start(self, head, *steps):
        return Recipe(*head, list(steps))

    def head(self, name, litres):
        return str(name), float(litres)

    def rinse(self, seconds):
        return {"step": "rinse", "seconds": float(seconds)}

    def fill(self, target, spread):
        return {"step": "fill", "ml": float(target), "spread": float(spread)}

    def cap(self, kind):
        return {"step": "cap", "kind": str(kind)}

    def label(self, text):
        return {"step": "label", "text": str(text)[1:-1]}


_lalr = Lark(GRAMMAR, parser="lalr", transformer=_Build())
_earley = Lark(GRAMMAR, parser="earley")


def parse(text):
    try:
        return _lalr.parse(text)
    except UnexpectedInput as error:
        raise ValueError(f"line {error.line}, column {error.column}: {error.get_context(text).strip()}") from None


def tree(text):
    return _earley.parse(text).pretty()


def known():
    return {path.stem: parse(path.read_text()) for path in sorted(FOLDER.glob("*.rcp"))}
