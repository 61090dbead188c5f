"""The tape: lowering a program onto it, and evaluating it."""

from __future__ import annotations

from diffcli.tape.lowering import lower
from diffcli.tape.running.evaluation import evaluate
from diffcli.tape.tape import Skip, Tape

__all__ = ["Skip", "Tape", "evaluate", "lower"]
