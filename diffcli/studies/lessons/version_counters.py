"""Version counters: who counts a change in place, which operations mind, and the wrong number that one would get without."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import diffcli.autograd as ad
from diffcli.operations import OPERATIONS
from diffcli.records.figures import Drawing
from diffcli.studies.graph.of_tensor import graph_of_tensor
from diffcli.studies.lessons.engine import NOTHING, code_of, quoted, refusal, refused
from diffcli.studies.lessons.record import NOTES, Check, Erratum, Question, Settings, Told, grid, listed, listing

AT, CHANGE = 1.0, 1.0
CHANGED = "changed-in-place"

OPERATIONS_ON_P: dict[str, tuple[Callable[[Any], Any], dict[str, str]]] = {
    "p + 1": (lambda p: p + 1, {"a": "p"}),
    "3*p": (lambda p: 3 * p, {"a": "3", "b": "p"}),
    "p*p": (lambda p: p * p, {"a": "p", "b": "p"}),
    "sin(p)": (ad.sin, {"a": "p"}),
    "exp(p)": (ad.exp, {"a": "p"}),
    "sqrt(p)": (ad.sqrt, {"a": "p"}),
    "1/p": (lambda p: 1 / p, {"b": "p"}),
}
"""Operations on p, and what the letters of their row stand for: of some the derivative reads p, of some y, of some nothing."""

SETTING = """\
w = ad.tensor(1.0, requires_grad=True)
p = w * 1;  p.name = "p"         # p is no leaf, so it may be changed in place
y = ad.sin(p)                    # dy/dp = cos(p): saves p
p.add_(1)
y.backward()"""

TRY = """\
import diffcli.autograd as ad; w = ad.tensor(1.0, requires_grad=True)
y = ad.sin(w); y.mul_(2); y.backward(); print(w.grad)   # and with ad.exp?"""


def lesson(settings: Settings) -> Told:
    minds = {name: _Minds(*given) for name, given in OPERATIONS_ON_P.items()}
    sine = minds["sin(p)"]
    counted = _counted()
    yield """The backward pass reads what the forward pass has saved. A change in place in between would make the derivative
    wrong. So each tensor counts its changes, in x._version, and a node compares the version of what it has saved. In y = sin(p)
    with p = w*1 the node of sin saves p, its operand a:"""
    yield Drawing("", sine.graph)
    yield "If p is changed before the backward pass, this is refused:"
    yield listing(SETTING)
    yield quoted(sine.operand)
    yield from _checked(counted)
    yield from _minded(minds)
    silent, right = _silent(), sine.alone
    yield f"""Without the check: a change through p.data is not counted, and for sin at p = {AT:g} w.grad is {silent:.4f} =
    cos({AT + CHANGE:g}), where cos({AT:g}) = {right:.4f} is right. Even the sign is wrong, and there is no error."""
    yield Check("uncounted, the derivative is that of cos(2)", f"{silent:.4f}", silent == math.cos(AT + CHANGE) and right > 0)
    yield from _inference()
    yield [
        "A view and a detached tensor share memory and counter, a clone has its own. x.data shares the memory alone:",
        grid(
            "_version of each, after", ("", "x holds", *counted[0][2]),
            [(name, listed(values, "g"), *versions.values()) for name, values, versions in counted],
        ),
        "Inference mode counts no changes of tensors that are made there; an older tensor counts as everywhere.",
    ]  # fmt: skip
    fine = [name for name, of in minds.items() if of.operand is None and "p" not in of.saved]
    yield Question(
        TRY, "y = exp(p) is computed, then p.add_(1). Does y.backward() fail? And for y = p*p?",
        f"""For exp it works, since the derivative of exp is y, and y is what is saved. For p*p it fails: 2 p reads p. Of the
        operations above, {len(fine)} do not mind a change of p: {", ".join(fine)}.""",
    )  # fmt: skip


Counted = tuple[str, list[float], dict[str, int]]
"""What is done, the numbers of x after it, and the versions of all that came from x."""


def _counted() -> list[Counted]:
    x = ad.tensor([1.0, 2.0])
    those = {"x": x, "view": x[0:1], "detached": x.detach(), "clone": x.clone(), "x.data": x.data}

    def under(mode: Any) -> None:
        with mode:
            x.add_(1)

    steps: list[tuple[str, Callable[[], Any]]] = [
        ("at first", lambda: None),
        ("x.add_(1)", lambda: x.add_(1)),
        ("x[0] = 5", lambda: x.__setitem__(0, 5.0)),
        ("view.mul_(2)", lambda: those["view"].mul_(2)),
        ("detached.sub_(1)", lambda: those["detached"].sub_(1)),
        ("clone.zero_()", lambda: those["clone"].zero_()),
        ("no_grad: x.add_(1)", lambda: under(ad.no_grad())),
        ("inference_mode: x.add_(1)", lambda: under(ad.inference_mode())),
        ("x.data.zero_()", lambda: those["x.data"].zero_()),
    ]
    found = []
    for name, step in steps:
        step()
        found.append((name, x.tolist(), {of: one._version for of, one in those.items()}))
    return found


