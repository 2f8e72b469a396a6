from pathlib import Path
from string import Template

TEMPLATE = Path(__file__).parent.parent / "templates/label.zpl"


def render(text, options):
    return "text/plain", Template(TEMPLATE.read_text()).substitute(text=text).encode()
