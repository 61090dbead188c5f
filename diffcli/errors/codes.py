"""The table of codes: what each diagnostic means, an input that brings it about, and one that does not.

``diffcli help CODE`` prints a row; the tests run both examples of each.
"""

from __future__ import annotations

from diffcli._named import NamedTuple


class Code(NamedTuple):
    """A code: its kind (``error`` with an exit code, ``warning``, ``note``), what it means, and examples."""

    kind: str
    exit: int
    meaning: str
    wrong: str = ""
    """Arguments of ``diffcli`` that bring it about."""
    right: str = ""
    """The same, mended."""


def _error(exit: int, meaning: str, wrong: str = "", right: str = "") -> Code:
    return Code("error", exit, meaning, wrong, right)


def _warning(meaning: str, wrong: str = "", right: str = "", exit: int = 0) -> Code:
    return Code("warning", exit, meaning, wrong, right)


def _note(meaning: str, example: str = "") -> Code:
    return Code("note", 0, meaning, example)


CODES: dict[str, Code] = {
    # -- the form of the text ------------------------------------------------------------------------------------------
    "empty-expression": _error(3, "The text holds no expression, or comments only.", 'grad "" --at x=1', 'grad "x" --at x=1'),
    "unexpected-character": _error(3, "A character is not part of the language; |x| is abs(x).", 'grad "|x|" --at x=1', 'grad "abs(x)" --at x=1'),
    "malformed-number": _error(3, "A number is misspelled, or beyond the range of a float.", 'grad "x + 1__0" --at x=1', 'grad "x + 1_0" --at x=1'),
    "superscript": _error(3, "An exponent is written with ^, not as a raised digit.", 'grad "x²" --at x=1', 'grad "x^2" --at x=1'),
    "missing-operand": _error(3, "An operator, a comma or a parenthesis stands where a number, a name or a parenthesis is needed.", 'grad "x + * 2" --at x=1', 'grad "x * 2" --at x=1'),
    "implicit-multiplication": _error(3, "A product is written with *: whether 1/2x is x/2 or 1/(2x) is anybody's guess.", 'grad "2x" --at x=1', 'grad "2*x" --at x=1'),
    "unclosed-parenthesis": _error(3, "A parenthesis or a bracket is opened and never closed.", 'grad "2*(x + 1" --at x=1', 'grad "2*(x + 1)" --at x=1'),
    "unmatched-parenthesis": _error(3, "A parenthesis or a bracket closes nothing.", 'grad "x + 1)" --at x=1', 'grad "(x + 1)" --at x=1'),
    "mismatched-bracket": _error(3, "A bracket is closed by a parenthesis, or the other way round.", 'grad "(x + 1]*2" --at x=1', 'grad "(x + 1)*2" --at x=1'),
    "empty-brackets": _error(3, "Nothing stands between the brackets of an array or an index.", 'grad "sum([])" --at x=1', 'grad "sum([x])" --at x=1'),
    "misplaced-colon": _error(3, "A colon stands in an index, between the start, the stop and the step of a slice, and nowhere else.", 'grad "y := 2; x*y" --at x=1', 'grad "y = 2; x*y" --at x=1'),
    "stray-comma": _error(3, "A comma separates the arguments of a function or the entries of an array, and nothing else.", 'grad "x + 1,5" --at x=1', 'grad "x + 1.5" --at x=1'),
    "chained-comparison": _error(3, "Comparisons are not chained; write both, with and between them.", 'grad "x if 0 < x < 2 else 0" --at x=1', 'grad "x if 0 < x and x < 2 else 0" --at x=1'),
    "missing-else": _error(3, "A choice needs a value for the other case too.", 'grad "x if x > 0" --at x=1', 'grad "x if x > 0 else 0" --at x=1'),
    "misplaced-else": _error(3, "An else stands without its if.", 'grad "x else 0" --at x=1', 'grad "x if x > 0 else 0" --at x=1'),
    "no-equation": _error(3, "An implicit derivative is of an equation in two variables or more, with one = between its sides.", 'diff "x^2 + y^2" --implicit y', 'diff "x^2 + y^2 = 0" --implicit y'),
    "misplaced-equals": _error(3, "The sign = binds a name at the start of a statement; == compares.", 'grad "x + (y = 2)" --at x=1', 'grad "y = 2; x + y" --at x=1'),
    "cannot-assign": _error(3, "Only a name, or a function with names for its parameters, stands before =.", 'grad "sin(x) = 2; x" --at x=1', 'grad "y = sin(x); y" --at x=1'),
    "latex-syntax": _error(3, "With --syntax latex: braces, words or indices that are not read.", r'grad "\frac{x" --syntax latex --at x=1', r'grad "\frac{x}{2}" --syntax latex --at x=1'),
    "latex-missing": _error(3, "With --syntax latex: something that the language has not, as a sum over an index.", r'grad "\sum_{i=1}^{3} x" --syntax latex --at x=1', r'grad "x + x + x" --syntax latex --at x=1'),
    "latex-ambiguous": _error(3, "With --syntax latex: what belongs together is open, so nothing is guessed.", r'grad "1/2x" --syntax latex --at x=1', r'grad "\frac{1}{2} x" --syntax latex --at x=1'),
    # -- names -----------------------------------------------------------------------------------------------------------
    "unknown-function": _error(3, "A name before a parenthesis is no function of the language or of the program.", 'grad "sinn(x)" --at x=1', 'grad "sin(x)" --at x=1'),
    "wrong-number-of-arguments": _error(3, "A function is called with too few or too many arguments.", 'grad "atan2(x)" --at x=1', 'grad "atan2(x, 2)" --at x=1'),
    "unknown-keyword": _error(3, "A function is called with a keyword that it does not take; those of arrays take axis and keepdims.", 'grad "sum([x, 2], axs=0)" --at x=1', 'grad "sum([x, 2], axis=0)" --at x=1'),
    "misplaced-keyword": _error(3, "An argument without a keyword stands after one with.", 'grad "sum(axis=0, [x, 2])" --at x=1', 'grad "sum([x, 2], axis=0)" --at x=1'),
    "repeated-keyword": _error(3, "A keyword is given twice.", 'grad "sum([x, 2], axis=0, axis=0)" --at x=1', 'grad "sum([x, 2], axis=0)" --at x=1'),
    "recursive-function": _error(3, "A function of the program calls itself; each call is written out, so that would never end.", 'grad "f(n) = n*f(n - 1); f(x)" --at x=1', 'grad "f(n) = n*(n - 1); f(x)" --at x=1'),
    "used-before-bound": _error(3, "A name is used before the statement that binds it.", 'grad "y = a*x; a = 2; y" --at x=1', 'grad "a = 2; y = a*x; y" --at x=1'),
    "duplicate-name": _error(3, "A name is bound twice; every name stands for one thing.", 'grad "a = x; a = 2*a; a" --at x=1', 'grad "a = x; b = 2*a; b" --at x=1'),
    "no-result": _error(3, "The program ends with the definition of a function, so it computes nothing.", 'grad "f(t) = t^2" --at x=1', 'grad "f(t) = t^2; f(x)" --at x=1'),
    "missing-value": _error(3, "A variable has no value in --at.", 'grad "x*y" --at x=1', 'grad "x*y" --at x=1,y=2'),
    "unknown-variable": _error(3, "A name in --at, --wrt or --direction is no variable of the program.", 'grad "x" --at x=1,y=2', 'grad "x" --at x=1'),
    "bad-claim": _error(3, "A claimed derivative does not say which variable it is the derivative by.", 'check "x*y" --at x=1,y=2 --claim y', 'check "x*y" --at x=1,y=2 --claim "x: y"'),
    "bad-value": _error(3, "A value is not a finite number, a constant expression or an array of them, or an option's number is out of range (exit code 2).", 'grad "x" --at x=1/0', 'grad "x" --at x=1/2'),
    "ragged-array": _error(3, "The lists of an array that stand at one depth are not of one length.", 'grad "sum(x)" --at x=[[1,2],[3]]', 'grad "sum(x)" --at x=[[1,2],[3,4]]'),
    # -- using the program -----------------------------------------------------------------------------------------------
    "usage": _error(2, "The command line is not understood: an option is unknown, or something is missing.", 'grad "x" --at x=1 --mod forward', 'grad "x" --at x=1 --mode forward'),
    "unknown-command": _error(2, "There is no such command.", 'gard "x" --at x=1', 'grad "x" --at x=1'),
    "unknown-choice": _error(2, "An option takes one of a few words, and this is none of them.", 'grad "x" --at x=1 --mode revers', 'grad "x" --at x=1 --mode reverse'),
    "unknown-topic": _error(2, "There is no such function, code or topic.", "functions sinn", "functions sin"),
    "unreadable-file": _error(2, "A file cannot be read, or is not UTF-8 text.", "grad @missing.dc --at x=1", 'grad "x" --at x=1'),
    "bad-data": _error(2, "A file of data (.npy, .npz, .csv, .tsv, .json) holds something else than finite numbers in rows of one length."),
    "unwritable-file": _error(2, "A file cannot be written.", 'grad "x" --at x=1 -o missing-folder/result.json', 'grad "x" --at x=1 --json'),
    # -- Python functions ------------------------------------------------------------------------------------------------
    "untraceable": _error(3, "A Python function takes a number out of the recording, or does with it what the tape cannot follow."),
    "python-error": _error(3, "A Python function, or the file that it stands in, raises an exception."),
    "not-as-recorded": _error(3, "A Python function gives another value in plain Python than it gave while it was recorded, so that no derivative of the recording is its own. --no-verify leaves the comparison out."),
    # -- tensors, of diffcli.autograd ------------------------------------------------------------------------------------
    "no-graph": _error(2, "A gradient is asked of a tensor that requires none: nothing was recorded."),
    "freed-graph": _error(2, "A graph is gone through twice, and what it had saved is freed after the first time."),
    "changed-in-place": _error(2, "A tensor that a backward needs has been changed in place since it was saved."),
    "leaf-in-place": _error(2, "A leaf that requires a gradient, or a view of one, is changed in place where that would be recorded."),
    "view-in-place": _error(2, "A view that was made where nothing is recorded is changed in place where that would be."),
    "not-a-view": _error(2, "A view is asked for in a shape in which the elements do not stand in memory."),
    "kind-in-place": _error(2, "Numbers with fractions are put into a tensor of whole numbers, or of yes and no."),
    "shared-elements": _error(2, "A tensor whose elements share memory, or cannot be written, is changed in place."),
    "inference-tensor": _error(2, "A tensor that was made in inference mode is used where its versions would have to be counted."),
    "needs-gradient": _error(2, "The backward of a tensor of several elements has to be told what to multiply the Jacobian by."),
    "bad-gradient": _error(2, "A gradient that is given, or returned by a hook or a backward, has another shape or number than is needed."),
    "unused-input": _error(2, "A gradient is asked by a tensor that the result does not depend on."),
    "not-a-leaf": _error(2, "Something is asked of a tensor in the midst of a graph that leaves have: its grad, or to require none."),
    "leaves-the-graph": _error(2, "A tensor that requires a gradient would become an array, whose operations nothing records."),
    "not-differentiable-kind": _error(2, "Whole numbers, or yes and no, are asked to require a gradient."),
    "needs-one-element": _error(2, "One number, or yes or no, is asked of a tensor of several elements."),
    "not-numbers": _error(2, "Something is no number and no array of numbers of a kind that tensors hold."),
    "no-device": _error(2, "A tensor is asked for on another device than the CPU."),
    "no-second-derivative": _error(2, "The derivative of a derivative is asked of an operation that has none."),
    "bad-module": _error(2, "A module, a parameter, a buffer or a state is put where it cannot be."),
    "bad-optimiser": _error(2, "An optimiser is given parameters, settings or a state that it cannot use."),
    "bad-function": _error(2, "A custom function's forward or backward returns what it may not."),
    "gradcheck": _error(1, "A gradient of tensors is not what differences of the function's values say, or cannot be checked."),
    "wrong-rule": _error(3, "A rule given to diffcli.custom_rule is not the derivative of the operation's values."),
    "bad-result": _error(3, "A Python function returns something that is no number."),
    # -- arrays ------------------------------------------------------------------------------------------------------------
    "shape-mismatch": _error(3, "The shapes of operands do not fit each other.", 'grad "sum(x + y)" --at x=[1,2],y=[1,2,3]', 'grad "sum(x + y)" --at x=[1,2],y=[1,2]'),
    "bad-axis": _error(3, "There is no such axis, or it has to be said along which one.", 'grad "sum(sum(x, axis=1))" --at x=[1,2]', 'grad "sum(sum(x, axis=0))" --at x=[1,2]'),
    "bad-index": _error(3, "An index is out of range, or is no whole number that is known before anything is computed.", 'grad "x[2]" --at x=[1,2]', 'grad "x[1]" --at x=[1,2]'),
    "not-a-number": _error(3, "A number is needed where there is an array: a gradient is of a number.", 'grad "x^2" --at x=[1,2]', 'grad "sum(x^2)" --at x=[1,2]'),
    # -- the point -------------------------------------------------------------------------------------------------------
    "domain": _error(4, "An operand is outside the domain of its operation, so the value is undefined.", 'grad "log(x - 3)" --at x=2', 'grad "log(x - 3)" --at x=4'),
    "division-by-zero": _error(4, "A divisor is 0, so the value is undefined.", 'grad "1/(x - 2)" --at x=2', 'grad "1/(x - 2)" --at x=3'),
    "indeterminate": _error(4, "Infinite operands meet as 0*inf or inf - inf. In a derivative it is a warning, and the derivative NaN.", 'grad "x*log(x)" --at x=0', 'grad "xlogy(x, x)" --at x=0.5'),
    "off-curve": _error(4, "A point is none of the curve of an equation.", 'diff "x^2 + y^2 = 25" --implicit y --at x=3,y=5', 'diff "x^2 + y^2 = 25" --implicit y --at x=3,y=4'),
    "no-tangent": _error(4, "The curve of an equation has no slope at a point: its tangent is vertical, or the point is singular.", 'diff "x^2 + y^2 = 25" --implicit y --at x=5,y=0', 'diff "x^2 + y^2 = 25" --implicit x --at x=5,y=0'),
    # -- warnings of a result --------------------------------------------------------------------------------------------
    "kink": _warning("The function has a corner: its slopes on the two sides differ. The derivative follows --kink; --strict exits with 5.", 'grad "abs(x)" --at x=0', 'grad "abs(x)" --at x=1'),
    "tie": _warning("The operands of max or min are equal: a corner. The derivative follows --kink; --strict exits with 5.", 'grad "max(x, y)" --at x=1,y=1', 'grad "max(x, y)" --at x=1,y=2'),
    "jump": _warning("The value jumps at this point, so it has no derivative there; --strict exits with 5.", 'grad "x*floor(x)" --at x=2', 'grad "x*floor(x)" --at x=2.5'),
    "pole": _warning("The value or the slope is infinite at this point.", 'grad "sqrt(x)" --at x=0', 'grad "sqrt(x)" --at x=1', exit=4),
    "branch": _warning("A comparison that chooses a branch holds with equality: beside the point the other branch may be taken.", 'grad "where(x > 0, x, -x)" --at x=0', 'grad "where(x > 0, x, -x)" --at x=1'),
    "point-branch": _warning("A condition with == or != treats this one point differently; the slopes beside it may be others.", 'grad "x^2 if x != 1 else 1" --at x=1', 'grad "x^2" --at x=1'),
    "overflow": _warning("An intermediate value is beyond the range of a float.", 'grad "log(1 + exp(x))" --at x=1000', 'grad "softplus(x)" --at x=1000', exit=4),
    "lost-digits": _warning("A number has fewer than 8 right digits: nearly equal values cancel, a factor under- or overflows, or an argument's rounding is magnified; --strict exits with 5.", 'grad "(1 - cos(x))/x^2" --at x=1e-4', 'grad "sinc(x/(2*pi))^2/2" --at x=1e-4'),
    "second-kink": _warning("The first derivative has a corner, a jump or a pole at this point, and the second one is undefined; --strict exits with 5.", 'hessian "elu(x)" --at x=0', 'hessian "elu(x)" --at x=1', exit=4),
    "undefined-partial": _warning("An operation is defined at this point but has no partial derivative there.", 'grad "x^y" --at x=-2,y=2', 'grad "x^y" --at x=-2,y=2 --wrt x', exit=4),
    "no-coefficient": _warning("A derivative of some order is not finite at this point, so the Taylor polynomial ends before it.", 'taylor "x^2.5" --order 4', 'taylor "x^2.5" --order 4 --at x=1', exit=4),
    "no-difference": _warning("Differences give no number: a value beside the point is undefined, or no quotients agree.", 'grad "sqrt(x)" --at x=0 --mode numeric --method backward', 'grad "sqrt(x)" --at x=1 --mode numeric', exit=4),
    "uncertain-difference": _warning("No digit of a difference quotient is certain: its error bar is as large as the number itself.", 'grad "(1 - cos(x))/x^2" --at x=1e-5 --mode numeric', 'grad "(1 - cos(x))/x^2" --at x=1 --mode numeric'),
    "undersampled": _warning("Between the samples that a plot draws the function does more than they show.", 'plot "sin(1000*x)" --from -10 --to 10 --width 30', 'plot "sin(1000*x)" --width 30'),
    "difference-off": _warning("A difference quotient is further from the derivative by the table's rules than its own error estimate says.", 'grad "sin(1e7*x)" --at x=0.3 --mode numeric --rule eps', 'grad "sin(x)" --at x=0.3 --mode numeric'),
    "symbolic-form": _warning("SymPy's form of the derivative is 0/0 or the like at this point, where the function is well behaved.", 'grad "hypot(x, y)" --at x=0,y=0 --mode symbolic', 'grad "hypot(x, y)" --at x=0,y=0', exit=4),
    # -- notes -------------------------------------------------------------------------------------------------------------
    "former-spelling": _note("An option is given by the name that it had in the version before; the next one will not know it.", 'taylor "x*y" --var x --at y=2'),
    "flat": _note("An operation such as floor has the derivative 0 almost everywhere: the gradient cannot see it.", 'grad "x*floor(x)" --at x=2.5'),
    "read-as": _note("What was read of a text in LaTeX, as diffcli's language says it.", r'grad "\frac{1}{2} x" --syntax latex --at x=1'),
    "no-dependence": _note("No path leads from a variable to the result, so its derivative is 0 whatever lies between.", 'grad "x + stop_gradient(y)" --at x=1,y=2'),
    "python-branch": _note("A Python function branches on a value. The derivative is that of the branch taken; another point may take another."),
    "shadowed-constant": _note("A name that is usually a constant (pi, e, tau) is a variable here, because --at gives it a value.", 'grad "pi*x" --at x=1,pi=3'),
    "mended": _note("A loose text was read as it was meant, because of --fix.", 'grad "2x" --at x=1 --fix'),
    "unused-name": _note("A name is bound and never used.", 'grad "a = x^2; x" --at x=1'),
    "looks-like-formula": _note("A variable is called what looks like a function of another, or like a product.", 'diff "x^2 + sinx"'),
    "unused-value": _note("A statement computes a value that nothing uses.", 'grad "x^2; x" --at x=1'),
    "plain-calls": _note("A Python function cannot be recorded, and is differentiated by differences of what it returns to plain numbers."),
    "not-claimed": _note("A gradient by other code says nothing of a variable.", 'check "x*y" --against "x: y" --at x=1,y=2'),
    "raised-beside": _note("A Python function that is differentiated by differences of plain calls raises an exception beside the point. Its value there counts as undefined."),
    "more-notes": _note("There are more notes of this kind than are listed."),
    "not-measured": _note("SymPy was not measured, as no process could be started for it; everything else is as it would be."),
    "not-exact": _note("No short exact number is known for a coefficient; the float stands.", 'taylor "sqrt(sin(x))*exp(tan(x))" --at x=1 --exact'),
    "not-simplified": _note("SymPy failed to simplify a derivative; the unsimplified one is right."),
    # -- limits ------------------------------------------------------------------------------------------------------------
    "lost-workers": _error(6, "Workers of a cluster were lost over the same block, again and again."),
    "too-many-nodes": _error(6, "The tape, or a symbolic derivative, would be longer than --max-nodes, or too deep for SymPy.", 'grad "x + x + x" --at x=1 --max-nodes 2', 'grad "x + x + x" --at x=1'),
    "timeout": _error(6, "The work took longer than --timeout. What is known by then is kept."),
    "undecided-derivative": _error(6, "SymPy leaves a derivative undecided."),
    "interrupted": _warning("The run was interrupted. What is exact by then is kept.", exit=130),
    "missing-extra": _error(7, "An optional package is needed, such as matplotlib for PNG and PDF."),
    "bug": _error(70, "diffcli failed in a way that it should not. Please report it, with the traceback that --debug shows."),
}
"""Every code, in the order in which one is likely to meet them."""
