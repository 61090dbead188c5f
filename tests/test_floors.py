"""The floors and rooms of the house: imports go down only, and what belongs in one place stands nowhere else.

Imports for typing and imports inside functions count as well.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pages
import pytest
from inside import FORMATS, HOMES, NamedTuple

import diffcli

ROOT = Path(diffcli.__file__).parent
HOUSE = Path(__file__).parent.parent
FLOORS = {
    "_named": 0, "errors": 0, "records": 0, "operations": 1, "language": 2, "tape": 3, "kernels": 3.5, "exports": 3.6, "methods": 4, "autograd": 4, "nn": 4, "torch": 4,
    "studies": 5, "tables": 5, "reports": 6, "cli": 7, "testing": 7, "__main__": 8,
}  # fmt: skip
ONLY_IN = {
    "sympy": "methods/symbolic", "rich": "reports/", "click": "cli/", "matplotlib": "reports/",
    "numpy": ("operations/arithmetic/", "kernels/", "methods/compiled/", "tables/", "exports/array_helpers"), "pyarrow": "tables/", "narwhals": "tables/", "dask": "tables/", "distributed": "tables/",
    "mpmath": "operations/arithmetic/", "llvmlite": "kernels/machine/", "jax": "kernels/jax",
}  # fmt: skip
ROOMS = {
    "points": 0, "sweeps": 1, "problem": 2, "differences": 3, "nonsmooth": 3, "digits": 4, "traces": 4, "symbolic": 5, "options": 5,
    "matrices": 6, "derivation": 6, "compiled": 12,
}  # fmt: skip
"""The rooms of `diffcli.methods` in their order; its other files stand above them, but for the options, and below kernels."""
DOORS = 18
"""The most files that lie flat in a room, but for the commands and the lessons, of which each is one."""
OF_OUR_OWN = ("tape/running/rules.py", "kernels/")
"""Where the table's own texts, and the code that is generated from a tape, are compiled."""
FORBIDDEN = {"eval": (), "exec": OF_OUR_OWN, "compile": OF_OUR_OWN, "sympify": (), "parse_expr": ()}
"""Calls that no user's text may reach, and where they may stand all the same."""
FILES = sorted(ROOT.rglob("*.py"))


