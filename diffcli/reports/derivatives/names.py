"""What derivatives of any order are called."""

from __future__ import annotations

from collections import Counter

from diffcli.language.writing.printer import latex_name

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def derivative_name(of: str, by: tuple[str, ...], sign: str, raised: bool = True) -> str:
    """What a derivative is called.

    >>> derivative_name("f", ("x", "x", "y"), "∂"), derivative_name("f", ("x", "x"), "d", raised=False)
    ('∂³f/∂x²∂y', 'd2f/dx2')
    """

    def power(count: int) -> str:
        return "" if count == 1 else str(count).translate(_RAISED) if raised else str(count)

    below = "".join(f"{sign}{name}{power(count)}" for name, count in Counter(by).items())
    return f"{sign}{power(len(by))}{of}/{below}"


def latex_operator(by: tuple[str, ...], sign: str) -> str:
    r"""The operator of a derivative in LaTeX.

    >>> latex_operator(("x",), "d"), latex_operator(("x", "x", "y"), r"\partial ")
    ('\\dfrac{d}{dx}', '\\dfrac{\\partial^{3}}{\\partial x^{2} \\partial y}')
    """

    def power(count: int) -> str:
        return f"^{{{count}}}" if count > 1 else ""

    below = " ".join(f"{sign}{latex_name(name)}{power(count)}" for name, count in Counter(by).items())
    return rf"\dfrac{{{sign.strip()}{power(len(by))}}}{{{below}}}"
