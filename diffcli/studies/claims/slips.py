"""The slips that people make when they differentiate by hand, in one table: where each is made, and what comes of it.

What comes of it is a text in diffcli's language; `diffcli.studies.claims.slip_search` finds the slip that explains a wrong claim.
Adding a slip is adding a row. Of several that explain a claim the first is reported, so a row stands before those that
explain the same claims less plainly.
"""

from __future__ import annotations

from collections.abc import Mapping

from diffcli._named import NamedTuple

LIKE = 1e-9
"""The relative difference up to which two numbers are taken as the same."""


class Slip(NamedTuple):
    """A slip."""

    name: str
    where: str
    """``whole``; ``variable``, ``order`` or ``entry``, for each of these of `Observation.others`; or what a row of the tape has
    to be: one of some operations, by name, and all of some words: ``term``, a row with several operands that depend on the
    variable, for each of them; ``constant``, a row with one that does and one that does not; ``function``, a row with one that
    does; ``inner``, and that one is computed; ``curved``, and its derivative is no constant; ``exponent``, the second operand
    depends on the variable; ``plain``, no operand is a product of several that do; ``unsigned``, no derivative of an operand
    begins with a minus; ``branch``, it is an array, for each operand that depends on the variable."""
    wrong: str
    """What is claimed then; of each number, one of several things between ``|``. It speaks of the ``right`` derivative, of the
    variable ``x``, of the value ``f``, of the ``other`` numbers, and of the factor ``c`` by which the claim differs. At a row,
    of its operands ``a`` and ``b`` (``u``: the one that depends on the variable, ``k``: another), of its value ``y``, and of
    their derivatives ``da``, ``db``, ``du`` and ``dy`` (``dk``, of what is constant: by what it is computed from); of the
    partial ``p`` by u, and of the same at other places than u: ``q`` at du, ``r`` at the variable; of what u brings, its
    ``term``. At a row of an array these are ``term``, and ``dy`` and ``du`` through that operand alone."""
    sentence: str
    mistaken: str = ""
    """What is taken for the derivative of a function by its operand ``u``, in terms of that, of ``b`` and of ``y``."""
    instead: str = "claimed"
    """What ``wrong`` is held against: the claim, or its own derivative, ``slope``."""
    like: float = LIKE


_CHAIN = "chain rule: "
_POWER = "power rule: "
_PRODUCT = "product rule: "
_QUOTIENT = "quotient rule: "
_EXPONENTIAL = "{row} has {variable} in its exponent: its derivative is not that of a power"
_KEPT = "{constant} does not depend on {variable}, so its derivative is 0"
_FORGOTTEN = "the factor {row} in the derivative of {row} is missing"
_MISSING = "the term through {operand}{within} is missing"
_ROUNDED = "it agrees to {digits} digits: is one of its numbers rounded?"
_FACTOR = "in the term through {operand}{within} the factor "
_DERIVATIVE = "the derivative of {function} is {derivative}, not {mistaken}"

_WITHOUT_ITS_MINUS = {
    "cos": ("sin(u)",), "acos": ("1/sqrt(1 - u^2)",), "cot": ("1/sin(u)^2",), "csc": ("y*cot(u)",), "sech": ("y*tanh(u)",),
}  # fmt: skip
"""What is taken for the derivatives of functions that begin with a minus."""

_MISTAKEN = {
    "sin": ("y", "1"),
    "cos": ("y", "1"),
    "tan": ("y", "1/cos(u)", "1/sin(u)^2", "-1/sin(u)^2", "y/cos(u)", "1 - y^2", "y^2", "1/y", "1"),
    "sec": ("y", "tan(u)", "tan(u)^2"),
    "log": ("y", "1/u^2", "-1/u^2", "1/y", "exp(u)", "1"),
    "sqrt": ("y", "1/y", "1/(2*u)", "1/u", "2*y", "y/2", "1/2", "1"),
    "asin": ("y", "1/sqrt(1 + u^2)", "1/(1 - u^2)", "1/(1 + u^2)", "1/cos(u)", "1"),
    "acos": ("y", "-1/sqrt(1 + u^2)", "-1/(1 - u^2)", "-1/(1 + u^2)", "-1/sin(u)", "1"),
    "atan": ("y", "1/(1 - u^2)", "1/(u^2 - 1)", "1/sqrt(1 + u^2)", "1/sqrt(1 - u^2)", "1/cos(u)^2", "1"),
    "sinh": ("y", "1"),
    "cosh": ("y", "1"),
    "tanh": ("y", "1 + y^2", "1/cosh(u)", "1/sinh(u)^2", "1/cos(u)^2", "1"),
}
"""What else is taken for derivatives."""


