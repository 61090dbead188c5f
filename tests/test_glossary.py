"""The words of the house: each is used where the glossary says it is at home, and those that it replaces are used nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS = re.findall(r"^\| ([a-z ]+) \| ([^|]+) \| `([^`|]+)` \|$", GLOSSARY, re.MULTILINE)
REPLACED = (
    "needed_values", "in_numbers", "system_in_numbers", "writing_out", "own_rules", "noise_estimate", "keepers",
    "symbolic_kernels", "symbolic_cases", "derivation_letters", "derivation_slopes", "derivation_forms", "others_along", "array_kinks",
)  # fmt: skip
"""Names that said something else than the field's term, or nothing to a stranger."""


def texts(home):
    path = ROOT / home
    return [file.read_text(encoding="utf-8") for file in ([path] if path.is_file() else path.rglob("*.py"))]


@pytest.mark.parametrize(("word", "meaning", "home"), WORDS, ids=[word for word, *_ in WORDS])
def test_a_word_is_used_where_it_is_at_home(word, meaning, home):
    assert meaning.endswith(".")
    stem = word.rstrip("e")  # linearise, linearisation; differentiate, differentiable
    assert any(re.search(rf"\b_?{stem}", text, re.IGNORECASE) for text in texts(home)), f"nothing in {home} speaks of a {word}"


def test_every_line_of_the_table_is_read():
    assert len(WORDS) == len(re.findall(r"^\| ", GLOSSARY, re.MULTILINE)) - 1  # but for the heading


def test_a_word_stands_once():
    assert len({word for word, *_ in WORDS}) == len(WORDS) >= 25


@pytest.mark.parametrize("word", REPLACED)
def test_a_replaced_word_is_gone(word):
    used = [str(path.relative_to(ROOT)) for path in (ROOT / "diffcli").rglob("*.py") if re.search(rf"\b_?{word}\b", path.read_text(encoding="utf-8"))]
    assert used == []