class _Minds:
    """An operation: what its node saves, and whether backward() goes through after its operand, or its result, is changed."""

    def __init__(self, operation: Callable[[Any], Any], letters: dict[str, str]) -> None:
        w, p, y = _setting(operation)
        node = y.grad_fn
        self.graph = graph_of_tensor(y)
        self.saved = ", ".join(dict.fromkeys("p" if one is p else "y" for one in node.saved.values()))
        self.rule = _rule(node, letters)
        y.backward()
        self.alone: float = w.grad.item()
        w, p, y = _setting(operation)
        p.add_(CHANGE)
        self.operand = refusal(y.backward)
        w, p, y = _setting(operation)
        y.add_(CHANGE)
        self.result = refusal(y.backward)


def _setting(operation: Callable[[Any], Any]) -> tuple[Any, Any, Any]:
    w = ad.tensor(AT, requires_grad=True)
    p = w * 1
    w.name, p.name = "w", "p"
    return w, p, operation(p)


def _rule(node: Any, letters: dict[str, str]) -> str:
    """The derivative by p, as the row of the operation has it."""
    partials = OPERATIONS[node.operation].partials
    terms = [rule for rule, (edge, _) in zip(partials, node.next_functions, strict=True) if edge is not None]
    return re.sub(r"\b[ab]\b", lambda found: letters[found[0]], " + ".join(terms))


def _checked(counted: list[Counted]) -> Told:
    *_, (_, before, noticed), (_, after, last) = counted
    shared = all(versions["x"] == versions["view"] == versions["detached"] for _, _, versions in counted)
    yield Check("x, its view and x.detach() count together", f"{last['x']}, and the clone {last['clone']}", shared)
    yield Check("x.data changes x, and x._version stays", f"{last['x']}", before != after and noticed["x"] == last["x"])


def _minded(minds: dict[str, _Minds]) -> Told:
    words = {CHANGED: "error", NOTHING: "fine"}
    codes = [(code_of(of.operand), code_of(of.result)) for of in minds.values()]
    yield "What is saved is what dy/dp reads. backward() after a change of p, and after a change of y:"
    yield grid("", ("y", "dy/dp", "saved", "p.add_(1)", "y.add_(1)"), [
        (name, of.rule, of.saved or "nothing", *[words.get(code, code) for code in found])
        for (name, of), found in zip(minds.items(), codes, strict=True)
    ])  # fmt: skip
    changes = [tuple(code == CHANGED for code in found) for found in codes]
    raised = [("p" in of.saved, "y" in of.saved) == found for of, found in zip(minds.values(), changes, strict=True)]
    yield Check("an error where something saved has changed", f"{sum(raised)} of {len(raised)}", all(raised))


def _silent() -> float:
    """The gradient of sin where its operand has been changed and nobody counted."""
    w, p, y = _setting(ad.sin)
    p.data.add_(CHANGE)
    y.backward()
    return float(w.grad.item())


def _inference() -> Told:
    w = ad.tensor([3.0, 4.0], requires_grad=True)
    with ad.inference_mode():
        made = ad.tensor([1.0, 2.0])
    made.name = "c"
    calls: list[Callable[[], Any]] = [lambda: w * made, lambda: made.add_(1), lambda: made._version]
    codes = [code_of(refusal(call)) for call in calls]
    yield Erratum(
        "if you later compute gradients with tensors modified under inference_mode, PyTorch may not catch the inconsistency.",
        "PyTorch and diffcli refuse at once a recorded operation that would save a tensor c made there: w * c raises "
        f"{codes[0]}. w + c saves nothing, and works.",
        NOTES,
    )
    refusals, harmless = codes.count("inference-tensor"), code_of(refusal(lambda: (w + made).sum().backward()))
    yield Check("c of inference mode: saved, changed, counted", f"{refusals} of 3 refused", refusals == 3)
    yield Check("w + c saves nothing, and works", harmless, harmless == NOTHING)
    _, p, y = _setting(ad.sin)
    with ad.inference_mode():
        p.add_(CHANGE)
    yield refused("an older tensor changed in inference mode", refusal(y.backward), CHANGED)
