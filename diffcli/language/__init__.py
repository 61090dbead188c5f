"""The language: text to a syntax tree and back."""

from __future__ import annotations

from diffcli.language.parsing.parser import parse
from diffcli.language.syntax import Program, Statement

__all__ = ["Program", "Statement", "parse"]
