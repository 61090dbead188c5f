"""What a check found, as services that review code take it: what was checked, whether it holds, and where it stands."""

from __future__ import annotations

from diffcli._named import NamedTuple

RULES = {
    "ways-agree": "Every way to a derivative comes to the same number.",
    "value-defined": "The function has a value wherever its derivatives are checked.",
    "claim-is-derivative": "A derivative worked out by hand is the derivative.",
    "gradient-is-right": "A gradient that code computes is the gradient of the function.",
}
"""What can be checked."""


class Finding(NamedTuple):
    """One thing that was checked."""

    rule: str
    """A key of `RULES`."""
    name: str
    """What was checked, such as ``df/dx``."""
    passed: bool
    verdict: str
    """What came out, in a word or a few."""
    message: str
    """Why, as a sentence without its full stop."""
    file: str = ""
    """Where it stands, by the name that the user gave the file; empty, if in none, ..."""
    line: int = 0
    """... and on which line, from 1; 0, if that is not known."""
