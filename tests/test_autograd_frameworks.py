"""The semantics of diffcli.autograd beside PyTorch: the scripts of ``tests/semantics`` run on both, and their records agree.

An optional group (``pip install -e '.[test,frameworks]'``): without PyTorch it is skipped, and ``tests/test_autograd.py``
holds diffcli against the records that PyTorch 2.13 left in ``tests/golden/semantics.json`` (``--update-golden`` here writes
them anew). Where diffcli answers otherwise on purpose, `semantics.on_purpose` has its answer and the reason.
"""

from __future__ import annotations

import importlib.util
import json

import pytest
import semantics

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")


@pytest.fixture
def torch():
    """PyTorch in double precision, as diffcli is; what it was is given back."""
    framework = semantics.pytorch()
    before = framework.get_default_dtype()
    framework.set_default_dtype(framework.float64)
    yield framework
    framework.set_default_dtype(before)


@pytest.mark.parametrize("name", semantics.SCRIPTS)
def test_both_tell_the_same(name, torch):
    theirs = json.loads(json.dumps(semantics.run(name, torch)))
    ours = semantics.run(name, semantics.diffcli())
    expected = semantics.changed(theirs, name)
    assert semantics.same(ours, expected), f"{semantics.SCRIPTS[name].shows}\ndiffcli: {ours}\nPyTorch: {theirs}"


@pytest.mark.parametrize("name", semantics.SCRIPTS)
def test_what_is_kept_is_what_pytorch_says(name, torch, kept):
    theirs = json.loads(json.dumps(semantics.run(name, torch)))
    assert semantics.same(kept[name], theirs), "PyTorch has changed its mind: look, then run with --update-golden"


@pytest.fixture(scope="module")
def kept(request):
    if request.config.getoption("--update-golden"):
        framework = semantics.pytorch()
        before = framework.get_default_dtype()
        framework.set_default_dtype(framework.float64)
        try:
            records = {name: semantics.run(name, framework) for name in semantics.SCRIPTS}
        finally:
            framework.set_default_dtype(before)
        semantics.GOLDEN.write_text(semantics.as_lines(records), encoding="utf-8")
    return json.loads(semantics.GOLDEN.read_text(encoding="utf-8"))
