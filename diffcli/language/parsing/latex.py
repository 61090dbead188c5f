r"""LaTeX to a text of the language, with the place in the LaTeX of every character of it.

Both say things in nearly the same order, so that each piece is written as its token is read. What is open (a fence, braces,
the argument that ``\frac`` waits for, that of a function without parentheses) stands on a stack, with what closes it. What is
wrong beyond the words of LaTeX, as a brace that is never closed, the parser finds in the text that comes of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from diffcli.errors import ExpressionError, Mark, Source, Span, did_you_mean, error
from diffcli.language.writing.printer import BARE, GREEK_LETTERS
from diffcli.operations import KEYWORDS, is_function

_INSIDE = "[^{}]*"
for _ in range(6):  # so many braces may be open at once in an index
    _INSIDE = rf"(?:[^{{}}]|\{{{_INSIDE}\}})*"
_BRACED = rf"\s*(?:\{{({_INSIDE})\}}|(\\[a-zA-Z]+|[^\s{{}}]))"
_CALL = r"(?:\s|\\[,;!])*(?:\\left|\\[bB]igg?l?)?\s*\("
_D = r"(?:d|\\mathrm\s*\{d\})\s*"
_TOKEN = re.compile(
    rf"""(?P<blank>(?:\s|%[^\n]*|~|\$|\\[,;:!> \n()\[\]]|\\(?:q?quad|displaystyle|limits)(?![a-zA-Z])
        |[.,](?=\s*(?:\$|\\\]|\\end|&|\\\\|\Z)))+)  # a comma or full stop that ends a formula is no part of it
    |(?P<number>(?:\d+(?:\{{,\}}\d+|\.\d+)?|\.\d+)(?:\s*\\times\s*10\^\{{[+-]?\d+\}})?)
    |(?:\\(?:left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\s*)?(?P<fence>[()\[\]|]|\\[{{}}|]|\\[lr](?:[vV]ert|floor|ceil)(?![a-zA-Z]))
    |\\(?P<environment>(?:begin|end)\s*\{{\w+)\*?\}}(?:\{{[lcr|\s]*\}})?
    |(?P<operator>\\(?:cdot|times|div|l[et]q?|g[et]q?|neq?|land|wedge|lor|vee|lnot|neg)(?![a-zA-Z])|\{{\\,\}}|:=|[-+*/<>=,;:])
    |(?P<line>\\\\|&)
    |(?P<word>\\[dt]?frac\s*\{{\s*{_D}(?:\^[^{{}}]+)?\\?[a-zA-Z]?\s*(?:\([^{{}}]*\))?\}}\s*\{{\s*{_D}\\?[a-zA-Z]
        |\\sqrt(?![a-zA-Z])(?:\s*\[[^]]*\])?|\\ln\\Gamma|\\(?:[a-zA-Z]+|.))
    |(?P<name>[^\W\d_])
    |(?P<brace>\^\s*(?:\{{?\s*\\top\s*\}}?|T(?![a-zA-Z])|\{{T\}})|.)""",
    re.VERBOSE | re.DOTALL,
)
_ARGUMENT, _INDEX = re.compile(r"\*?" + _BRACED), re.compile(r"\s*_" + _BRACED)
_SCRIPTS = re.compile(rf"(?:\s*_{_BRACED})?(?:\s*\^{_BRACED})?")
_CALLED, _LETTER_CALLED, _RAISED = re.compile(_CALL), re.compile(r"(?:\s*\^\{\(.*?\)\})?" + _CALL), re.compile(r"\s*\^")
_BETWEEN = re.compile(r"\s*(?P<sign>\\cdot|\\times)\s*\\(?:mathbf|boldsymbol|vec)(?![a-zA-Z])")
_ENTRY = re.compile(r"[-\d\s,:]+(?:\\right|\\[bB]igg?r)?\s*\]")
_LETTERS_IN_A_ROW = re.compile("[a-zA-Z]{2,}")
_GOES_ON, _ENDS = re.compile(r"(?:\s|&|\\q?quad)*[-+*/=<>]"), re.compile(r"\s*\\end")
_HEAD = re.compile(
    r"(?:\s|\\begin\{[a-z]+\*?\}|\$|\\\[)*([a-zA-Z])\s*(?:\\left)?\(\s*\\?[a-zA-Z]+\s*(?:,\s*\\?[a-zA-Z]+\s*)*(?:\\right)?\)"
    r"[\s&:]*=(?!.*\1\s*(?:\\left)?\()", re.DOTALL)  # fmt: skip
"""A function's name and parameters before the expression that is meant, unless it is called there."""
_SEPARATE = re.compile(r"\s*(?:[({]|\\(?:left|sqrt|ln|log|sin|cos|tan|exp)(?![a-zA-Z]))")

_OPERATORS = dict(pair.split() for pair in (
    r"\cdot *", r"\times *", r"\div /", r"\le <=", r"\leq <=", r"\lt <", r"\ge >=", r"\geq >=", r"\gt >", r"\ne !=", r"\neq !=",
    r"\land and", r"\wedge and", r"\lor or", r"\vee or", r"\lnot not", r"\neg not", r":= =", r"{\,} @",
))  # fmt: skip
_COMPARISONS = frozenset(("<", ">", "<=", ">=", "==", "!="))
_NAMES = {f"\\{name}": name for name in GREEK_LETTERS.values()}
_NAMES |= {r"\varepsilon": "epsilon", r"\varphi": "phi", r"\vartheta": "theta", r"\ell": "ell"}
_LETTERS = {r"\Gamma": "gamma", r"\ln\Gamma": "lgamma", r"\psi": "digamma", r"\sigma": "sigmoid"}
"""Letters that are functions in a text where they always stand before parentheses."""
_BOLD = (r"\mathbf", r"\boldsymbol", r"\vec")
_STYLES = dict.fromkeys((r"\mathrm", r"\text", r"\mathit", r"\operatorname", *_BOLD), "")
_STYLES |= {r"\hat": "_hat", r"\bar": "_bar", r"\overline": "_bar", r"\tilde": "_tilde", r"\dot": "_dot"}
_JOINING = frozenset(("and", "or", "not"))
_TEXTS = _JOINING | {"if", "for", "when", "where", "otherwise", "else"}
_FENCES = {
    "(": (")", "("), "[": ("]", "("), r"\{": (r"\}", "("), "|": ("|", "abs("), r"\lvert": (r"\rvert", "abs("),
    r"\|": (r"\|", "norm("), r"\lVert": (r"\rVert", "norm("), r"\lfloor": (r"\rfloor", "floor("), r"\lceil": (r"\rceil", "ceil("),
}  # fmt: skip
"""What closes a fence, and what it is."""
_CASES, _MATRIX, _COLUMN = ("((", ") if (", ") else (", "))"), ("[[", ", ", "], [", "]]"), ("[", ", ", ", ", "]")
"""What is written where an environment begins, at `&`, at the end of a row, and where it ends. A column is a vector."""
_ENVIRONMENTS = {"cases": _CASES, **dict.fromkeys(("matrix", "pmatrix", "bmatrix", "array"), _MATRIX)}
_CONDITION = r"in LaTeX: \begin{cases} a & \text{if } b > 0 \\ c & \text{otherwise} \end{cases}"
_LINES = frozenset(("equation", "align", "aligned", "gather", "gathered", "split", "displaymath", "multline"))
_DERIVATIVE = ("a derivative", "the function alone is read, and the command diff derives it")
MISSING = {
    r"\sum": ("a sum over an index", r"in LaTeX: a + b + c, or \operatorname{sum}([a, b, c])"),
    r"\prod": ("a product over an index", r"in LaTeX: a b c, or \operatorname{prod}([a, b, c])"),
    r"\int": ("an integral", "if you know its antiderivative, write that"),
    r"\pm": ("two values at once", "take it once with + and once with -"),
    r"\lim": ("a limit", "write the expression alone, and take a point near that place"),
    r"\binom": ("a binomial coefficient",
        r"in LaTeX: \frac{\Gamma(n + 1)}{\Gamma(k + 1) \Gamma(n - k + 1)} for \binom{n}{k}"),
    r"\bmod": ("a remainder without its function", r"in LaTeX: \operatorname{mod}(a, b)"),
    r"\times": ("a cross product", r"in LaTeX, of its entries: a_2 b_3 - a_3 b_2"),
    r"\lg": ("a logarithm to the base 10 for some and 2 for others", r"in LaTeX: \log_{10} x, or \log_{2} x"),
    "!": ("a factorial", r"in LaTeX: \Gamma(n + 1) for n!"),
    r"\circ": ("a sign for degrees", r"in LaTeX: \frac{a \pi}{180} for a^\circ"),
    r"\infty": ("infinity", "in LaTeX: 10^{6}"), "'": _DERIVATIVE, r"\partial": _DERIVATIVE,
}  # fmt: skip
"""What LaTeX can say and the language cannot: what it is, and the way round."""
OPEN = {
    "number": ("a number stands behind a factor", r"in LaTeX: a \cdot {here}, or a^{{n}}, or a_{{{here}}}"),
    "quotient": ("where the denominator ends is open", r"in LaTeX: \frac{{a}}{{b}} c, or \frac{{a}}{{b c}}"),
    "argument": ("where the argument of the function ends is open", r"in LaTeX: {name}(a){here}b, or {name}(a{here}b)"),
    "comma": ("this comma is a decimal point to some, and nothing to others", "in LaTeX: {name}, or {here}"),
    "inverse": ("what the exponent -1 of this function means is open", r"in LaTeX: \frac{{1}}{{{name}(a)}}{here}"),
    "power": ("what a power of an array means is open",
        r"in LaTeX: \operatorname{{inv}}(A), or \mathbf{{x}} \cdot \mathbf{{x}}, or x^{{n}} for each entry"),
    "letter": ("this letter may be a function or a factor", r"in LaTeX: \operatorname{{{here}}}(a), or {name} \cdot (a)"),
    "letters": ("these letters are a product of variables, and not a function", r"in LaTeX: \{here}(a)"),
}
"""What means different things to different readers, and how to say each, with letters for the operands; none is guessed."""


class _Frame:
    """Something open: its kind, what is written where it ends, and what is known of what it holds."""

    full = quotient = braced = several = conditional = fenced = array = False
    """Whether an operand ends there, or the denominator of a `/`, or the braces of a function; whether there are commas, a
    condition, a fence alone; whether the last factor is an array."""
    product = relation = -1
    """Where the sign of a product stands that nobody wrote, and where the operand begins that is behind a comparison."""
    between: Sequence[str] = ()
    """What is written at `&`, and at the end of a row."""

    def __init__(self, kind: str, closing: str, first: int) -> None:
        self.kind, self.closing, self.first = kind, closing, first


class LatexReader:
    r"""A text in LaTeX, read as a text of the language, which knows where in the LaTeX its characters stand.

    >>> LatexReader(r"\frac{\sin^2 x}{2} e^{-x^2}", "").read().text
    '((sin(x)^(2))/(2))*exp(-x^(2))'
    """

    def __init__(self, text: str, label: str) -> None:
        self.latex, self.label = text, label
        self.pieces: list[tuple[str, int, int]] = []
        """What is written so far, and where in the LaTeX it stands."""
        self.top = _Frame("", "", 0)
        self.frames = [self.top]
        head = _HEAD.match(text)
        self.start = self.stop = head.end() if head else 0
        """Where the present token stands."""
        self.letters = {
            letter: name for letter, name in _LETTERS.items()
            if all(_LETTER_CALLED.match(text, place.end()) for place in re.finditer(re.escape(letter) + "(?![a-zA-Z])", text))
        }  # fmt: skip

    def read(self) -> Source:
        while self.stop < len(self.latex):
            match = _TOKEN.match(self.latex, self.stop)
            assert match is not None and match.lastgroup is not None
            self.start, self.stop = match.span()
            if match.lastgroup != "blank":
                self.top = self.frames[-1]
                getattr(self, match.lastgroup)(match[match.lastgroup])
        if self.settle() is not self.frames[0]:
            _, self.start, self.stop = self.pieces[self.top.first - 1]
            self.fail("syntax", "what begins here is never closed, or lacks its braces")
        places = [(start, stop) for text, start, stop in self.pieces for _ in text]
        return Source("".join(piece[0] for piece in self.pieces), self.label, (self.latex, places))

    def fail(self, code: str, message: str, *help: str) -> NoReturn:
        mark = Mark(Span(self.start, self.stop))
        raise ExpressionError([error(f"latex-{code}", message, Source(self.latex, self.label), mark, help=help)])

    def ask(self, question: str, here: str, name: str = "") -> NoReturn:
        """Without a name it is the function whose argument this is, with its index and exponent, as the LaTeX has it."""
        message, help = OPEN[question]
        _, *function = self.pieces[self.top.first - 1] if self.pieces else ("", 0, 0)
        self.fail("ambiguous", message, help.format(here=here, name=name or self.latex[slice(*function)]))

    def write(self, text: str, at: int = -1) -> None:
        self.pieces.append((text, self.start if at < 0 else at, self.stop if at < 0 else at))

    def open(self, kind: str, text: str, *closing: str) -> None:
        """Write what opens something, or the first of several arguments."""
        if text:
            self.write(text)
        for each in reversed(closing):
            self.top = _Frame(kind, each, len(self.pieces))
            self.frames.append(self.top)

    # -- operands -------------------------------------------------------------------------------------------------------

    def factor(self, kind: str = "") -> None:
        """An operand begins: after another one, a product that nobody wrote."""
        top = self.top
        if top.full:
            if kind == "number" or top.quotient or (top.kind == "function" and (top.braced or kind != "name")):
                if kind == "number":
                    self.ask(kind, self.latex[self.start : self.stop].strip())
                self.ask("quotient" if top.quotient else "argument", " ")
            top.product = len(self.pieces)
            self.write("*", self.start)
        top.full = top.fenced = False

    def complete(self, array: bool = False, letter: str = "") -> None:
        """An operand is complete, and with it every argument that is nothing else."""
        while (top := self.frames[-1]).kind == "argument":
            self.frames.pop()
            self.write(top.closing, self.pieces[-1][2])
            if top.closing == ")/(":
                return
            array, letter = False, ""
        if top.product >= 0 and (array or (top.array and letter)):
            before, (_, start, stop) = self.pieces[top.product - 1 : top.product + 1]
            if top.array or before[0].isupper():  # arrays side by side, or a matrix whose name is a capital
                self.pieces[top.product], array = ("@", start, stop), True
        self.top, top.full, top.array = top, True, top.array or array
        if array and (sign := _BETWEEN.match(self.latex, self.stop)):
            self.start, self.stop = sign.span("sign")
            self.word(sign["sign"]) if sign["sign"] in MISSING else self.operator(r"{\,}")

    def number(self, token: str) -> None:
        if self.top.kind == "argument":
            self.stop = self.start + 1  # \frac12, and x^12 is x^{1}2
        text, times, power = self.latex[self.start : self.stop].partition(r"\times")
        if re.fullmatch(r"[1-9]\d{0,2}\{,\}\d{3}\s*", text):
            self.ask("comma", text.replace("{,}", "."), text.replace("{,}", ""))
        self.factor("number")
        self.write(text.strip().replace("{,}", ".") + "e" * bool(times) + power.partition("{")[2].strip("}"))
        self.complete()

    def name(self, stem: str, array: bool = False) -> None:
        """A name with its index; or e to a power, which is the exponential function."""
        letters = _LETTERS_IN_A_ROW.match(self.latex, self.start)
        if letters and is_function(letters[0]) and (letters[0] in BARE or _CALLED.match(self.latex, letters.end())):
            self.stop = letters.end()
            self.ask("letters", letters[0])
        index = _INDEX.match(self.latex, self.stop) if self.top.kind != "argument" else None
        if index is not None:
            self.stop = index.end()
            suffix = self.plain(index[1] or index[2])
            stem += suffix if suffix.isdecimal() else f"_{suffix}"
        raised = _RAISED.match(self.latex, self.stop)
        if stem == "e" and raised:
            self.factor()
            self.stop = raised.end()
            return self.open("argument", "exp(", ")")
        self.factor("name")
        self.write(stem)
        return self.complete(array, stem)

    def plain(self, text: str) -> str:
        """What stands in an index, or in the braces of ``\\mathrm``, as a part of a name."""
        plain = re.sub(r"\\(?:text|mathrm)(?![a-zA-Z])|[{}\\\s]", "", text).replace(",", "_").replace("-", "m")
        if not plain.replace("_", "a").isalnum():
            self.fail("syntax", f"`{text.strip()}` is no part of a name", r"in LaTeX: x, or x_1, or x_{max}, or \mathrm{rate}")
        return plain

    def script(self, text: str) -> str:
        """An index or exponent at the name of a function, which is written behind its argument."""
        return f"({LatexReader(text, self.label).read().text})"

    def word(self, word: str) -> None:
        if word in _STYLES:
            self.styled(word)
        elif word in (r"\frac", r"\dfrac", r"\tfrac"):
            self.factor()
            self.open("argument", "((", ")/(", "))")
        elif word.startswith(r"\sqrt"):
            degree = word.partition("[")[2].strip("] ")
            short = {"": "sqrt(", "2": "sqrt(", "3": "cbrt("}.get(degree)
            self.factor()
            self.open("argument", short or "((", ")" if short else f")^(1/{self.script(degree)}))")
        elif word in MISSING or "{" in word:
            what, instead = MISSING.get(word, _DERIVATIVE)
            self.fail("missing", f"this is {what}, which the language does not have", instead)
        elif word in _NAMES and word not in self.letters:
            self.name(_NAMES[word])
        elif word in (r"\sigma", r"\psi") and self.latex[self.start : self.stop + 3] != r"\psi^{(":
            self.ask("letter", self.letters[word], word)
        elif word in self.letters or is_function(word[1:]):
            self.function(self.letters.get(word, word[1:]))
        else:
            known = [*_OPERATORS, *_NAMES, *_STYLES, *MISSING, *(f"\\{name}" for name in (*BARE, "frac", "sqrt"))]
            self.fail("syntax", f"`{word}` is nothing that is read here", *did_you_mean(word, known))

    def styled(self, word: str) -> None:
        """``\\mathrm{rate}``, ``\\operatorname{erf}``, ``\\hat{x}``, ``\\text{if }``."""
        argument = _ARGUMENT.match(self.latex, self.stop)
        if argument is None:
            self.fail("syntax", f"`{word}` lacks its braces")
        self.stop, inside = argument.end(), argument[1] or argument[2] or ""
        said = inside.replace("~", " ").strip(" :,").split()
        if said in (["otherwise"], ["else"]) and self.top.conditional and not self.top.full:
            self.pieces.pop()  # the "if" of the cell
            self.top.conditional = False
        elif _TEXTS.intersection(said):
            top = self.settle()
            if not _JOINING.issuperset(said) and not (top.conditional and top.full == (said[0] in _JOINING)):
                self.fail("syntax", "these words stand in the second column of cases alone", _CONDITION)
            for each in filter(_JOINING.__contains__, said):
                self.operator(each)
        else:
            name = {"tr": "trace"}.get(inside) or self.plain(inside) + _STYLES[word]
            bare = word == r"\operatorname" or name in (*BARE, "trace")
            called = bare or (is_function(name) and _CALLED.match(self.latex, self.stop))
            self.function(name) if called else self.name(name, array=word in _BOLD)

    def function(self, name: str) -> None:
        """A function with the index and the exponent at its name; its argument follows."""
        if self.top.full:
            self.settle()
        self.factor()
        scripts = _SCRIPTS.match(self.latex, self.stop)
        assert scripts is not None
        self.stop, base, power = scripts.end(), scripts[1] or scripts[2] or "", scripts[3] or scripts[4] or ""
        if base and name not in ("log", "ln"):
            self.fail("syntax", f"`{name}` has no index", r"in LaTeX: \max(a, b)")
        name = {"": name, "2": "log2", "10": "log10"}.get(base, "log") + "("
        closing = ")" if base in ("", "2", "10") else f", {self.script(base)})"
        if power == "-1":
            name = f"a{name}"
            if name.startswith("aa") or not is_function(name[:-1]):
                inverse = rf", or {base or 'e'}^{{a}}" if name[1:] != "exp(" else r", or \ln a"
                inverse *= name.startswith(("alog", "aln", "aexp"))
                self.ask("inverse", inverse, self.latex[self.start : scripts.start()] + f"_{{{base}}}" * bool(base))
        elif power and name == "digamma(":
            name = f"polygamma({self.script(power)}, "
        elif power:
            closing += f"^{self.script(power)}"
        self.open("function", name, closing)

    def settle(self) -> _Frame:
        """What ends the arguments of functions without parentheses stands here; what is open around them."""
        while (top := self.frames[-1]).kind == "function":
            self.write(self.frames.pop().closing, self.pieces[-1][2])
            self.complete()
        self.top = top
        return top

    # -- operators ------------------------------------------------------------------------------------------------------

    def operator(self, sign: str, text: str = "") -> None:
        sign = _OPERATORS.get(sign, sign)
        if sign == "not" or (sign in "+-" and not self.top.full):
            return self.write("not " if sign == "not" else sign)
        if sign in "/*@" and self.top.kind == "function" and not _SEPARATE.match(self.latex, self.stop):
            last = self.pieces[-1][0]  # \cos 2x \cdot y, but not \cos x \cdot y
            if sign != "*" or self.top.product >= 0 or last[0].isdigit() or last == "pi":
                self.ask("argument", sign if sign == "/" else r" \cdot ")
        top = self.settle()
        if sign == "=" and len(self.frames) > 1 and self.pieces[-1][0] not in KEYWORDS:
            sign = "=="
        if sign in _COMPARISONS and top.relation >= 0:  # a < b < c
            self.write(" and ", self.start)
            self.pieces += self.pieces[top.relation : -1]
        self.write(text or (sign if sign in "*/@" else f" {sign} "))
        top.full, top.product, top.quotient, top.array = False, -1, sign == "/", sign == "@" or (top.array and sign in "*/")
        top.several = top.several or sign == ","
        if sign not in "*/@+-":
            top.relation = len(self.pieces) if sign in _COMPARISONS else -1
        return None

    def line(self, token: str) -> None:
        r"""``&`` ends a cell; ``\\`` ends a row, or a statement, unless the formula goes on behind it."""
        top, is_row = self.settle(), token != "&"
        if len(self.frames) > 1 and not (is_row and _ENDS.match(self.latex, self.stop)):
            self.operator(",", (*top.between, ",", ",")[is_row])
            top.conditional = top.kind == "cases" and not is_row
        elif len(self.frames) == 1 and is_row and not _GOES_ON.match(self.latex, self.stop):
            self.operator(";")

    # -- what encloses --------------------------------------------------------------------------------------------------

    def end(self, token: str) -> None:
        """What is open and closed by this token is complete."""
        if self.settle().kind != token:
            self.fail("syntax", f"`{token}` closes nothing that is open here")
        frame = self.frames.pop()
        if frame.several and frame.closing == ")" and self.pieces[frame.first - 1][0] == "(" and token == "]":
            self.pieces[frame.first - 1], frame.closing = ("[", *self.pieces[frame.first - 1][1:]), "]"
        self.write(") else (0/0))" if frame.conditional else frame.closing)  # where no case holds, it is undefined
        self.complete(frame.array or (bool(frame.between) and token != "cases"))
        self.top.fenced = token == ")" and frame.first - 1 == self.top.first
        if token == "}" and self.top.kind == "function" and self.top.first == frame.first - 1:
            self.top.braced = True
            if frame.fenced:
                self.settle()  # \sin{\left(x \right)}

    def brace(self, token: str) -> None:
        """Braces, an exponent, and any other character."""
        if token == "{" and self.top.kind == "argument":
            self.open("}", "", "")
        elif token == "{":
            self.factor()
            self.open("}", "(", ")")
        elif token == "}":
            self.end(token)
        elif token[0] != "^":
            self.word(token)
        elif len(token) > 1 and self.top.full and ("top" in token or self.top.array or self.pieces[-1][0].isidentifier()):  # ^T
            self.write(".T")
            self.top.product = -1
            self.complete(array=True)
        elif self.top.full and self.top.array and (self.pieces[-1][0].isidentifier() or self.pieces[-1][0] == "]]"):
            name, start, _ = self.pieces[-1]
            power = self.latex[self.start : self.latex.find("}", self.start) + 1]
            if power.replace(" ", "") != "^{-1}" or not name[0].isupper():
                self.ask("power", "")
            self.stop, self.top.product = self.start + len(power), -1
            self.pieces[-1] = (f"inv({name})", start, self.stop)
            self.complete(array=True)
        else:
            self.stop = self.start + 1
            self.open("argument", "^(", ")")

    def fence(self, token: str) -> None:
        said = self.latex[self.start : self.stop]
        closer, text = _FENCES.get(token, ("", ""))
        around = next(frame for frame in reversed(self.frames) if frame.kind != "function")
        ends = token == closer == around.kind and self.top.full and not said.startswith((r"\left", r"\bigl", r"\Bigl"))
        if ends or not closer or said.startswith((r"\right", r"\bigr", r"\Bigr")):
            self.end(token)
        elif self.top.kind == "function" and len(self.pieces) == self.top.first and text == "(":
            self.top.kind = closer  # its parentheses are those of the call
        elif token == "[" and self.top.full and _ENTRY.match(self.latex, self.stop):
            self.open(closer, "[", "]")
        else:
            self.factor()
            self.open(closer, text, ")")

    def environment(self, token: str) -> None:
        edge, _, name = token.replace(" ", "").partition("{")
        if edge == "begin" and name in _ENVIRONMENTS:
            inside = self.latex[self.stop : self.latex.find(rf"\end{{{name}", self.stop)]
            text, *between, closing = _COLUMN if name != "cases" and "&" not in inside else _ENVIRONMENTS[name]
            self.factor()
            self.open(name, text, closing)
            self.top.between = between
        elif name in _ENVIRONMENTS:
            self.end(name)
        elif name not in _LINES:
            self.fail("syntax", f"the environment `{name}` is not read here", *did_you_mean(name, [*_ENVIRONMENTS, *_LINES]))
