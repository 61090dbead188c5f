"""What diffcli answers at kinks, ties, jumps and poles: the literal table of the tests, as tables of a page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from diffcli.errors.codes import CODES
from writers.codes import page_of
from writers.pages import ROOT, code, table

SOURCE = ROOT / "tests" / "test_conventions.py"
NAMES = {"inf": float("inf"), "nan": float("nan")}


def write(folder: Path) -> None:
    text = ""
    for title, rows in sections():
        text += f"### {title[0].upper()}{title[1:]}\n\n{table(('program', 'point', 'derivatives, in order', 'what is said'), rows)}\n"
    (folder / "tables.md").write_text(text, encoding="utf-8")


def sections() -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """The rows below each comment ``# -- title`` of the table."""
    text = SOURCE.read_text(encoding="utf-8")
    names = dict(NAMES)
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
            targets = [target.id for target in statement.targets[0].elts]
            if isinstance(statement.value, ast.Tuple) and all(isinstance(value, ast.Constant) for value in statement.value.elts):
                names |= dict(zip(targets, [value.value for value in statement.value.elts], strict=True))
        if isinstance(statement, ast.AnnAssign) and statement.target.id == "CONVENTIONS":
            rows = statement.value.elts
    titles = {number: match[1] for number, line in enumerate(text.splitlines(), 1) if (match := re.match(r" +# -- (.*)", line))}
    sections: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in rows:
        title = titles[max(number for number in titles if number < row.lineno)]
        program, point, answer, notes = _value(row, names)
        said = dict.fromkeys([answer] if isinstance(answer, str) else notes)
        shown = "none: an error" if isinstance(answer, str) else ", ".join(f"{number:.6g}" for number in answer)
        links = ", ".join(f"[{note}](_generated/codes/{page_of(note)}.md#{note})" for note in said if note in CODES)
        sections.setdefault(title, []).append((code(program), code(point), shown, links))
    return list(sections.items())


def _value(node: ast.expr, names: dict[str, object]):
    """A literal of numbers, texts, quotients and the names above."""
    match node:
        case ast.Tuple() | ast.List():
            return [_value(element, names) for element in node.elts]
        case ast.Name():
            return names[node.id]
        case ast.BinOp(op=ast.Div()):
            return _value(node.left, names) / _value(node.right, names)
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, names)
        case _:
            return ast.literal_eval(node)
