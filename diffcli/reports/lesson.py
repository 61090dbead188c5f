"""The report of a lesson, of the list of lessons, and of a run through all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from diffcli.records.blocks import Block, Cell, Document, Table, Text, texts
from diffcli.records.figures import Drawing, Figure
from diffcli.records.graph import Graph
from diffcli.reports.document import data_of, number
from diffcli.reports.formats import Style, with_texts
from diffcli.studies.lessons import LESSONS
from diffcli.studies.lessons.record import Erratum, Lesson, Part, Settings

SCHEMA = "diffcli/lesson@1"
VERDICTS = {True: "pass", False: "FAIL"}

LAST = "This is the last lesson. All their checks at once: diffcli lesson all"

LONG = 10**7
"""A whole number from here on is rounded where people read it."""


def lesson_report(
    lesson: Lesson, settings: Settings, rounded: bool = False, ascii: bool = False, more: bool = False, answer: bool = False
) -> Document:
    """The document of a lesson; ``rounded`` where each table may show as many digits as it is about, ``ascii`` for scripts.

    With ``more`` it has all that is folded away, with ``answer`` only its question and the answer.
    """
    question = Text(f"Question: {lesson.question}", "paragraph")
    if answer:
        blocks: list[Block] = [question, Text(f"Answer: {lesson.answer}", "paragraph")]
    else:
        after = f"next lesson: diffcli lesson {lesson.next}" if lesson.next else LAST
        ends = (f"answer: diffcli lesson {lesson.name} --answer", after)
        blocks = [*_told(lesson, rounded, ascii, more), question, *[Text(end, "dim") for end in ends]]
    data = {
        "schema": SCHEMA, "lesson": lesson.name, "title": lesson.title, **settings._asdict(), "passed": lesson.passed,
        "parts": list(map(_part_data, lesson.told())), "checks": lesson.checks, "try_next": lesson.try_next,
        "question": lesson.question, "answer": lesson.answer if answer else None, "next": lesson.next,
    }  # fmt: skip
    if ascii:
        blocks = [block if isinstance(block, Figure) else with_texts(block, _in_ascii) for block in blocks]
    return Document(tuple(blocks), data, main="checks")


def _told(lesson: Lesson, rounded: bool, ascii: bool, more: bool) -> list[Block]:
    parts = lesson.told(more)
    sources = list(dict.fromkeys(part.source for part in parts if isinstance(part, Erratum)))
    blocks: list[Block] = [Text(f"{lesson.name}: {lesson.title}", "heading")]
    blocks += [_block(part, sources, rounded, ascii) for part in parts]
    blocks += [Text(f"[{number}] {source}", "dim") for number, source in enumerate(sources, 1)]
    if more or not lesson.passed:
        rows = tuple((claim, found, VERDICTS[passed]) for claim, found, passed in lesson.checks)
        blocks.append(Table("checks", texts("what is checked", "found", "verdict"), rows))
    else:
        blocks.append(Text(f"{len(lesson.checks)} checks passed. All of this lesson: diffcli lesson {lesson.name} --more", "dim"))
    shell = lesson.try_next.startswith("diffcli ")
    return [*blocks, Text(f"try next, {'in the shell' if shell else 'in Python'}:", "heading"), Text(lesson.try_next, "code")]


def lessons_report() -> Document:
    """The list of lessons."""
    columns = texts("lesson", "what it shows", "--size")
    rows = tuple(
        (name, entry.title, f"{entry.size.what}, {entry.size.default}" if entry.size else None) for name, entry in LESSONS.items()
    )
    lessons = [{"lesson": name, "title": entry.title, "size": entry.size} for name, entry in LESSONS.items()]
    hint = Text(f"Begin with: diffcli lesson {next(iter(LESSONS))}. The checks of all: diffcli lesson all.", "dim")
    return Document((Table("lessons", columns, rows), hint), {"schema": SCHEMA, "lessons": lessons})


def verdicts_report(lessons: Sequence[Lesson], settings: Settings) -> Document:
    """Whether every lesson passes its checks: a line each, and what failed. Its data has their ``checks`` too."""
    rows = []
    for lesson in lessons:
        passed = sum(check.passed for check in lesson.checks)
        rows.append((lesson.name, f"{passed} of {len(lesson.checks)}", VERDICTS[lesson.passed]))
    blocks: list[Block] = [Table("lessons", texts("lesson", "checks", "verdict"), tuple(rows))]
    failed = [(lesson.name, claim, found) for lesson in lessons for claim, found, passed in lesson.checks if not passed]
    if failed:
        blocks.append(Table("what failed", texts("lesson", "what is checked", "found"), tuple(failed)))
    results = [{"lesson": lesson.name, **data_of(lesson, "title passed checks")} for lesson in lessons]
    data = {"schema": SCHEMA, "seed": settings.seed, "passed": all(lesson.passed for lesson in lessons), "lessons": results}
    return Document(tuple(blocks), data, main="lessons")


# -- parts -------------------------------------------------------------------------------------------------------------------


def _block(part: Part, sources: list[str], rounded: bool, ascii: bool) -> Block:
    """A part of a lesson as reports write it; a common mistake with the number of its source."""
    if isinstance(part, Erratum):
        number = sources.index(part.source) + 1
        return Text(f"Often said [{number}]: {part.said}\nIn fact: {part.truth}", "erratum")
    if isinstance(part, Drawing):
        from diffcli.reports.graph.text import tree_lines  # few lessons have one

        return Text("\n".join(tree_lines(part.graph, Style(unicode=not ascii))), "code")
    if isinstance(part, Table):
        digits = part.digits if rounded else None
        return part._replace(rows=tuple(tuple(_cell(cell, digits) for cell in row) for row in part.rows))
    return part


def _cell(cell: Cell, digits: int | None) -> Cell:
    """A truth in words; a number with so many digits, a whole one with all of them while it is short."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if digits is None or not isinstance(cell, int | float):
        return cell
    return str(cell) if isinstance(cell, int) and abs(cell) < LONG else number(cell, digits)


