"""The rows and rules of array operations as formulas of the traces: ``v₋₁ @ v₀``, ``v̄₃ @ v₀ᵀ``."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from diffcli.language import Program
from diffcli.language.syntax import NAME
from diffcli.language.writing.printer import Dialect, number_text, to_text
from diffcli.operations.arrays import ARRAYS
from diffcli.tape import Tape
from diffcli.tape.running.array_rules import parsed_rule, rule_at
from diffcli.tape.running.rules import ABSENT, RESULT, SEED


def row_text(tape: Tape, slot: int, words: Mapping[str, str], dialect: Dialect) -> str:
    """An array row applied to ``words``, the texts of its operands ``a0``, ``a1``, ..., as a formula."""
    letters = [f"a{place}" for place in range(len(tape.operands_of(slot)))]
    return to_text(parsed_rule(_row_text(tape, slot, letters)), None, dialect, lambda name: words.get(name, name))


def _row_text(tape: Tape, slot: int, letters: list[str]) -> str:
    name, fixed = tape.operation(slot), tape.parameters.get(slot, {})
    first = letters[0]
    if name == "index":
        return f"{first}[{', '.join(map(_part_text, fixed['key']))}]" if _is_plain(fixed["key"]) else f"index({first})"
    if name == "stack" and not fixed.get("axis"):
        return f"[{', '.join(letters)}]"
    if name == "matmul":
        return " @ ".join(letters)
    if name == "transpose":
        plain = fixed["axes"] == tuple(reversed(range(len(fixed["axes"]))))
        return f"{first}.T" if plain else f"transpose({first}, {_value_text(fixed['axes'])})"
    if fixed.get("shape") == () and name in ("sum_to", "reshape"):
        return f"sum({first})"
    keywords = [text.partition("=")[0] for text in ARRAYS[name].fixed if "=" in text]
    arguments = list(letters)
    for parameter, value in fixed.items():
        if parameter in keywords:
            if not _is_default(name, parameter, value, tape.shape(tape.operands_of(slot)[0])):
                arguments.append(f"{parameter}={_value_text(value)}")
        elif parameter != "key":
            arguments.append(_value_text(value))
    return f"{name}({', '.join(arguments)})"


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
    """What an array row adds by one operand as a formula of ``other``, the adjoint or tangent. Empty for nothing."""
    rule = rule_at(tape, slot, position)
    row, names, text = rule.row, rule.names, rule.text(kind)
    if text == ABSENT:
        return ""
    program = _without_defaults(parsed_rule(text), names, tape.shape(tape.operands_of(slot)[position]))
    spelled = {SEED: other, RESULT: result, **dict(zip(row.parameters, words, strict=True))}
    spelled |= {name: _fixed_text(name, value) for name, value in names.items() if name not in spelled}
    return _with_bindings(program, spelled, dialect)


def _without_defaults(program: Program, names: Mapping[str, Any], shape: tuple[int, ...]) -> Program:
    """A rule without the keywords that would say what is so anyway, or that keep an axis of what is a number."""
    plain = copy(program)
    plain.arguments, plain.keywords = list(program.arguments), dict(program.keywords)
    everything = names.get("axis") == tuple(range(len(shape)))
    for node, words in program.keywords.items():
        children = program.children(node)
        first = len(children) - len(words)
        kept = []
        for word, child in zip(words, children[first:], strict=True):
            value = names.get(_names(program, child), program.arguments[child])
            is_left_out = (word == "keepdims" and everything) or _is_default(program.operations[node], word, value, shape)
            if word not in ("axis", "keepdims", "backwards") or not is_left_out:
                kept.append((word, child))
        plain.arguments[node] = (*children[:first], *(child for _, child in kept))
        plain.keywords[node] = tuple(word for word, _ in kept)
    return plain


def _with_bindings(program: Program, spelled: Mapping[str, str], dialect: Dialect) -> str:
    """A rule's last statement, with what it binds written out."""
    bound: dict[str, int] = {}
    instead: dict[int, int | float] = {}
    for statement in program.statements:
        for node in range(statement.first, statement.root + 1):
            children = program.children(node)
            name = _names(program, node)
            if name in bound:
                instead[node] = bound[name]
            elif program.operations[node] == "reshape" and _names(program, children[1]) == "kept":
                # it only brings a reduced axis back: a reader knows that it is repeated
                instead[node] = instead.get(children[0], children[0])
        bound[statement.name] = int(instead.get(statement.root, statement.root))
    return to_text(program, None, dialect, lambda name: spelled.get(name, name), instead)


def _names(program: Program, node: int) -> str:
    return str(program.arguments[node]) if program.operations[node] == NAME else ""


def _fixed_text(name: str, value: Any) -> str:
    if isinstance(value, float):
        return number_text(value)
    if name in ("own", "key", "diagonal", "windows"):
        if not _is_plain(value):
            return name
        return f"[{', '.join(map(_part_text, value))}]"
    return _value_text(value)


def summed_text(text: str, shape: tuple[int, ...], wanted: tuple[int, ...], dialect: Dialect) -> str:
    """What an elementwise row adds to an operand that is repeated: a sum over the axes along which it is.

    >>> from diffcli.language.writing.printer import LANGUAGE
    >>> [summed_text("g", (2, 3), wanted, LANGUAGE) for wanted in ((3,), (2, 1), (), (2, 3))]
    ['sum(g, axis=0)', 'sum(g, axis=1, keepdims=1)', 'sum(g)', 'g']
    """
    if shape == wanted:
        return text
    ahead = len(shape) - len(wanted)
    kept = tuple(ahead + axis for axis, length in enumerate(wanted) if length == 1 != shape[ahead + axis])
    if not wanted:
        said = "sum(a0)"
    elif ahead and kept:
        said = f"sum_to(a0, shape={_fixed_text('', wanted)})"
    else:
        said = f"sum(a0, axis={_value_text(kept or tuple(range(ahead)))}{', keepdims=1' if kept else ''})"
    return to_text(parsed_rule(said), None, dialect, lambda name: text if name == "a0" else name)