MODULES = {".".join(("diffcli", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path for path in FILES}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path):
    """What a file imports: a module that is imported from its room is named whole."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name if name in MODULES else str(node.module) for name in whole]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path):
    where = str(path.relative_to(ROOT))
    own = FLOORS.get(path.relative_to(ROOT).parts[0].removesuffix(".py"))
    assert own is not None or where == "__init__.py", f"{where} stands on no floor"
    for name in imports(path):
        top, _, rest = name.partition(".")
        assert where.startswith(ONLY_IN.get(top, "")), f"{where} imports {name}, which belongs in {ONLY_IN[top]}"
        floor = FLOORS.get(rest.split(".")[0]) if top == "diffcli" else None
        assert own is None or floor is None or floor <= own, f"{where} on floor {own} imports {name} on floor {floor}"


def room_of(module):
    """The place of a module among the rooms of `diffcli.methods`; None if it stands elsewhere."""
    package, _, rest = module.removeprefix("diffcli.").partition(".")
    return ROOMS.get(rest.split(".")[0], len(ROOMS)) if package == "methods" and rest else None


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) is not None])
def test_rooms_of_methods_know_only_those_below(module):
    for name in imports(MODULES[module]):
        below, own = room_of(name), room_of(module)
        assert below is None or below <= own, f"{module} imports {name}, a room above it"
        beside = below == own and own < len(ROOMS) and name.split(".")[2] != module.split(".")[2]
        assert not beside, f"{module} imports {name}, a room beside it"


def test_no_files_import_each_other():
    files = {module: path for module, path in MODULES.items() if path.name != "__init__.py"}
    arrows = {(module, name) for module, path in files.items() for name in imports(path) if name in files}
    while True:
        inside = {module for module, _ in arrows} & {name for _, name in arrows}
        kept = {arrow for arrow in arrows if inside.issuperset(arrow)}
        if kept == arrows:
            break
        arrows = kept
    assert not arrows, "these stand in circles, or between two"


@pytest.mark.parametrize("room", sorted({path.parent for path in FILES}), ids=lambda path: str(path.relative_to(ROOT)) or "diffcli")
def test_a_room_has_few_doors(room):
    doors = [path.name for path in room.glob("*.py") if path.name != "__init__.py"]
    assert len(doors) <= DOORS or room.name in ("cli", "lessons"), f"{room.name} has {len(doors)} files"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_object_changes_its_class_and_no_format_is_asked_for_by_name(path):
    where = str(path.relative_to(ROOT))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Assign):
            targets = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
            assert "__class__" not in targets, f"{where}:{node.lineno} changes the class of an object"
        if isinstance(node, ast.Compare) and not where.startswith("reports/formats/"):
            said = {part.value for side in (node.left, *node.comparators) for part in ast.walk(side) if isinstance(part, ast.Constant)}
            assert not said & FORMATS.keys() - {"table", "plain"}, f"{where}:{node.lineno} asks for a format by its name"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_tape_is_changed_in_a_copy(path):
    """Above the floor that writes tapes nobody assigns to a column of one: `Tape.copy` takes the columns that are to differ."""
    where = str(path.relative_to(ROOT))
    for node in ast.walk(tree_of(path)) if not where.startswith("tape/") else ():
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and ast.unparse(target.value).endswith("tape"):
                raise AssertionError(f"{where}:{node.lineno} assigns to a column of a tape")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_evaluated_but_the_rules_of_the_table(path):
    where = str(path.relative_to(ROOT))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            module = node.func.value if isinstance(node.func, ast.Attribute) else None
            if name in FORBIDDEN and not (isinstance(module, ast.Name) and module.id == "re"):
                assert where.startswith(FORBIDDEN[name]), f"{where}:{node.lineno} calls {name}"


def named_paths(text):
    """The files and folders that a text names, from the root or beside the last folder that is named from there."""
    base = HOUSE
    for name in re.findall(r"`([\w./-]+)`", text):
        if "/" in name or name.endswith((".py", ".md")):
            whole = HOUSE / name
            if name.startswith(("diffcli/", "tests/")):
                base = whole if name.endswith("/") else whole.parent
            yield name, [whole, base / name]


def test_the_guide_names_what_is_there():
    guide = (HOUSE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = list(named_paths(guide))
    missing = [name for name, places in paths if not any(place.exists() for place in places)]
    assert len(paths) > 50 and not missing
    tables = re.findall(r"`([A-Z_]{4,})`\s+(?:in|of)\s+`(diffcli/[\w/]+\.py)`", guide)
    assert len(tables) > 8 and not [pair for pair in tables if not re.search(rf"^{pair[0]}\b", (HOUSE / pair[1]).read_text(), re.MULTILINE)]
    rooms = re.findall(r"^\| `(\w+)/` \|", guide, re.MULTILINE)
    assert rooms == [room for room in ROOMS if (ROOT / "methods" / room).is_dir()], "the rooms of the methods, in their order"


TEXTS = [*FILES, *Path(__file__).parent.glob("*.py"), HOUSE / "CHANGELOG.md", *pages.pages()]
INVENTED = {"diffcli._functions", "diffcli.gradd", "diffcli.import_module", "diffcli.sinn", "diffcli.sine", "diffcli.studies.lessons.planted"}
"""Names that tests ask for because they do not exist, and the stub for checkers of types."""


def is_there(name):
    parts = name.split(".")
    module = next(".".join(parts[:count]) for count in range(len(parts), 0, -1) if ".".join(parts[:count]) in MODULES)
    try:
        found = import_module(module)
    except ModuleNotFoundError as fault:  # of another project, which is not installed
        return not str(fault.name).startswith("diffcli")
    for part in parts[module.count(".") + 1 :]:
        found = getattr(found, part, None)
    return found is not None


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_what_a_text_names_is_there(path):
    """Every dotted name of the package in docstrings, comments, code and documents."""
    names = set(re.findall(r"(?<![\w./-])diffcli(?:\.[A-Za-z_]\w*)+", path.read_text(encoding="utf-8"))) - INVENTED
    assert not [name for name in sorted(names) if not is_there(name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_records_postpone_their_annotations(path):
    """The fields of a record are read from its annotations, which later Pythons keep elsewhere unless they are postponed."""
    names = imports(path)
    assert "__future__" in names or "diffcli._named" not in names


def test_a_name_that_tests_use_stands_for_one_thing():
    names = [entry.partition("=")[0] for text in HOMES.values() for entry in text.split()]
    assert sorted(names) == sorted(set(names))


def test_a_record_is_complete_before_it_can_be_made_by_another_thread():
    class Pair(NamedTuple):
        first: int
        second: int = 2

    assert Pair(1) == Pair(first=1, second=2) == Pair._make((1, 2)) and Pair(1)._replace(second=3).second == 3
    assert list(vars(Pair))[-1] == "__new__"


HEAVY = ("numpy", "sympy", "mpmath", "matplotlib", "fractions", "difflib")
RECORDS = tuple(name for name in MODULES if name.startswith("diffcli.records.") and name != "diffcli.records.blocks")
"""The records that a gradient of numbers does not make."""


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import diffcli", (*HEAVY, "rich", "click", "typing", "re")),
        ("import diffcli; diffcli.grad('x^2', {'x': 2})", (*HEAVY, *RECORDS, "rich", "click")),
        ("import diffcli; diffcli.grad('abs(x)', {'x': 0})", HEAVY),
        ("import diffcli; diffcli.grad(lambda x: diffcli.sin(x > 0) if x > 1 else x // 0.3, {'x': 1.0})", ("numpy", "sympy", "mpmath")),
        ("from diffcli.cli.main import main; main(['--help'])", (*HEAVY, "rich", "diffcli.language", "diffcli.operations")),
        ("from diffcli.cli.main import main; main(['grad', 'x^2', '--at', 'x=2', '--json'])", (*HEAVY, *RECORDS, "rich")),
        ("from diffcli.cli.main import main; main(['grad', 'x^2*y*z', '--at', 'x=pi/4,y=-1/3,z=2^10'])", ("numpy", "sympy", "mpmath", "difflib", *RECORDS)),
        ("from diffcli.cli.main import main; main(['grad', 'x^2', '--at', 'x=2', '--mode', 'numeric'])", ("numpy", "sympy", "mpmath")),
    ],
    ids=["import", "library", "kink", "function", "help", "json", "table", "numeric"],
)
def test_what_a_run_imports(code, absent):
    script = f"import sys; {code}; print(*[name for name in {absent!r} if name in sys.modules], file=sys.stderr)"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stderr.strip() == ""
