"""The pages that are written from tables: each table is there whole, and what is shown of it is what diffcli says."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import pytest
from inside import ARRAY_ROWS, CODES, FORMATS, OPERATIONS, ExitCode
from test_conventions import CONVENTIONS

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "docs"))

from writers import api, codes, conventions, docstrings, formats, functions, lessons, names, schemas  # noqa: E402
from writers.pages import prose  # noqa: E402


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of functions, with a picture each."""
    folder = tmp_path_factory.mktemp("functions")
    functions.write(folder)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_each_function_has_a_page_that_the_index_leads_to(pages):
    names = {row.spelling for row in [*OPERATIONS.values(), *ARRAY_ROWS]}
    assert {f"{functions.page_name(name)}.md" for name in names} == {name for name in pages if name.endswith(".md")} - {"index.md"}
    linked = set(re.findall(r"\(_generated/functions/([\w-]+\.md)\)", pages["index.md"]))
    assert linked == {name for name in pages if name.endswith(".md")} - {"index.md"}


def test_a_page_of_a_function_shows_its_rule_its_kink_and_a_picture(pages):
    page = pages["abs.md"]
    for part in ("| other names | `fabs` |", "| derivative by `a` | `sign(a)` |", "| kink | where `a == 0`: the slopes on the two sides differ |", "## Example", "(kink: -1 on the left, 1 on the right)"):
        assert part in page
    assert "(abs.svg)" in page and pages["abs.svg"].startswith("<svg")


def test_a_page_shows_what_happens_at_every_kind_of_break(pages):
    """A point is looked for at which the condition of the row holds; `elu(x)` has none: its kink is that of another slope."""
    rows = [row for row in OPERATIONS.values() if row.breaks]
    without = {row.spelling for row in rows if "## Where it is not differentiable" not in pages[f"{functions.page_name(row.spelling)}.md"]}
    assert without == {"elu"}


def test_the_page_of_conventions_has_every_row_of_the_table():
    rows = [row for _, rows in conventions.sections() for row in rows]
    assert [(row[0], row[1]) for row in rows] == [(f"`{program}`", f"`{point}`") for program, point, _, _ in CONVENTIONS]
    assert [row[2] == "none: an error" for row in rows] == [isinstance(answer, str) for _, _, answer, _ in CONVENTIONS]


def test_each_code_stands_on_one_page():
    for name, row in CODES.items():
        assert [page for page, (_, belongs) in codes.PAGES.items() if belongs(row)] == [codes.page_of(name)]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"])
def test_links_beside_the_documentation_lead_somewhere(name):
    """Sphinx looks at those between pages."""
    path = ROOT / name
    linked = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in linked if "://" not in link and not (path.parent / link).exists()] == []


def test_a_code_is_shown_with_its_example_and_the_same_mended():
    text = codes.section("shape-mismatch", CODES["shape-mismatch"])
    assert text.startswith("(shape-mismatch)=\n## shape-mismatch\n") and "Exit code 3: " in text
    assert "error[shape-mismatch]" in text and "<summary>Mended: <code>diffcli grad" in text


def test_every_format_is_listed(tmp_path):
    formats.write(tmp_path)
    text = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"| `{name}` |" not in text] == []


def test_the_tables_of_names_have_a_row_for_each(tmp_path):
    names.write(tmp_path)
    text = (tmp_path / "torch.md").read_text(encoding="utf-8")
    assert [name for name in [*names.MODULES, *names.NAMES, *names.INSTEAD] if f"| `{name}` | " not in text] == []
    assert "| `fsum` | sum(...) of the terms |" in (tmp_path / "recording.md").read_text(encoding="utf-8")


def test_the_page_of_exit_codes_has_them_all():
    text = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [code.value for code in ExitCode]


@pytest.mark.parametrize("package", api.PACKAGES)
def test_every_public_name_has_a_docstring(package):
    module = __import__(package, fromlist=["x"])
    assert len(api.names(package)) > 1
    assert [name for name in api.names(package) if not inspect.getdoc(getattr(module, name))] == []


SCHEMA = {
    "properties": {
        "schema": {"description": "What it is.", "const": "diffcli/x@1"},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"v": {"anyOf": [{"$ref": "#/$defs/number"}, {"type": "null"}]}}}},
        "at": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
    },
    "required": ["schema", "rows"],
}


def test_a_schema_becomes_a_table_of_keys():
    assert list(schemas.keys(SCHEMA)) == [
        ("`schema`", '`"diffcli/x@1"`', "What it is."),
        ("`rows`", "array of object", ""),
        ("`rows[].v`", "[number](#number) or null, optional", ""),
        ("`at`", "object: name to number or string, optional", ""),
    ]


def test_sections_of_a_docstring_become_titles_and_lists():
    lines = ["The sum.", "", "Parameters", "----------", "a, b", "    Numbers.", "", ">>> add(1, 2)", "3", "", "Raises", "------", "UsageError, ValueError", "    No numbers.", ""]
    docstrings.restructure(None, "function", "add", None, None, lines)
    assert "\n".join(lines) == (
        "The sum.\n\n\n.. rubric:: Parameters\n\n``a``, ``b``\n    Numbers.\n\n\n>>> add(1, 2)\n3\n\n\n\n.. rubric:: Raises\n\n"
        ":py:exc:`~diffcli.UsageError`, ``ValueError``\n    No numbers.\n\n"
    )


@pytest.mark.parametrize(
    ("text", "markdown"),
    [("sin(pi*a)/(pi*a)", r"sin(pi\*a)/(pi\*a)"), ("a < b", r"a \< b"), ("diffcli.custom_rule", "diffcli.custom_rule"), ("_x_", r"\_x\_"), ("[a]", r"\[a]"), ("`a*b` * c", r"`a*b` \* c")],
)
def test_text_that_is_no_markdown_is_escaped(text, markdown):
    assert prose(text) == markdown


def test_a_lesson_becomes_a_page():
    told = "## modes\n\ntext\n\n#### passes\n\n| mode | median, ms | a \\| b |\n| :--- | ---: | ---: |\n| default | 201 | 7 |\n\n## try next\n\nQuestion: why?\n\nanswer: diffcli lesson modes --answer\n\nnext lesson: diffcli lesson graph\n"
    assert lessons.page(told, "## modes\n\nQuestion: why?\n\nAnswer: Because.\n") == (
        "# modes\n\ntext\n\n## passes\n\n| mode | a \\| b |\n| :--- | ---: |\n| default | 7 |\n\n## try next\n\nQuestion: why?\n\n"
        "<details>\n<summary>Answer</summary>\n\nBecause.\n\n</details>\n\nNext lesson: [graph](graph.md)\n"
    )
