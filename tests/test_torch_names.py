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
from console import plainly
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
        for fact in BLOCKS[name].holds:
            assert eval(fact, names), fact


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
    for code in ("import diffcli.torch.nn.functional as F; F.relu", "from diffcli.torch.utils.data import DataLoader", "from diffcli.torch.nn.parameter import Parameter; Parameter([1.0])", "from diffcli.torch.autograd.function import Function", "import diffcli; diffcli.torch.nn.Linear"):
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


INSTEADS = """
import pickle, tempfile
x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
n = 2
assert (x * (torch.arange(n)[:, None] >= torch.arange(n))).tolist() == [[1, 0], [3, 4]]
assert (x * (torch.arange(n)[:, None] <= torch.arange(n))).tolist() == [[1, 2], [0, 4]]
assert torch.where(x > 2, 9.0, x).tolist() == [[1, 2], [9, 9]] and x[x > 2].tolist() == [3, 4]
assert torch.allclose(x**-0.5, 1 / x.sqrt()) and torch.equal(2**x, torch.tensor([[2.0, 4.0], [8.0, 16.0]]))
assert ((torch.rand_like(x) < x) & (x > 0)).all() and (3.0 + 0.0 * torch.randn(2)).tolist() == [3, 3]
assert isinstance(x, torch.Tensor) and torch.rand(2, generator=torch.manual_seed(1)).shape == (2,)
model = nn.Linear(2, 1)
model(x).sum().backward()
for p in model.parameters():
    p.grad.clamp_(-0.5, 0.5)
assert x.grad.shape == x.shape and model.bias.grad.item() == 0.5
with tempfile.TemporaryFile() as file:
    pickle.dump(model.state_dict(), file)
    file.seek(0)
    nn.Linear(2, 1).load_state_dict(pickle.load(file))
"""


def test_what_to_write_instead_works():
    run(IMPORTS + INSTEADS, "diffcli.torch", {})


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
    random = {"empty_like", "rand", "rand_like", "randn", "randn_like", "randint", "randperm"}
    compared = 0
    for name in sorted(set(dir(pytorch)) & set(dir(ours)) - random):
        for arguments in ARGUMENTS if callable(getattr(ours, name)) and not name.startswith("_") else ():
            found, expected = numbers_of(ours, name, arguments), numbers_of(pytorch, name, arguments)
            if found is not None and expected is not None:
                compared += 1
                assert flat(found) == pytest.approx(flat(expected), rel=1e-12, abs=1e-12, nan_ok=True), (name, arguments)
    assert compared > 200


# -- devices ----------------------------------------------------------------------------------------------------------------

ON_A_DEVICE = {
    "tensor": "torch.tensor([1.0, 2.0], device={0})", "as_tensor": "torch.as_tensor([1.0, 2.0], device={0})",
    "zeros": "torch.zeros(2, device={0})", "ones": "torch.ones((2, 3), device={0})", "empty": "torch.empty(2, device={0})",
    "full": "torch.full((2,), 7.0, device={0})", "zeros_like": "torch.zeros_like(torch.ones(2), device={0})", "randn_like": "torch.randn_like(torch.ones(2), device={0})",
    "full_like": "torch.full_like(torch.ones(2), 3.0, device={0})", "arange": "torch.arange(3.0, device={0})",
    "linspace": "torch.linspace(0, 1, 3, device={0})", "eye": "torch.eye(2, device={0})", "randn": "torch.randn(2, device={0})",
    "rand": "torch.rand(2, device={0})", "randint": "torch.randint(3, (2,), device={0})", "randperm": "torch.randperm(3, device={0})",
    "a tensor to it": "torch.ones(2).to({0})", "a tensor to it by name": "torch.ones(2).to(device={0})",
    "a tensor to it, in a kind": "torch.ones(2).to({0}, torch.float32)", "a module": "nn.Linear(2, 1).to({0})",
    "a module in a kind": "nn.Linear(2, 1).to({0}, dtype=torch.float32)", "a layer": "nn.Linear(2, 1, device={0})",
    "a convolution": "nn.Conv2d(1, 1, 2, device={0})", "batch norm": "nn.BatchNorm2d(2, device={0})", "itself": "torch.device({0})",
}  # fmt: skip


@pytest.mark.parametrize("name", ON_A_DEVICE)
def test_the_cpu_is_taken_and_another_device_refused(name):
    names = {}
    run(IMPORTS, "diffcli.torch", names)
    for device in ("'cpu'", "torch.device('cpu')", "'cpu:0'"):
        assert eval(ON_A_DEVICE[name].format(device), names) is not None
    for device in ("'cuda'", "'cuda:1'", "'mps'"):
        with pytest.raises(RuntimeError) as refused:
            eval(ON_A_DEVICE[name].format(device), names)
        assert plainly(refused.value) == f"there is no device {device} here: diffcli computes on the CPU\n  help: write 'cpu'"
    for call in ("torch.ones(2).cuda()", "nn.Linear(2, 1).cuda()"):
        with pytest.raises(RuntimeError, match="there is no device 'cuda' here"):
            eval(call, names)
    with pytest.raises(TypeError):
        eval("torch.ones(2).to('cpu', memory_format=1)", names)


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
