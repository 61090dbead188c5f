"""`diffcli.torch`: the code of documents and of classic scripts for PyTorch runs with its imports alone changed.

Where PyTorch is installed, it runs the same text, and both print the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import pkgutil
import re
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import pytest
from inside import INSTEAD, MODULES, NAMES, NO_MISSPELLINGS
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


# -- the table --------------------------------------------------------------------------------------------------------------


def here(path):
    """What stands here for a name of PyTorch's."""
    return pkgutil.resolve_name(path.replace("torch", "diffcli.torch", 1))


@pytest.mark.parametrize("path", MODULES)
def test_a_module_can_be_imported_in_every_way(path):
    ours = f"diffcli.{path}"
    module = import_module(ours)
    parent, _, last = path.rpartition(".")
    ways = [f"import {ours} as found"] + ([f"from diffcli.{parent} import {last} as found"] if parent else [])
    for way in ways:
        names = {}
        exec(way, names)
        assert names["found"] is module
    assert dir(module) == sorted(set(dir(module))) and module.__name__ == ours


def test_the_first_import_may_be_of_the_innermost_module():
    for code in ("import diffcli.torch.nn.functional as F; F.relu", "from diffcli.torch.utils.data import DataLoader", "import diffcli; diffcli.torch.nn.Linear"):
        subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("path", NAMES)
def test_a_name_of_the_table_is_there_and_listed(path):
    module, _, name = path.rpartition(".")
    assert here(path) is not None
    assert name in dir(here(module))


def test_what_is_said_to_be_missing_is_missing_and_pytorchs():
    for name in (*INSTEAD, *NO_MISSPELLINGS.split()):
        assert not [path for path in MODULES if hasattr(here(path), name) and f"{path}.{name}" not in MODULES], name
    theirs = pytest.importorskip("torch")
    places = [theirs, *(pkgutil.resolve_name(path) for path in MODULES), theirs.autograd, theirs.distributions]
    for name in (*INSTEAD, *NO_MISSPELLINGS.split()):
        assert any(hasattr(place, name) for place in places), name


SAID = {
    "torch.einsum": "torch.einsum is not here; use matmul, outer and sum",
    "torch.float16": "torch.float16 is not here; the kinds are float32 and float64",
    "torch.int32": "torch.int32 is not here; whole numbers are int64",
    "torch.sort": "torch.sort is not here",
    "torch.sine": "torch.sine is not here; did you mean 'sin'?",
    "torch.tensr": "torch.tensr is not here; did you mean 'tensor'?",
    "torch.xyzzy": "torch.xyzzy is not here",
    "torch.nn.LSTM": "torch.nn.LSTM is not here",
    "torch.nn.Conv3d": "torch.nn.Conv3d is not here",
    "torch.nn.Lnear": "torch.nn.Lnear is not here; did you mean 'Linear'?",
    "torch.nn.functional.max_pool2d": "torch.nn.functional.max_pool2d is not here",
    "torch.nn.functional.sofmax": "torch.nn.functional.sofmax is not here; did you mean 'softmax'?",
    "torch.optim.RMSprop": "torch.optim.RMSprop is not here",
    "torch.optim.Addam": "torch.optim.Addam is not here; did you mean 'Adam'?",
    "torch.optim.lr_scheduler": "torch.optim.lr_scheduler is not here; set optimizer.param_groups[0]['lr']",
    "torch.autograd.functional": "torch.autograd.functional is not here; use diffcli.jacobian, or autograd.grad of each result",
    "torch.save": "torch.save is not here; use pickle.dump(model.state_dict(), file)",
    "torch._C": "torch._C is not here",
}


@pytest.mark.parametrize("path", SAID)
def test_a_name_that_is_not_here_is_told(path):
    module, _, name = path.rpartition(".")
    with pytest.raises(AttributeError) as missing:
        getattr(here(module), name)
    assert str(missing.value) == SAID[path]


ARGUMENTS = [((0.3, -1.7, 2.5, 0.9),), ((0.3, 1.7, 2.5, 0.9), (1.2, 0.4, -0.6, 2.2)), (((1.0, 2.0), (3.0, 5.0)),), (((1.0, 2.0), (3.0, 5.0)), ((1.5, -1.0), (2.0, 5.0)))]


def numbers_of(framework, name, arguments):
    """What a function gives for tensors, as lists; None if it does not take them."""
    try:
        found = getattr(framework, name)(*[framework.tensor(one) for one in arguments])
        return found.double().tolist()
    except Exception:
        return None


def flat(nested):
    return [one for part in nested for one in flat(part)] if isinstance(nested, list) else [nested]


def test_a_name_that_both_have_means_the_same(pytorch):
    """Functions of one and two tensors, wherever both take them: other arguments have tests of their own."""
    ours = here("torch")
    random = {"empty_like", "rand", "randn", "randint", "randperm"}
    compared = 0
    for name in sorted(set(dir(pytorch)) & set(dir(ours)) - random):
        for arguments in ARGUMENTS if callable(getattr(ours, name)) and not name.startswith("_") else ():
            found, expected = numbers_of(ours, name, arguments), numbers_of(pytorch, name, arguments)
            if found is not None and expected is not None:
                compared += 1
                assert flat(found) == pytest.approx(flat(expected), rel=1e-12, abs=1e-12, nan_ok=True), (name, arguments)
    assert compared > 200


# -- data -------------------------------------------------------------------------------------------------------------------


def test_batches_are_refused_where_they_cannot_be():
    torch = here("torch")
    for make, text in (
        (lambda: torch.utils.data.DataLoader([], batch_size=0), "a batch has a whole number of examples, at least 1, not 0"),
        (lambda: torch.utils.data.DataLoader([], batch_size=2.5), "a batch has a whole number of examples, at least 1, not 2.5"),
        (lambda: torch.utils.data.TensorDataset(torch.ones(2), torch.ones(3, 1)), "the tensors have 2 and 3 rows"),
    ):
        with pytest.raises(RuntimeError) as refused:
            make()
        assert str(refused.value) == text
    with pytest.raises(TypeError):
        torch.utils.data.DataLoader([], sampler=None)


def test_each_pass_has_an_order_of_its_own_and_the_seed_gives_it_again():
    torch = here("torch")
    loader = torch.utils.data.DataLoader(list(range(40)), batch_size=40, shuffle=True)
    torch.manual_seed(3)
    first, second = next(iter(loader)).tolist(), next(iter(loader)).tolist()
    torch.manual_seed(3)
    assert next(iter(loader)).tolist() == first != second
    assert sorted(first) == list(range(40)) != first
    batches = [batch.tolist() for batch in torch.utils.data.DataLoader([0.5, 1.5, 2.5], 2, collate_fn=torch.tensor)]
    assert batches == [[0.5, 1.5], [2.5]]


def test_clipping_without_gradients_changes_nothing():
    torch = here("torch")
    assert torch.nn.utils.clip_grad_norm_([torch.nn.Parameter(torch.ones(2))], 1.0).item() == 0.0
    w = torch.nn.Parameter(torch.ones(2, dtype=torch.float32))
    (w * 3).sum().backward()
    assert torch.nn.utils.clip_grad_norm_(w, 1.0).dtype == w.grad.dtype == torch.float32
