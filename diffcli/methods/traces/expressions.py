"""Derivatives as expressions: nodes in the columns of a program, which grow as rules are applied, and share their parts.

A form is a node and a sign. Only this much algebra is done on it: a factor 1, a term 0 and a factor 0 go, and signs move
to the front. Everything else would hide the rule that was applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffcli._named import NamedTuple
from diffcli.errors import Source
from diffcli.language.syntax import NAME, NUMBER, SUM, Branches, Program
from diffcli.language.writing.printer import LANGUAGE, number_text, to_text
from diffcli.operations import OPERATIONS
from diffcli.tape.running.formulas import Formula
from diffcli.tape.running.rules import SEED

HEAVIEST = 1_000_000
"""Weights are not counted beyond this: a shared part counts each time it is written out, so they may double with a row."""

SHORTEST_SHARED = 5
"""What takes no more characters is written out each time."""

_DEEPEST_SIGN = 16
"""Through how many products a sign moves down to the first factor."""


class Form(NamedTuple):
    """A node of `Forms`, with a sign before it."""

    node: int
    negative: bool = False


class Forms(Program):
    """Expressions that are built and never parsed. Arguments come before what uses them, as in any program."""

    def __init__(self) -> None:
        super().__init__(Source("", "derivation"))
        self.nodes: dict[tuple[str, tuple[int, ...] | float | str], int] = {}
        """Each node by what it is: what is built twice is there once."""
        self.weights: list[int] = []
        """About how many characters each node takes when it is written out."""
        self.zero = Form(self._node(NUMBER, 0.0, 1))
        self.one = Form(self._node(NUMBER, 1.0, 1))
        self.keeps_zeros = False
        """Whether a product with 0 is kept, as it must be where the other factor is not finite."""

    # -- nodes -----------------------------------------------------------------------------------------------------------

    def _node(self, operation: str, argument: tuple[int, ...] | float | str, weight: int) -> int:
        node = self.nodes.setdefault((operation, argument), len(self.operations))
        if node == len(self.operations):
            self.operations.append(operation)
            self.arguments.append(argument)
            self.weights.append(min(weight, HEAVIEST))
        return node

    def name(self, name: str) -> Form:
        return Form(self._node(NAME, name, len(name)))

    def number(self, value: float) -> Form:
        if value in (0, 1):
            return self.one if value else self.zero
        return Form(self._node(NUMBER, abs(value), len(number_text(abs(value)))), value < 0)

    def constant(self, name: str, value: float) -> Form:
        """A constant of a tape, by its name if it has one."""
        return self.name(name) if name else self.number(value)

    def applied(self, operation: str, forms: Sequence[Form]) -> Form:
        """An operation on forms as it stands, with nothing done to it."""
        return Form(self.apply(operation, [self.plain(form) for form in forms]))

    def apply(self, operation: str, operands: Sequence[int]) -> int:
        """An operation as it stands, with nothing done to it."""
        row = OPERATIONS[operation]
        own = 3 * (len(operands) - 1) if row.precedence == SUM else 1 if row.symbol else len(row.spelling) + 2 * len(operands)
        if row.symbol:  # parentheses, nearly: a product on the right of a product has them too
            own += 2 * sum(0 < self._precedence(operand) < row.precedence + position for position, operand in enumerate(operands))
        node = self._node(operation, tuple(operands), own + sum(self.weights[operand] for operand in operands))
        if operation == "where":
            self.branches[node] = Branches(0, 1, 2)  # written as a function
        return node

    def _precedence(self, node: int) -> int:
        row = OPERATIONS.get(self.operations[node])
        return row.precedence if row and row.symbol else 0

    def weight(self, form: Form) -> int:
        return self.weights[form.node] + form.negative

    # -- the little algebra that is done -----------------------------------------------------------------------------------

    def combine(self, operation: str, forms: Sequence[Form]) -> Form:
        """An operation on forms, without factors 1 and terms 0, and with the sign before it."""
        if operation == "neg":
            return self._signed(forms[0], True)
        if operation in ("mul", "div"):
            return self._product(operation, *forms)
        if operation in ("add", "sub"):
            return self._sum(forms[0], self._signed(forms[1], operation == "sub"))
        if operation == "where":
            return self.choice(*forms)
        return self.applied(operation, forms)

    def choice(self, condition: Form, then: Form, otherwise: Form) -> Form:
        """A choice of pieces. What a rule takes at single places, where two numbers are equal, is left to the point."""
        operation, operands = self.operations[condition.node], self.children(condition.node)
        parts = {self.operations[operand] for operand in operands} if operation == "and" else {operation}
        if then == otherwise or "eq" in parts:
            return otherwise
        below = self.children(otherwise.node) if self.operations[otherwise.node] == "where" else ()
        opposite = {"gt": "lt", "lt": "gt"}.get(operation)
        if below and self.operations[below[0]] == opposite and self.children(below[0]) == operands:  # not more, not less
            otherwise = Form(below[1], otherwise.negative)
        return self.applied("where", (condition, then, otherwise))

    def _signed(self, form: Form, negative: bool) -> Form:
        return form if form == self.zero else Form(form.node, form.negative != negative)

    def _product(self, operation: str, left: Form, right: Form) -> Form:
        negative = left.negative != right.negative
        if right.node == self.one.node:
            return Form(left.node, negative)
        if operation == "mul" and left.node == self.one.node:
            return Form(right.node, negative)
        if not self.keeps_zeros and (left == self.zero or (right == self.zero and operation == "mul")):
            return self.zero
        if operation == "mul" and self.operations[right.node] == "div" and self.children(right.node)[0] == self.one.node:
            return Form(self.apply("div", (left.node, self.children(right.node)[1])), negative)  # p·(1/q) is p/q
        return Form(self.apply(operation, (left.node, right.node)), negative)

    def _sum(self, left: Form, right: Form) -> Form:
        if left == self.zero or right == self.zero:
            return right if left == self.zero else left
        return Form(self.apply("sub" if right.negative else "add", (self.plain(left), right.node)))

    def plain(self, form: Form) -> int:
        """A form as a node: its sign goes to the first factor, where it needs no parentheses."""
        if not form.negative:
            return form.node
        node = form.node
        others: list[tuple[str, int]] = []
        while self.operations[node] in ("mul", "div") and len(others) < _DEEPEST_SIGN:
            first, second = self.children(node)
            others.append((self.operations[node], second))
            node = first
        if self.operations[node] == NUMBER:
            value = self.arguments[node]
            assert isinstance(value, float)
            result = self._node(NUMBER, -value, self.weights[node] + 1)
        else:
            result = self.apply("neg", (node,))
        for operation, second in reversed(others):
            result = self.apply(operation, (result, second))
        return result

    # -- texts -------------------------------------------------------------------------------------------------------------

    def text(self, form: Form, names: Mapping[int, str]) -> str:
        """A form as a program: what stands in it more than once is written once, and named. ``names`` are those of some nodes.

        >>> forms = Forms()
        >>> part = forms.applied("sin", [forms.name("x")])
        >>> forms.text(forms.applied("mul", (forms.applied("exp", [part]), part)), {part.node: "v1"})
        'v1 = sin(x); exp(v1)*v1'
        """
        root = self.plain(form)
        uses = {root: 0}
        waiting = [root]
        while waiting:
            for child in self.children(waiting.pop()):
                waiting += [child] * (child not in uses)
                uses[child] = uses.get(child, 0) + 1
        shared = [node for node in sorted(uses) if uses[node] > 1 and self.weights[node] > SHORTEST_SHARED and node != root]
        instead: dict[int, int | float] = {}
        lines = []
        for count, node in enumerate(shared, 1):
            name = names.get(node) or f"{names.get(-1, 't')}{count}"
            lines.append(f"{name} = {to_text(self, node, LANGUAGE, instead=instead)}; ")
            instead[node] = self.name(name).node
        return "".join(lines) + to_text(self, root, LANGUAGE, instead=instead)

    def put(self, formula: Formula, names: Mapping[str, Form], inner_last: bool) -> Form:
        """A formula of the table with forms for its names.

        The formula begins with its other factor; under ``inner_last`` that comes last, as in cos(u)·u′.
        """

        def leaf(argument: float | str) -> tuple[Form, bool]:
            if not isinstance(argument, str):
                return self.number(argument), False
            return names[argument] if argument in names else self.name(argument), argument == SEED

        def apply(operation: str, operands: list[tuple[Form, bool]], _: object) -> tuple[Form, bool]:
            forms, is_seed = [form for form, _ in operands], operands[0][1]
            if inner_last and operation == "mul" and is_seed:
                forms.reverse()
            return self.combine(operation, forms), operation == "neg" and is_seed

        form: Form = formula.fold(leaf, apply)[0]
        return form
