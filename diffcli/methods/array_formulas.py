"""The rows and rules of array operations as formulas of the traces: ``v₋₁ @ v₀``, ``v̄₃ @ v₀ᵀ``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from diffcli.language import Program
from diffcli.language.array_text import short_text
from diffcli.language.printer import Dialect, number_text, to_text
from diffcli.language.rule_texts import parse_rule
from diffcli.language.syntax import NAME
from diffcli.operations import ARRAY_SIGNATURES
from diffcli.operations.arrays import ARRAYS
from diffcli.tape import Tape
from diffcli.tape.array_rules import fixed_names, rule_text
from diffcli.tape.rules import ABSENT, RESULT, SEED

_parsed = cache(parse_rule)


def row_text(tape: Tape, slot: int, words: Mapping[str, str], dialect: Dialect) -> str:
    """An array row applied to ``words``, the texts of its operands ``a0``, ``a1``, ..., as a formula."""
    letters = [f"a{place}" for place in range(len(tape.operands_of(slot)))]
    program = _application(_row_text(tape, slot, letters))
    return to_text(program, None, dialect, lambda name: words.get(name, name))


_application = cache(parse_rule)


def _row_text(tape: Tape, slot: int, letters: list[str]) -> str:
    name, fixed = tape.operation(slot), tape.parameters.get(slot, {})
    first = letters[0]
    if name == "index":
        return f"{first}[{', '.join(map(_part_text, fixed['key']))}]" if _is_plain(fixed["key"]) else f"elements({first})"
    if name == "stack" and not fixed.get("axis"):
        return f"[{', '.join(letters)}]"
    if name == "matmul":
        return " @ ".join(letters)
    if name == "transpose":
        plain = fixed["axes"] == tuple(reversed(range(len(fixed["axes"]))))
        return f"{first}.T" if plain else f"transpose({first}, {_value_text(fixed['axes'])})"
    spelled = ARRAYS[name].spelling
    keywords = ARRAY_SIGNATURES.get(name, (0, 0, ()))[2]
    arguments = list(letters)
    for parameter, value in fixed.items():
        if parameter in keywords:
            if not _is_default(name, parameter, value, tape.shape(tape.operands_of(slot)[0])):
                arguments.append(f"{parameter}={_value_text(value)}")
        elif parameter not in ("backwards", "axes", "key"):
            arguments.append(_value_text(value))
    return f"{spelled}({', '.join(arguments)})"


def _is_default(name: str, parameter: str, value: Any, shape: tuple[int, ...]) -> bool:
    """Whether the user would have got the same by leaving it out."""
    if parameter == "keepdims":
        return not value
    if not isinstance(value, tuple):
        return bool(value == 0)
    everywhere = tuple(range(len(shape)))
    if name in ("softmax", "log_softmax"):
        return value == everywhere[-1:]
    return value == everywhere


def _is_plain(key: tuple[Any, ...]) -> bool:
    return not any(isinstance(part, tuple) for part in key)


def _part_text(part: Any) -> str:
    if not isinstance(part, slice):
        return str(part)
    text = f"{'' if part.start is None else part.start}:{'' if part.stop is None else part.stop}"
    return text if part.step is None else f"{text}:{part.step}"


def _value_text(value: Any) -> str:
    """What is fixed, as text: an axis, or a list of them."""
    if isinstance(value, tuple):
        return str(value[0]) if len(value) == 1 else f"[{', '.join(map(str, value))}]"
    return str(value)


# -- rules -----------------------------------------------------------------------------------------------------------------


def rule_formula(
    tape: Tape, slot: int, position: int, kind: str, other: str, words: list[str], result: str, dialect: Dialect
) -> str:
    """What an array row adds by one operand as a formula: ``other`` stands for the adjoint or tangent. Empty for nothing."""
    row = ARRAYS[tape.operation(slot)]
    names = fixed_names(tape, slot, position)
    text = rule_text(row, names, position, kind)
    if text == ABSENT:
        return ""
    program = _parsed(_without_defaults(text, names, row.name, tape.shape(tape.operands_of(slot)[position])))
    own = words[position : position + 1] if row.variadic else words
    spelled = {SEED: other, RESULT: result, **dict(zip(row.parameters, own, strict=True))}
    spelled |= {name: _fixed_text(name, value) for name, value in names.items() if name not in spelled}
    return _with_bindings(program, spelled, dialect)


def _without_defaults(text: str, names: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> str:
    """A rule without the keywords that would say what is so anyway: a function in it may have another axis than the row's."""
    for keyword in ("axis", "keepdims", "backwards"):
        if keyword == "axis" and len(shape) > 1 and name not in ("sum", "mean"):
            continue
        if keyword in names and _is_default(name, keyword, names[keyword], shape):
            text = text.replace(f", {keyword}={keyword}", "")
    return text


def _with_bindings(program: Program, spelled: Mapping[str, str], dialect: Dialect) -> str:
    """A rule's last statement, with what it binds written out where that is short."""
    known = dict(spelled)
    for statement in program.statements:
        instead = _without_plumbing(program, statement.first, statement.root)
        root = int(instead.get(statement.root, statement.root))
        text = to_text(program, root, dialect, lambda name: known.get(name, name), instead)
        known[statement.name] = text if text in spelled.values() else f"({text})"
    return text


def _without_plumbing(program: Program, first: int, root: int) -> dict[int, int | float]:
    """What stands in for nodes that only bring a reduced axis back: a reader knows that it is repeated."""
    instead: dict[int, int | float] = {}
    for node in range(first, root + 1):
        children = program.children(node)
        if program.operations[node] == "reshape" and _names(program, children[1]) == "kept":
            instead[node] = instead.get(children[0], children[0])
    return instead


def _names(program: Program, node: int) -> str:
    return str(program.arguments[node]) if program.operations[node] == NAME else ""


def _fixed_text(name: str, value: Any) -> str:
    if isinstance(value, float):
        return number_text(value)
    if name in ("own", "key", "diagonal", "windows"):
        if not _is_plain(value):
            return name
        parts = ", ".join(map(_part_text, value))
        return f"[{parts}]"
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) and len(value) != 1 else _value_text(value)


def constant_text(value: Any) -> str:
    """A constant of a tape with arrays."""
    return short_text(value)