# -- ASCII -------------------------------------------------------------------------------------------------------------------

_ROWS = re.compile("([vxy])([\u0307\u0304]?)([\u208b\u2080-\u2089\u2097-\u2099]*)|ȳ([\u208b\u2080-\u2089\u2097-\u2099]*)")
"""A row of a trace, with the dot of its tangent or the bar of its adjoint, and its index."""

_INDICES = str.maketrans("\u208b\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089\u2097\u2098\u2099", "-0123456789lmn")
_SIGNS = str.maketrans(
    {"·": "*", "∂": "d", "′": "'", "×": "x", "≤": "<=", "≥": ">=", "→": "->", "…": "...", "ᵀ": ".T", "−": "-", "∘": "o"}
)


def _in_ascii(text: str) -> str:
    """A text in the notation of scripts.

    >>> _in_ascii("v̄₋₁ = v̄₂·v₀, ∂y/∂v"), _in_ascii("ȳ, v̇₁ and very")
    ('bar v[-1] = bar v[2]*v[0], dy/dv', 'bar y, dot v[1] and very')
    """

    def named(found: re.Match[str]) -> str:
        letter, mark, index = (found[1], found[2], found[3]) if found[1] else ("y", "\u0304", found[4])
        word = {"\u0307": "dot ", "\u0304": "bar "}.get(mark, "")
        return f"{word}{letter}[{index.translate(_INDICES)}]" if index else f"{word}{letter}"

    return _ROWS.sub(named, text).translate(_SIGNS)


# -- data --------------------------------------------------------------------------------------------------------------------


def _part_data(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"kind": "code" if part.role == "code" else "said", "text": part.text}
    if isinstance(part, Table):
        columns = [column.title for column in part.columns]
        return {"kind": "grid", **data_of(part, "title columns rows varies digits", columns=columns)}
    if isinstance(part, Figure):
        curves = [{"name": of.name, "x": [x for x, _ in of.points], "y": [y for _, y in of.points]} for of in part.series]
        return {
            "kind": "curves", "title": part.title, "x_label": part.x.label, "y_label": part.y.label, "curves": curves,
            "log_x": part.x.log, "log_y": part.y.log, "lines": [of.name for of in part.series if of.role == "line"],
        }  # fmt: skip
    return {"kind": "tree", **_graph_data(part.graph)} if isinstance(part, Drawing) else {"kind": "erratum", **part._asdict()}


def _graph_data(graph: Graph) -> dict[str, Any]:
    """``nodes``, each behind its operands; ``edges`` by the nodes' ids, as in ``diffcli/graph@1``; and the ``results``."""
    nodes = [data_of(node, "id kind operation name text remark") for node in graph.nodes]
    ids = [node.id for node in graph.nodes]
    edges = [{"from": ids[edge.operand], "to": ids[edge.user], "operand": edge.position} for edge in graph.edges]
    return {"nodes": nodes, "edges": edges, "results": [ids[place] for place in graph.results]}