def _mistaken(derivatives: Mapping[str, tuple[str, ...]]) -> list[Slip]:
    return [
        Slip("derivative of a function", name, f"({mistaken})*du", _DERIVATIVE, mistaken)
        for name, all in derivatives.items() for mistaken in all
    ]  # fmt: skip


SLIPS: tuple[Slip, ...] = (
    Slip("constant", "whole", "0", "the expression depends on {variable}, so its derivative is not 0"),
    Slip("other variable", "variable", "other", "this is the derivative by {other}, not by {variable}"),
    # before the rules for two operands, as these claims may have the right signs between their terms
    *_mistaken(_WITHOUT_ITS_MINUS),
    Slip("inner derivative", "function inner", "p", _CHAIN + "the inner derivative of {row}, {inner}, is missing"),
    Slip("log of the base", "pow constant exponent", "y*db", "the factor ln({base}) in the derivative of {row} is missing"),
    # of x^x it is x^x: the expression itself, too
    Slip("power rule for exp", "pow exponent", "b*a^(b - 1)*da", _EXPONENTIAL),
    Slip("power rule for exp", "pow exponent", "b*a^(b - 1)*db", _EXPONENTIAL),
    Slip("power rule for exp", "pow exponent", "b*a^(b - 1)", _EXPONENTIAL),
    Slip("itself", "whole", "f", "this is the expression itself, not its derivative"),
    # -- the rules for two operands ------------------------------------------------------------------------------------------
    Slip("quotient swapped", "div", "(a*db - da*b)/b^2", _QUOTIENT + "the numerator of ({row})' is u'*v - u*v', not u*v' - u'*v"),
    Slip("quotient sum", "div unsigned", "(da*b + a*db)/b^2",
         _QUOTIENT + "the numerator of ({row})' is u'*v - u*v', with a minus"),
    Slip("quotient of derivatives", "div", "da/db", _QUOTIENT + "the derivative of {row} is not the quotient of the derivatives"),
    Slip("divisor differentiated", "div", "a/db", _QUOTIENT + "({row})' is (u'*v - u*v')/v^2, not u/v'"),
    Slip("divisor not squared", "div", "(da*b - a*db)/b", _QUOTIENT + "the divisor of ({row})' is v^2, not v"),
    Slip("divisor forgotten", "div", "da*b - a*db", _QUOTIENT + "the divisor v^2 of ({row})' is missing"),
    Slip("divisor of a constant", "div constant", "-a*db/b", _QUOTIENT + "the divisor of ({row})' is v^2, not v"),
    # u'*v for u*v too is u'*v' where v' = v: that a term is missing is true of both
    Slip("term missing", "mul term", "dy - term", _MISSING),
    Slip("product of derivatives", "mul plain", "da*db", _PRODUCT + "({row})' is u'*v + u*v', not the product u'*v'"),
    Slip("sum of derivatives", "mul plain", "da + db", _PRODUCT + "({row})' is u'*v + u*v', not the sum u' + v'"),
    Slip("product with a minus", "mul unsigned", "da*b - a*db", _PRODUCT + "({row})' is u'*v + u*v', with a plus"),
    Slip("product with a minus", "mul unsigned", "a*db - da*b", _PRODUCT + "({row})' is u'*v + u*v', with a plus"),
    # -- powers and logarithms -----------------------------------------------------------------------------------------------
    Slip("derivative of a power", "pow constant", "b*a*da", _DERIVATIVE, "b*u"),
    Slip("exponent kept", "pow constant", "b*a^b*da", _POWER + "the exponent of {row} is to be reduced by 1"),
    Slip("exponent raised", "pow constant", "b*a^(b + 1)*da", _POWER + "the exponent of {row} is to be reduced by 1, not raised"),
    Slip("exponent reduced twice", "pow constant", "where(b == 2, 0/0, b*a^(b - 2)*da)",
         _POWER + "the exponent of {row} is to be reduced by 1, not by 2"),
    Slip("exponent missing", "pow constant", "a^(b - 1)*da", _POWER + "the factor {exponent}, the exponent of {row}, is missing"),
    Slip("exponent reduced first", "pow constant", "(b - 1)*a^(b - 1)*da",
         _POWER + "the factor is the exponent of {row} before it is reduced, {exponent}"),
    Slip("power rule for exp", "exp", "a*exp(a - 1)*da", _EXPONENTIAL),
    Slip("power rule for exp", "exp", "a*exp(a - 1)", _EXPONENTIAL),
    Slip("exponential forgotten", "exp", "da", _FORGOTTEN),
    Slip("exponential forgotten", "pow constant exponent", "db*log(a)", _FORGOTTEN),
    Slip("sign missing", "abs", "da", "the factor sign({operand}) in the derivative of {row} is missing"),
    Slip("piece", "max min clip relu relu6 hardtanh", "du",
         "the derivative of {row} is that of {operand} only where {row} = {operand}"),
    Slip("log base", "log10 log2 log_base", "da/a", "{row} is no natural logarithm: the factor 1/ln({base}) is missing"),
    # -- the chain rule ------------------------------------------------------------------------------------------------------
    Slip("outer derivative", "function inner", "du", _CHAIN + "the outer derivative of {row} is missing"),
    Slip("inner function lost", "function inner", "r*du",
         _CHAIN + "the outer derivative of {row} is taken at {operand}, not at {variable}"),
    Slip("inner function lost", "function inner", "r",
         _CHAIN + "the outer derivative of {row} is taken at {operand}, and multiplied by {inner}"),
    Slip("inner derivative inside", "function curved", "q",
         _CHAIN + "the outer derivative of {row} is taken at {operand}, and multiplied by {inner}"),
    Slip("outer at inner", "function curved", "q*du",
         _CHAIN + "the outer derivative of {row} is taken at {operand}, not at its derivative"),
    # -- the whole -----------------------------------------------------------------------------------------------------------
    Slip("integral", "whole", "f", "this is an antiderivative: its own derivative is the expression", instead="slope"),
    Slip("sign", "whole", "-right", "the sign of the whole is wrong"),
    # -- one term ------------------------------------------------------------------------------------------------------------
    Slip("total", "variable", "where(right*other == 0, 0/0, right + other)",
         "the derivative by {other} is added: by {variable} alone, {other} is held fixed"),
    Slip("constant factor", "mul constant", "du", "the factor {constant} in the derivative of {row} is missing"),
    Slip("constant kept", "add sub constant", "dy + k", _KEPT),
    Slip("constant kept", "add sub constant", "dy - k", _KEPT),
    Slip("derivative of a constant", "add sub constant", "dy + 1", _KEPT + ", not 1"),
    Slip("derivative of a constant", "mul constant", "dy + u", _KEPT + ", not 1"),
    Slip("constant differentiated", "add sub constant", "dy + dk", _KEPT),
    Slip("constant differentiated", "add sub constant", "dy - dk", _KEPT),
    Slip("constant differentiated", "mul constant", "dk*u", _KEPT),
    Slip("constant differentiated", "mul constant", "dk*du", _KEPT),
    Slip("constant differentiated", "mul constant", "dy + dk*u", _KEPT),
    Slip("term missing", "term", "dy - term", _MISSING),
    Slip("sign of a term", "term", "dy - 2*term", "the sign of the term through {operand}{within} is wrong"),
    Slip("factor of a product", "mul term", "dy - term + du", _FACTOR + "{constant} is missing"),
    *_mistaken(_MISTAKEN),
    Slip("factor of a product", "mul term", "dy - term + k", _FACTOR + "{inner} is missing"),
    # -- factors -------------------------------------------------------------------------------------------------------------
    Slip("degrees", "whole", "right*pi/180", "the factor pi/180 is too much: angles are in radians"),
    Slip("degrees", "whole", "right*180/pi", "the factor 180/pi is too much: angles are in radians"),
    Slip("natural logarithm", "whole", "right/log(10)", "the factor 1/ln(10) is too much: log is the natural logarithm"),
    Slip("rounded", "whole", "right", _ROUNDED, like=1e-4),
    Slip("factor", "whole", "c*right", "{factor}"),
    Slip("variable as a factor", "whole", "right/x", "the factor {variable} is missing"),
    Slip("variable as a factor", "whole", "right*x", "the factor {variable} is too much"),
    # after these: it is not plain that 1/sqrt(x^2 + 1) comes from 2 for 2*x, as no 2 is seen in it
    Slip("derivative of a power", "pow constant", "b*da", _DERIVATIVE, "b"),
    Slip("factor of a term", "term", "dy - term + c*term", "in the term through {operand}{within} {factor}"),
    # -- in arrays -----------------------------------------------------------------------------------------------------------
    Slip("wrong branch", "abs relu relu6 max min clip hardtanh where branch", "dy|dy - term|du",
         "the wrong branch of {row} is taken"),
    Slip("rearranged", "order", "other", "its entries are {other}"),
    Slip("multiple of the variable", "whole", "right + c*x", "a term {which}: {size} times {variable}"),
    Slip("one entry", "entry", "other", "one entry alone is wrong, {other}"),
    Slip("rounded numbers", "whole", "right", _ROUNDED, like=1e-4),
)  # fmt: skip
"""All of them."""
