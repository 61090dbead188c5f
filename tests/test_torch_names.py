"""`diffcli.torch`: the code of documents and of classic scripts for PyTorch runs with its imports alone changed.

Where PyTorch is installed, it runs the same text, and both print the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import warnings
from pathlib import Path

import pytest
from semantics.record import situation
from torch_documents import BLOCKS, GIVEN, IMPORTS
from torch_scripts import SCRIPTS

FRAMEWORKS = [
    "diffcli.torch",
    pytest.param("torch", marks=pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")),
]


def with_imports_of(framework, code):
    """The code, with its imports of PyTorch changed, and nothing else."""
    code = re.sub(r"^( *)import torch$", rf"\1import {framework} as torch", code, flags=re.MULTILINE)
    return re.sub(r"^( *)(import|from) torch\b(?!$| as torch)", rf"\1\2 {framework}", code, flags=re.MULTILINE)


def run(code, framework, names):
    """What code prints, or the situation of its error."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(with_imports_of(framework, code), names)
    return printed.getvalue()


def run_block(name, framework, names):
    """A block of a document after those that it needs, each once."""
    if name in GIVEN:
        return run(GIVEN[name], framework, names)
    printed = [run_block(needed, framework, names) for needed in BLOCKS[name].needs]
    return "".join([*printed, run(BLOCKS[name].code, framework, names)])


def outline(text):
    """What is printed, without the numbers with fractions, the names of nodes, and how it is spaced."""
    text = re.sub(r"torch\.Size\(\[(.*?)\]\)", r"(\1)", text)
    text = re.sub(r"grad_fn=<\w+Backward\d*>", "grad_fn=<...>", text)
    text = re.sub(r"-?\d+\.\d*(e[-+]\d+)?", "#", text)
    return re.sub(r"(?<=[\[(]) | (?=[\],])", "", " ".join(text.split()))


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_of_a_document_runs_and_prints_what_it_says(name, framework):
    names = {}
    run(IMPORTS + "torch.manual_seed(0)", framework, names)
    try:
        printed = run_block(name, framework, names)
    except Exception as error:
        assert situation(error) == BLOCKS[name].error or not BLOCKS[name].error, error
        if not BLOCKS[name].error:
            raise
    else:
        assert not BLOCKS[name].error
        assert outline(printed) == outline(BLOCKS[name].prints)


# -- classic scripts --------------------------------------------------------------------------------------------------------

GOLDEN = Path(__file__).parent / "golden" / "torch_scripts.txt"
NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[-+]?\d+)?")


def assert_printed_alike(found, expected):
    """The same text, and in it the same numbers to rounding."""
    found, expected = (re.sub(r"\s+", " ", re.sub(r"(?<=[\[(])\s+|\s+(?=[\],])", "", text)) for text in (found, expected))
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected)
    assert [float(one) for one in NUMBER.findall(found)] == pytest.approx([float(one) for one in NUMBER.findall(expected)], 1e-8, 1e-10)


def printed_by(name, framework):
    return run("import torch\ntorch.manual_seed(1)\n" + SCRIPTS[name], framework, {})


@pytest.fixture
def pytorch():
    """PyTorch in double precision, as diffcli is; what it was is given back."""
    theirs = pytest.importorskip("torch")
    before = theirs.get_default_dtype()
    theirs.set_default_dtype(theirs.float64)
    yield theirs
    theirs.set_default_dtype(before)


def kept():
    """What PyTorch has printed, by the names of the scripts."""
    parts = GOLDEN.read_text(encoding="utf-8").split("# ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_prints_what_pytorch_prints(name):
    assert_printed_alike(printed_by(name, "diffcli.torch"), kept()[name])


def test_what_is_kept_is_what_pytorch_prints(pytorch, request):
    printed = {name: printed_by(name, "torch") for name in SCRIPTS}
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text("\n".join(f"# {name}\n{text}" for name, text in printed.items()), encoding="utf-8")
    assert printed.keys() == kept().keys()
    for name, text in kept().items():
        assert_printed_alike(text, printed[name])
