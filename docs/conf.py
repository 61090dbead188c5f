"""How Sphinx builds these pages: ``sphinx-build -W -n docs build/docs``.

Pages that repeat what a table of diffcli says (functions, commands, lessons, codes, schemas, formats) are written from that table
into ``docs/_generated`` before Sphinx reads anything; ``-t keep`` takes those of the last build. Nothing is fetched, and the same
tree gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from writers import write_all  # noqa: E402
from writers.docstrings import restructure  # noqa: E402

import diffcli  # noqa: E402

if not tags.has("keep"):  # noqa: F821
    write_all(HERE / "_generated")

project = "diffcli"
author = "The diffcli developers"
copyright = author
version = release = diffcli.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_generated/conventions", "_generated/names", "_generated/functions/index.md"]  # parts of pages

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "diffcli"
html_static_path = ["_static"]
html_css_files = ["diffcli.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None

default_role = "py:obj"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
nitpick_ignore_regex = [
    ("py:obj", ".*"),  # names in docstrings: the tests hold that each is there
    ("py:class", r"(collections\.abc|typing|numpy|contextlib|types|weakref|diffcli)\..*"),  # not all types have a page
    ("py:class", r"[A-Z]\w*"),
]


def setup(app):
    app.connect("autodoc-process-docstring", restructure)
