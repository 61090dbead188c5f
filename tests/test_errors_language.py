"""Every complaint about a text, whole: code, message, places, notes and help, one literal table of wrong texts.

A place is written ``at(start, marked text, label)``. Where a help says to write something that stands for the whole of a
text, or of the part that is marked, that something is read again.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from inside import MOST, Diagnostic, ExpressionError, Mark, Source, Span, complaints, nearest, parse


def at(start, text, label=""):
    return Mark(Span(start, start + len(text)), label), text


def wrong(code, message, *places, notes=(), help=()):
    return code, message, places, notes, help


# fmt: off
CASES = {
    # -- empty
    "  \n": [
        wrong("empty-expression", "there is no expression here", help=('write one, such as "x^2 + sin(x)"',)),
    ],
    " # a comment\n": [
        wrong("empty-expression", "there is no expression here", help=('write one, such as "x^2 + sin(x)"',)),
    ],
    ";\n;": [
        wrong("empty-expression", "there is no expression here", help=('write one, such as "x^2 + sin(x)"',)),
    ],
    # -- characters
    "|x|": [
        wrong("unexpected-character", "`|` is not part of the language", at(0, "|"), at(2, "|"), help=("write abs(x)",)),
    ],
    "a && b || !c": [
        wrong("unexpected-character", "`&` is not part of the language", at(2, "&"), at(3, "&")),
        wrong("unexpected-character", "`|` is not part of the language", at(7, "|"), at(8, "|")),
        wrong("unexpected-character", "`!` is not part of the language", at(10, "!"), help=("write a and b or not c",)),
    ],
    "x' + y″": [
        wrong("unexpected-character", "`'` is not part of the language", at(1, "'"), help=("a derivative is what diffcli computes: write the function itself; the transpose is x.T",)),
        wrong("unexpected-character", "`″` is not part of the language", at(6, "″")),
    ],
    "f(x) := x^2": [
        wrong("no-result", "the program ends with a definition and computes nothing", at(0, "f(x)")),
        wrong("misplaced-colon", "`:` stands only in an index, as in x[1:3]", at(5, ":"), help=("write x^2",)),
    ],
    "x % 2": [
        wrong("unexpected-character", "`%` is not part of the language", at(2, "%"), help=("write mod(x, 2)",)),
    ],
    "\\sin(x)": [
        wrong("unexpected-character", "`\\` is not part of the language", at(0, "\\"), help=("write sin(x)",)),
    ],
    "$x$": [
        wrong("unexpected-character", "`$` is not part of the language", at(0, "$"), at(2, "$"), help=("write x",)),
    ],
    "【x］*{y}": [
        wrong("unexpected-character", "`【` is not part of the language", at(0, "【")),
        wrong("unexpected-character", "`］` is not part of the language", at(2, "］")),
        wrong("unexpected-character", "`{` is not part of the language", at(4, "{")),
        wrong("unexpected-character", "`}` is not part of the language", at(6, "}"), help=("write [x]*(y)",)),
    ],
    '"x"': [
        wrong("unexpected-character", '`"` is not part of the language', at(0, '"'), at(2, '"'), help=("write x",)),
    ],
    "√x + ∞": [
        wrong("unexpected-character", "`√` is not part of the language", at(0, "√")),
        wrong("unexpected-character", "`∞` is not part of the language", at(5, "∞"), help=("infinity is not a number to compute with; use a large one, such as 1e300",)),
    ],
    "@weights.npy": [
        wrong("missing-operand", "`@` stands where a number, a name or a parenthesis is needed", at(0, "@"), help=("a file is given alone, as @file",)),
        wrong("unexpected-character", "`.` is not part of the language", at(8, "."), help=("a number has a digit beside its decimal point; functions are written as sum(x), the transpose as x.T",)),
    ],
    "∂x/∂y": [
        wrong("unexpected-character", "`∂` is not part of the language", at(0, "∂"), at(3, "∂"), help=("diffcli computes derivatives, it does not read them: write the function itself",)),
    ],
    "x .+ y": [
        wrong("unexpected-character", "`.` is not part of the language", at(2, "."), help=("write x + y",)),
    ],
    "½*x + 3¾": [
        wrong("unexpected-character", "`½` is not part of the language", at(0, "½")),
        wrong("unexpected-character", "`¾` is not part of the language", at(7, "¾"), help=("write (1/2)*x + (3 + 3/4)",)),
    ],
    "₁ + x": [
        wrong("unexpected-character", "`₁` is not part of the language", at(0, "₁"), help=("a subscript stands after a name, as in x₁",)),
    ],
    "x\u200b + \0y": [
        wrong("unexpected-character", "the character U+200B (zero width space) is not part of the language", at(1, "\u200b")),
        wrong("unexpected-character", "the character U+0000 is not part of the language", at(5, "\0")),
    ],
    "v\u0304": [
        wrong("unexpected-character", "the character U+0304 (combining macron) is not part of the language", at(1, "\u0304")),
    ],
    "x⁻¹": [
        wrong("unexpected-character", "`⁻` is not part of the language", at(1, "⁻"), help=("write x^-1",)),
    ],
    "a½b + α½": [
        wrong("unexpected-character", "`½` is not part of the language", at(1, "½"), at(7, "½")),
    ],
    "½(x) + ½(2)": [
        wrong("unexpected-character", "`½` is not part of the language", at(0, "½"), at(7, "½"), help=("write (1/2)*(x) + (1/2)*(2)",)),
    ],
    "Ŀ + 𝐢𝐟": [
        wrong("unexpected-character", "`Ŀ` is not part of the language", at(0, "Ŀ")),
        wrong("unexpected-character", "`𝐢` is not part of the language", at(4, "𝐢")),
    ],
    # -- numbers
    "1__0": [
        wrong("malformed-number", "`1__0` is not a number", at(0, "1__0"), help=("write numbers as 1, .5, 1e-3 or 1_000",)),
    ],
    "1_*x": [
        wrong("malformed-number", "`1_` is not a number", at(0, "1_"), help=("write numbers as 1, .5, 1e-3 or 1_000",)),
    ],
    "1e999 + x": [
        wrong("malformed-number", "`1e999` is beyond the range of a float, which ends at 1.8e308", at(0, "1e999")),
    ],
    "1e-400*x + 0.0e-400 + 0_0": [
        wrong("malformed-number", "`1e-400` is beyond the range of a float, which begins at 4.9e-324", at(0, "1e-400")),
    ],
    "1.2.3": [
        wrong("malformed-number", "`1.2.3` is not a number", at(0, "1.2.3"), help=("write numbers as 1, .5, 1e-3 or 1_000",)),
    ],
    "x*1.2.3.4^2": [
        wrong("malformed-number", "`1.2.3.4` is not a number", at(2, "1.2.3.4"), help=("write numbers as 1, .5, 1e-3 or 1_000",)),
    ],
    "1..2": [
        wrong("malformed-number", "`1..2` is not a number", at(0, "1..2"), help=("write numbers as 1, .5, 1e-3 or 1_000",)),
    ],
    # -- superscripts
    "x²": [
        wrong("superscript", "an exponent is written with ^", at(0, "x²"), help=("write x^2",)),
    ],
    "x²y³z": [
        wrong("superscript", "an exponent is written with ^", at(0, "x²y³z"), help=("write x^2*y^3*z",)),
    ],
    "2² + (x + 1)³": [
        wrong("superscript", "an exponent is written with ^", at(1, "²")),
        wrong("superscript", "an exponent is written with ^", at(12, "³"), help=("write 2^2 + (x + 1)^3",)),
    ],
    "a*b²": [
        wrong("superscript", "an exponent is written with ^", at(2, "b²"), help=("write a*b^2",)),
    ],
    "sin²(x)": [
        wrong("superscript", "an exponent is written with ^", at(0, "sin²"), help=("write sin(x)^2",)),
    ],
    "x²(1 - x)": [
        wrong("superscript", "an exponent is written with ^", at(0, "x²"), help=("write x^2*(1 - x)",)),
    ],
    "(²)": [
        wrong("superscript", "an exponent is written with ^", at(1, "²"), help=("write x^2",)),
    ],
    "xⁿ": [
        wrong("superscript", "an exponent is written with ^", at(0, "xⁿ"), help=("write x^n",)),
    ],
    # -- missing operands
    "x +": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(3, "")),
    ],
    "x + # nothing more": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(3, "")),
    ],
    "x + \n y": [
        wrong("missing-operand", "the line ends where a number, a name or a parenthesis is needed", at(3, ""), help=("write x + y",)),
    ],
    "y = \n y": [
        wrong("missing-operand", "the line ends where a number, a name or a parenthesis is needed", at(3, ""), help=("an expression in parentheses may go on in the next line",)),
    ],
    "x + * y": [
        wrong("missing-operand", "`*` stands where a number, a name or a parenthesis is needed", at(4, "*")),
    ],
    "* x": [
        wrong("missing-operand", "`*` stands where a number, a name or a parenthesis is needed", at(0, "*")),
    ],
    "sin(x,)": [
        wrong("missing-operand", "`)` stands where a number, a name or a parenthesis is needed", at(6, ")")),
    ],
    "sin(,x)": [
        wrong("missing-operand", "`,` stands where a number, a name or a parenthesis is needed", at(4, ",")),
    ],
    "max(x,, y)": [
        wrong("missing-operand", "`,` stands where a number, a name or a parenthesis is needed", at(6, ",")),
    ],
    "()": [
        wrong("missing-operand", "`)` stands where a number, a name or a parenthesis is needed", at(1, ")")),
    ],
    "x and": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(5, "")),
    ],
    "and x": [
        wrong("missing-operand", "`and` stands where a number, a name or a parenthesis is needed", at(0, "and")),
    ],
    "x or or y": [
        wrong("missing-operand", "`or` stands where a number, a name or a parenthesis is needed", at(5, "or")),
    ],
    "not": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(3, "")),
    ],
    "-": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(1, "")),
    ],
    "+": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(1, "")),
    ],
    "x; +": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(4, "")),
    ],
    "= 3": [
        wrong("missing-operand", "`=` stands where a number, a name or a parenthesis is needed", at(0, "="), help=("write 3",)),
    ],
    "y == ": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(4, "")),
    ],
    "x <": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(3, "")),
    ],
    "2^": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(2, "")),
    ],
    "if x else y": [
        wrong("missing-operand", "`if` stands where a number, a name or a parenthesis is needed", at(0, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "x if else y": [
        wrong("missing-operand", "`else` stands where a number, a name or a parenthesis is needed", at(5, "else")),
    ],
    "x if y else": [
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(11, "")),
    ],
    "if(x, 1, 2)": [
        wrong("missing-operand", "`if` stands where a number, a name or a parenthesis is needed", at(0, "if")),
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(4, ",")),
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(7, ","), help=("write where(x, 1, 2)",)),
    ],
    "2*not x": [
        wrong("missing-operand", "`not` stands where a number, a name or a parenthesis is needed", at(2, "not"), help=("put parentheses around `not` and its condition, as in 2*(not x)",)),
    ],
    "-not x": [
        wrong("missing-operand", "`not` stands where a number, a name or a parenthesis is needed", at(1, "not"), help=("put parentheses around `not` and its condition, as in 2*(not x)",)),
    ],
    "a < not b": [
        wrong("missing-operand", "`not` stands where a number, a name or a parenthesis is needed", at(4, "not"), help=("put parentheses around `not` and its condition, as in 2*(not x)",)),
    ],
    "x not y": [
        wrong("missing-operand", "`not` stands where an operator is needed", at(2, "not"), help=("write `and not`, `or not`, or != for unequal",)),
    ],
    "x not in y": [
        wrong("missing-operand", "`not` stands where an operator is needed", at(2, "not"), help=("write `and not`, `or not`, or != for unequal",)),
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(9, "y"), help=("words such as `in` are not read: write the formula in signs, as in 2*x + 1",)),
    ],
    # -- products
    "2x": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "x"), help=("write 2*x",)),
    ],
    "4x(1-x)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "x"), at(2, "("), help=("write 4*x*(1-x)",)),
    ],
    "(a)(b) + c": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(3, "("), help=("write (a)*(b) + c",)),
    ],
    "x y z; a b": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "y"), at(4, "z")),
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(9, "b"), help=("write x*y*z; a*b",)),
    ],
    "3 pi r^2": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "p"), at(5, "r"), help=("write 3*pi*r^2",)),
    ],
    "2 sin(x)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "s"), help=("write 2*sin(x)",)),
    ],
    "x(1-x)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "("), help=("write x*(1-x)",)),
    ],
    "(x(1-x))": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "("), help=("write (x*(1-x))",)),
    ],
    "t(a + b)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "("), help=("write t*(a + b)",)),
    ],
    "a = 2; a(3)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(8, "("), help=("write a = 2; a*(3)",)),
    ],
    "f(u) = u(1 - u); f(2)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(8, "("), help=("write f(u) = u*(1 - u); f(2)",)),
    ],
    "(a # of two lines\n b)*2": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(19, "b"), help=("write (a*b)*2",)),
    ],
    "2x + |y|": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "x")),
        wrong("unexpected-character", "`|` is not part of the language", at(5, "|"), at(7, "|"), help=("write 2*x + abs(y)",)),
    ],
    "x 2 3": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "2"), at(4, "3"), help=("write x*2*3",)),
    ],
    "2x + 3y + (": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "x"), at(6, "y"), help=("write `*` between the factors",)),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(10, "(", "expected `)` at the end")),
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(11, "")),
    ],
    "sin x": [
        wrong("implicit-multiplication", "`sin` is a function: what it is applied to needs parentheses", at(0, "sin"), help=("write sin(x)",)),
    ],
    "sin 2x + 1": [
        wrong("implicit-multiplication", "`sin` is a function: what it is applied to needs parentheses", at(0, "sin")),
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(5, "x"), help=("write sin(2*x) + 1",)),
    ],
    "sin x cos x": [
        wrong("implicit-multiplication", "`sin` is a function: what it is applied to needs parentheses", at(0, "sin")),
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(6, "c")),
        wrong("implicit-multiplication", "`cos` is a function: what it is applied to needs parentheses", at(6, "cos"), help=("write sin(x)*cos(x)",)),
    ],
    "sin x^2y + tan -1": [
        wrong("implicit-multiplication", "`sin` is a function: what it is applied to needs parentheses", at(0, "sin")),
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(7, "y"), help=("write sin(x^2*y) + tan -1",)),
    ],
    "cos (x) sin y": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(8, "s")),
        wrong("implicit-multiplication", "`sin` is a function: what it is applied to needs parentheses", at(8, "sin"), help=("write cos (x)*sin(y)",)),
    ],
    "exp x*y": [
        wrong("implicit-multiplication", "`exp` is a function: what it is applied to needs parentheses", at(0, "exp"), help=("write exp(x)*y", "or write exp(x*y)")),
    ],
    "sin = 1; sin x": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(13, "x"), help=("write sin = 1; sin*x",)),
    ],
    "2 if 3x else 4": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(6, "x"), help=("write 2 if 3*x else 4",)),
    ],
    # -- parentheses
    "(x": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(0, "(", "expected `)` at the end")),
    ],
    "2*(x + (y": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(2, "(", "expected `)` at the end")),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(7, "(", "expected `)` at the end")),
    ],
    "sin(x": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(3, "(", "expected `)` at the end")),
    ],
    "sin(": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(3, "(", "expected `)` at the end")),
    ],
    "max(x, (y": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(3, "(", "expected `)` at the end")),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(7, "(", "expected `)` at the end")),
    ],
    "(x; y": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(0, "(", "expected `)` at the end of the statement")),
    ],
    "(x + 1\ny^2": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(0, "(", "expected `)` at the end")),
    ],
    "a = (x + 1\nb = a*2\nb": [
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(4, "(", "expected `)` at the end of the line")),
    ],
    "a = f(x +\nb = 2\nb": [
        wrong("unknown-function", "there is no function `f`", at(4, "f"), help=("`diffcli functions` lists them all",)),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(5, "(", "expected `)` at the end of the line")),
        wrong("missing-operand", "the line ends where a number, a name or a parenthesis is needed", at(9, "")),
    ],
    "x)": [
        wrong("unmatched-parenthesis", "this parenthesis closes nothing", at(1, ")")),
    ],
    "(x))*(y": [
        wrong("unmatched-parenthesis", "this parenthesis closes nothing", at(3, ")")),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(5, "(", "expected `)` at the end")),
    ],
    "f(x; y)": [
        wrong("unknown-function", "there is no function `f`", at(0, "f"), help=("`diffcli functions` lists them all",)),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(1, "(", "expected `)` at the end of the statement"), help=("the arguments of a function are separated by `,`",)),
        wrong("unmatched-parenthesis", "this parenthesis closes nothing", at(6, ")")),
    ],
    # -- commas
    "x, y": [
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(1, ","), help=("write [x, y]",)),
    ],
    "(x, y)": [
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(2, ","), help=("write [x, y]",)),
    ],
    "1,5*x": [
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(1, ","), help=("write 1.5*x",)),
    ],
    "max((1,2), 3)": [
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(6, ","), help=("write max((1.2), 3)",)),
    ],
    "a, b = 3": [
        wrong("stray-comma", "a comma stands only between the arguments of a function or the entries of an array", at(1, ","), help=("a decimal point is `.`; statements are separated by `;`; an array is [x, y]",)),
    ],
    # -- comparisons
    "a < b < c": [
        wrong("chained-comparison", "comparisons are not chained", at(2, "<"), at(6, "<"), help=("write a < b and b < c",)),
    ],
    "0 < x <= 2*y != z": [
        wrong("chained-comparison", "comparisons are not chained", at(2, "<"), at(6, "<="), at(13, "!="), help=("write 0 < x and x <= 2*y and 2*y != z",)),
    ],
    "not a == b == c": [
        wrong("chained-comparison", "comparisons are not chained", at(6, "=="), at(11, "=="), help=("write not (a == b and b == c)",)),
    ],
    "not a < b <= c == d": [
        wrong("chained-comparison", "comparisons are not chained", at(6, "<"), at(10, "<="), at(15, "=="), help=("write not (a < b and b <= c and c == d)",)),
    ],
    "(2x) < y < z": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "x")),
        wrong("chained-comparison", "comparisons are not chained", at(5, "<"), at(9, "<"), help=("write (2*x) < y and y < z",)),
    ],
    "a < b < c d": [
        wrong("chained-comparison", "comparisons are not chained", at(2, "<"), at(6, "<")),
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(10, "d"), help=("write a < b and b < c*d",)),
    ],
    "x if 0 < x < 1 else y": [
        wrong("chained-comparison", "comparisons are not chained", at(7, "<"), at(11, "<"), help=("write x if 0 < x and x < 1 else y",)),
    ],
    # -- choices
    "x if y": [
        wrong("missing-else", "this `if` has no `else`", at(2, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "(x if y) + 1": [
        wrong("missing-else", "this `if` has no `else`", at(3, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "where(a if b, c, d)": [
        wrong("missing-else", "this `if` has no `else`", at(8, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "x if": [
        wrong("missing-else", "this `if` has no `else`", at(2, "if"), help=("write a if condition else b, or where(condition, a, b)",)),
        wrong("missing-operand", "the text ends where a number, a name or a parenthesis is needed", at(4, "")),
    ],
    "x else y": [
        wrong("misplaced-else", "this `else` has no `if`", at(2, "else"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    "(else) + 1": [
        wrong("misplaced-else", "this `else` has no `if`", at(1, "else"), help=("write a if condition else b, or where(condition, a, b)",)),
        wrong("missing-operand", "`)` stands where a number, a name or a parenthesis is needed", at(5, ")")),
    ],
    "x if y else z else w": [
        wrong("misplaced-else", "this `else` has no `if`", at(14, "else"), help=("write a if condition else b, or where(condition, a, b)",)),
    ],
    # -- equals
    "x + 1 = 3": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(6, "="), help=("write x + 1 - 3",)),
    ],
    "x = y = 3": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(6, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "2*(x = 3)": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(5, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "[x = 3]": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(3, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "a < b = c": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(6, "="), help=("write == to compare, and `;` between statements",)),
    ],
    "a b = c": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(2, "b")),
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(4, "="), help=("write a*b - c",)),
    ],
    # -- targets
    "2 = x": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "2"), help=("write 2 - x",)),
    ],
    "(x^2) = 3": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "(x^2)"), help=("write (x^2) - 3",)),
    ],
    "f(2) = 3; f(1)": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "f(2)"), help=("write name = expression, or f(x, y) = expression; == compares",)),
    ],
    "f(x + 1, y) = x; f(1)": [
        wrong("cannot-assign", "only a name, or a function with names for its parameters, can stand before `=`", at(0, "f(x + 1, y)"), help=("write name = expression, or f(x, y) = expression; == compares",)),
        wrong("wrong-number-of-arguments", "`f` does not take 1 argument", at(17, "f(1)"), help=("write f(a1, a2)",)),
    ],
    "sin(x) = 3": [
        wrong("cannot-assign", "`sin` is a function of the language and cannot be defined again", at(0, "sin(x)"), help=("write sin(x) - 3",)),
    ],
    "ln(x, y, z) = 3; x": [
        wrong("cannot-assign", "`ln` is a function of the language and cannot be defined again", at(0, "ln(x, y, z)"), help=("give it another name, such as my_ln",)),
    ],
    "-x = 3": [
        wrong("misplaced-equals", "`=` binds a name at the start of a statement", at(3, "="), help=("write -x - 3",)),
    ],
    # -- functions
    "foo(x, y)": [
        wrong("unknown-function", "there is no function `foo`", at(0, "foo"), help=("`diffcli functions` lists them all",)),
    ],
    "sine(x)": [
        wrong("unknown-function", "there is no function `sine`", at(0, "sine"), help=("write sin(x)",)),
    ],
    "Sin(x)": [
        wrong("unknown-function", "there is no function `Sin`", at(0, "Sin"), help=("write sin(x)",)),
    ],
    "cosinus(x) + zzz(x)": [
        wrong("unknown-function", "there is no function `cosinus`", at(0, "cosinus"), help=("for cosinus, write cos", "`diffcli functions` lists them all")),
        wrong("unknown-function", "there is no function `zzz`", at(13, "zzz"), help=("`diffcli functions` lists them all",)),
    ],
    "(foo(x, y))": [
        wrong("unknown-function", "there is no function `foo`", at(1, "foo"), help=("`diffcli functions` lists them all",)),
    ],
    "π(1, 2)": [
        wrong("unknown-function", "there is no function `pi`", at(0, "π"), help=("`diffcli functions` lists them all",)),
    ],
    "max() + elu()": [
        wrong("wrong-number-of-arguments", "`max` does not take 0 arguments", at(0, "max()"), help=("write max(a, b, c)",)),
        wrong("wrong-number-of-arguments", "`elu` does not take 0 arguments", at(8, "elu()"), help=("write elu(a) or elu(a, b)",)),
    ],
    "sin(x, y)": [
        wrong("wrong-number-of-arguments", "`sin` does not take 2 arguments", at(0, "sin(x, y)"), help=("write sin(a)",)),
    ],
    "atan2(x)": [
        wrong("wrong-number-of-arguments", "`atan2` does not take 1 argument", at(0, "atan2(x)"), help=("write atan2(a, b)",)),
    ],
    "log()": [
        wrong("wrong-number-of-arguments", "`log` does not take 0 arguments", at(0, "log()"), help=("write log(a) or log(a, b)",)),
    ],
    "leaky_relu(x, y, z)": [
        wrong("wrong-number-of-arguments", "`leaky_relu` does not take 3 arguments", at(0, "leaky_relu(x, y, z)"), help=("write leaky_relu(a) or leaky_relu(a, b)",)),
    ],
    "where(a, b)": [
        wrong("wrong-number-of-arguments", "`where` does not take 2 arguments", at(0, "where(a, b)"), help=("write where(a, b, c)",)),
    ],
    "f(x, y) = x; f(1)": [
        wrong("wrong-number-of-arguments", "`f` does not take 1 argument", at(13, "f(1)"), help=("write f(x, y)",)),
    ],
    "f() = 3; f(2)": [
        wrong("wrong-number-of-arguments", "`f` does not take 1 argument", at(9, "f(2)"), help=("write f()",)),
    ],
    "log(x, y, z)": [
        wrong("wrong-number-of-arguments", "`log` does not take 3 arguments", at(0, "log(x, y, z)"), help=("write log(a) or log(a, b)",)),
    ],
    # -- names
    "f(x) = f(x) + 1; f(2)": [
        wrong("recursive-function", "`f` is defined by itself", at(7, "f"), notes=("a function of the program is written out where it is called, so it cannot call itself",), help=("write the steps as statements: x1 = ...; x2 = ...",)),
    ],
    "f(x) = g(x); g(x) = x; f(1)": [
        wrong("used-before-bound", "`g` is used here and bound only further on", at(7, "g", "used here"), at(13, "g(x)", "bound here"), help=("move its statement up, or give one of the two another name",)),
    ],
    "y*2; y = 3; y": [
        wrong("used-before-bound", "`y` is used here and bound only further on", at(0, "y", "used here"), at(5, "y", "bound here"), help=("move its statement up, or give one of the two another name",)),
    ],
    "y = y + 1": [
        wrong("used-before-bound", "`y` is bound by a statement that uses it", at(4, "y"), help=("a name stands for one thing: give the new value another name, such as y2",)),
    ],
    "a = 1; a = 2; a": [
        wrong("duplicate-name", "`a` is bound twice", at(7, "a", "again here"), at(0, "a", "bound here"), help=("give one of the two another name, such as a2",)),
    ],
    "f(x) = x; f(x) = 2; f(1)": [
        wrong("duplicate-name", "`f` is bound twice", at(10, "f(x)", "again here"), at(0, "f(x)", "bound here"), help=("give one of the two another name, such as f2",)),
    ],
    "a = 1; a(x) = 2; a": [
        wrong("duplicate-name", "`a` is bound twice", at(7, "a(x)", "again here"), at(0, "a", "bound here"), help=("give one of the two another name, such as a2",)),
    ],
    "f(x) = 1; f = 2; f": [
        wrong("duplicate-name", "`f` is bound twice", at(10, "f", "again here"), at(0, "f(x)", "bound here"), help=("give one of the two another name, such as f2",)),
    ],
    "f(x, y, x, y) = x; f(1, 2, 3, 4)": [
        wrong("duplicate-name", "two parameters are called `x`", at(0, "f(x, y, x, y)"), help=("give one of the two another name, such as x2",)),
    ],
    "f(x) = x": [
        wrong("no-result", "the program ends with a definition and computes nothing", at(0, "f(x)"), help=("write x",)),
    ],
    "f() = 2": [
        wrong("no-result", "the program ends with a definition and computes nothing", at(0, "f()"), help=("write 2",)),
    ],
    "a = 2\n  f(a, b) = a": [
        wrong("no-result", "the program ends with a definition and computes nothing", at(8, "f(a, b)"), help=("write a = 2; f(a, b) = a; f(a, b)",)),
    ],
    # -- several at once
    "2x + sinn(y": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(1, "x"), help=("write `*` between the factors",)),
        wrong("unknown-function", "there is no function `sinn`", at(5, "sinn"), help=("did you mean `sin`? (close: sinc, sinh)", "`diffcli functions` lists them all")),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(9, "(", "expected `)` at the end")),
    ],
    "a = 2x\nb = a +\na = foo(b)\nb |c|": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(5, "x"), help=("write `*` between the factors",)),
        wrong("missing-operand", "the line ends where a number, a name or a parenthesis is needed", at(14, ""), help=("an expression in parentheses may go on in the next line",)),
        wrong("duplicate-name", "`a` is bound twice", at(15, "a", "again here"), at(0, "a", "bound here"), help=("give one of the two another name, such as a2",)),
        wrong("unknown-function", "there is no function `foo`", at(19, "foo"), help=("`diffcli functions` lists them all",)),
        wrong("unexpected-character", "`|` is not part of the language", at(28, "|"), at(30, "|"), help=("write abs(x) for |x|, and `or` between conditions",)),
    ],
    "x² + 1__0*sin(x, y) - (z": [
        wrong("superscript", "an exponent is written with ^", at(0, "x²"), help=("write x^2",)),
        wrong("malformed-number", "`1__0` is not a number", at(5, "1__0"), help=("write numbers as 1, .5, 1e-3 or 1_000",)),
        wrong("wrong-number-of-arguments", "`sin` does not take 2 arguments", at(10, "sin(x, y)"), help=("write sin(a)",)),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(22, "(", "expected `)` at the end")),
    ],
    "f(x) = 2x; g(y) = f(y, 1) + h(y); (g(1)": [
        wrong("implicit-multiplication", "a product needs its multiplication sign", at(8, "x"), help=("write `*` between the factors",)),
        wrong("wrong-number-of-arguments", "`f` does not take 2 arguments", at(18, "f(y, 1)"), help=("write f(x)",)),
        wrong("unknown-function", "there is no function `h`", at(28, "h"), help=("`diffcli functions` lists them all",)),
        wrong("unclosed-parenthesis", "this parenthesis is never closed", at(34, "(", "expected `)` at the end")),
    ],
}
# fmt: on


def complaints_about(text):
    with pytest.raises(ExpressionError) as caught:
        parse(text, "this text")
    return caught.value.diagnostics


@pytest.mark.parametrize("text", CASES)
def test_everything_that_is_said_of_a_wrong_text(text):
    found = complaints_about(text)
    source = Source(text, "this text")
    for diagnostic, (code, message, places, notes, help) in zip(found, CASES[text], strict=False):
        marks = tuple(mark for mark, _ in places)
        assert diagnostic == Diagnostic(code, "error", message, source, marks, notes, help)
        assert [text[slice(*mark.span)] for mark in marks] == [marked for _, marked in places]
    assert len(found) == len(CASES[text])


def codes_of(module):
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "note"]
    constant = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    return constant | {code for code, *_ in module.ALWAYS.values()}


def test_every_code_has_a_case():
    from test_array_language import CASES as of_arrays

    reached = {code for case in [*CASES.values(), *of_arrays.values()] for code, *_ in case}
    assert codes_of(complaints) == reached, "add texts that bring these about to CASES, or take out what is no code any more"


@pytest.mark.parametrize("text", CASES)
def test_a_mended_text_can_be_read_and_is_told_last(text):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    *_, last = caught.value.diagnostics
    told = last.help[len(last.help) - len(caught.value.mended) :]
    assert [line.removeprefix("or ") for line in told] == [f"write {mended}" for mended in caught.value.mended]
    for mended in caught.value.mended:
        parse(mended)


MENDED = {
    # a wrong text: the text after its help is followed
    "4x(1-x)": "4*x*(1-x)",
    "sin 2x + 1": "sin(2*x) + 1",
    "sin x cos x": "sin(x)*cos(x)",
    "sin x^2y + tan -1": "sin(x^2*y) + tan -1",
    "cos (x) sin y": "cos (x)*sin(y)",
    "exp (x)(y)": "exp (x)*(y)",
    "sin cos tan x": "sin(cos(tan(x)))",
    "sin (x)y": "sin (x)*y",
    "2 sin 3t": "2*sin(3*t)",
    "sin 2^-x y": "sin(2^-x*y)",
    "y = 2x": "y = 2*x",
    "(2x)(3y)": "(2*x)*(3*y)",
    "0.5x y^2": "0.5*x*y^2",
    "max(2x, 3y)": "max(2*x, 3*y)",
    "x   y": "x*y",
}


@pytest.mark.parametrize("text", MENDED)
def test_the_corrected_text(text):
    helps = {line for found in complaints_about(text) for line in found.help}
    assert helps == {f"write {MENDED[text]}"}
    parse(MENDED[text])


@pytest.mark.parametrize("count", [1, MOST - 1, MOST, MOST + 1, MOST + 2, 1000])
def test_the_first_errors_are_told_and_the_others_counted(count):
    found = complaints_about(";".join(f"f{index}(x, y)" for index in range(count)))
    assert len(found) == min(count, MOST)
    assert [diagnostic.message for diagnostic in found] == [f"there is no function `f{index}`" for index in range(len(found))]
    rest = count - MOST
    more = () if rest <= 0 else ("1 more error is not shown" if rest == 1 else f"{rest} more errors are not shown",)
    assert [diagnostic.notes for diagnostic in found] == [()] * (len(found) - 1) + [more]


def test_the_places_of_one_error_are_capped_too():
    (found,) = complaints_about(" + ".join(["2x"] * 100))
    assert len(found.marks) == MOST
    (found,) = complaints_about("|x|" * 100)
    assert len(found.marks) == MOST


def test_a_long_correction_is_shortened():
    (found,) = complaints_about(" + ".join(["2x"] * 100))
    (help,) = found.help
    assert help.startswith("write 2*x + 2*x + ") and " ... " in help and help.endswith(" + 2*x")
    assert len(help) < 220
    (found,) = complaints_about(" < ".join(["x"] * 100))
    assert found.help[0].startswith("write x < x and x < x and ")


def test_errors_come_from_left_to_right():
    for text in CASES:
        starts = [found.span.start for found in complaints_about(text) if found.span]
        assert starts == sorted(starts)


def test_a_byte_order_mark_is_not_part_of_the_source():
    (found,) = complaints_about("\ufeff2x")
    assert (found.source.text, found.span) == ("2x", (1, 2))


def test_the_same_text_is_told_the_same_way():
    assert [complaints_about(text) for text in CASES] == [complaints_about(text) for text in CASES]


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("sine", ["sin", "cos"], ["sin"]),
        ("SIN", ["sin", "cos"], ["sin"]),
        ("rate1", ["Rate1", "rate2"], ["Rate1"]),
        ("cosine", ["cospi", "cos"], []),
        ("isn", ["sin", "tan"], ["sin"]),
        ("ab", ["a", "abc"], []),
        ("zzz", ["sin", "cos"], []),
        ("a", [], []),
        ("abcd", ["abce", "abcf", "abcg", "abch"], ["abce", "abcf", "abcg"]),
    ],
)
def test_names_that_look_alike(name, known, expected):
    assert nearest(name, known) == expected
