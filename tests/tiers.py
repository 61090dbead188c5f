"""The two tiers of the tests: the fast one, and all of them (``--all``), which continuous integration runs.

The fast tier leaves out what is marked ``slow``, and takes smaller sizes and fewer random examples of the rest.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

whole = False
"""Whether all tests run; set before any test is imported."""


def size(full: int) -> int:
    """A size of a large or deep program: a quarter of it finds the same recursion."""
    return full if whole else full // 4


def examples(full: int) -> int:
    """How many random examples to try."""
    return full if whole else max(25, full // 4)


def often(full: int) -> settings:
    """The settings of a property that is cheap to try, and the same on every run."""
    return settings(max_examples=examples(full), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
