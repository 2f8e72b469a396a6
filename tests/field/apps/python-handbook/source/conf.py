import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / "ext")]
project = "Robot handbook"
author = "Ada"
copyright = "2026, Ada"
release = "4.2"
extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "sphinx.ext.graphviz",
    "sphinx.ext.inheritance_diagram", "sphinx.ext.doctest", "sphinx.ext.todo", "sphinx.ext.mathjax", "sphinx.ext.coverage",
    "sphinx.ext.autosummary", "sphinx_copybutton", "sphinx_design", "sphinxcontrib.mermaid", "sphinxarg.ext", "torque",
]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["robot.css"]
templates_path = ["_templates"]
locale_dirs = ["locale"]
gettext_compact = False
language = "en"
todo_include_todos = True
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
graphviz_output_format = "svg"
latex_engine = "xelatex"
man_pages = [("parts/command", "arm", "moves the arm", ["Ada"], 1)]
texinfo_documents = [("index", "robot", "Robot handbook", "Ada", "robot", "A robot", "Machines")]
epub_show_urls = "footnote"
rst_prolog = ".. |robot| replace:: Robot 4"
doctest_global_setup = "from robot.arm import Arm"
