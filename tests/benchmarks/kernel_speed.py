"""The speed of kernels: of one point beside SymPy and CasADi, of many beside C that is written by hand, NumPy, JAX and Numba.

    python tests/benchmarks/kernel_speed.py [--threads N] [--points 1e4 1e5 1e6] [--rounds R] [--only one|many|long]

All systems compute the value and the gradient of the same programs at the same points, by turns in one run; what is printed is the
best of many short rounds, which is what a machine that others use as well can tell. C is compiled by gcc with ``-O3 -ffast-math`` and libmvec's vector functions,
where gcc is; a peer that is not installed is left out. Every result is compared before it is timed.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import math
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import diffcli

os.environ["JAX_ENABLE_X64"] = "1"
C_FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp-simd", "-shared", "-fPIC", "-lm"]
SURVEY = "log(x1)+x1*x2-sin(x2)"
BLACK_SCHOLES = """sq = sigma*sqrt(T)
d1 = (log(S/K) + (r + 0.5*sigma*sigma)*T)/sq
d2 = d1 - sq
0.5*S*(1.0+erf(0.7071067811865476*d1)) - 0.5*K*exp(-r*T)*(1.0+erf(0.7071067811865476*d2))"""


def helmholtz(n: int = 10) -> str:
    bx = " + ".join(f"{round(0.1 * (i + 1) / n, 4)}*x{i + 1}" for i in range(n))
    rows = (" + ".join(f"{round(1 / (i + j + 1), 6)}*x{j + 1}" for j in range(n)) for i in range(n))
    quadratic = " + ".join(f"x{i + 1}*({row})" for i, row in enumerate(rows))
    entropy = " + ".join(f"x{i + 1}*log(x{i + 1}/r0)" for i in range(n))
    return (
        f"bx = {bx}\nr0 = 1.0 - bx\nq = {quadratic}\ns = {entropy}\n"
        "s - q/(2.8284271247461903*bx)*log((1.0+2.414213562373095*bx)/(1.0-0.41421356237309515*bx))"
    )


def numbered(n: int, low: float, high: float) -> dict[str, tuple[float, float]]:
    return {f"x{i + 1}": (low, high) for i in range(n)}


ROSENBROCK = " + ".join(f"100.0*(x{i + 1}-x{i}**2)**2 + (1.0-x{i})**2" for i in range(1, 100))
ONE = {
    "survey": (SURVEY, {"x1": (0.5, 4), "x2": (-3, 6)}),
    "Squire-Trapp": ("exp(x)/sqrt(sin(x)**3+cos(x)**3)", {"x": (0.2, 1.4)}),
    "Helmholtz 10": (helmholtz(), numbered(10, 0.1, 1)),
    "Rosenbrock 100": (ROSENBROCK, numbered(100, -1.5, 1.5)),
    "Speelpenning 100": ("*".join(numbered(100, 0, 0)), numbered(100, 0.9, 1.1)),
}
MANY = {
    "survey": ONE["survey"],
    "black_scholes": (BLACK_SCHOLES, {"S": (80, 120), "K": (80, 120), "r": (0, 0.1), "sigma": (0.1, 0.6), "T": (0.1, 2)}),
    "helmholtz": ONE["Helmholtz 10"],
}
Systems = dict[str, Callable[[], object]]


def there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def by_turns(systems: Systems, rounds: int, seconds: float = 0.004) -> dict[str, list[float]]:
    """The seconds that each takes, round by round; each round begins with another one."""
    repeats = {}
    for name, run in systems.items():
        run()
        start = time.perf_counter()
        run()
        repeats[name] = max(1, int(seconds / (time.perf_counter() - start)))
    found: dict[str, list[float]] = {name: [] for name in systems}
    names = list(systems)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run = systems[name]
            start = time.perf_counter()
            for _ in range(repeats[name]):
                run()
            found[name].append((time.perf_counter() - start) / repeats[name])
    return found


def shown(title: str, systems: Systems, rounds: int, per: int, unit: str) -> None:
    """A table: the first system is what the others are compared with."""
    found = by_turns(systems, rounds)
    first = min(next(iter(found.values())))
    print(f"\n{title}")
    for name, times in found.items():
        print(f"    {name:32}{1e9 * min(times) / per:12.2f} ns a {unit}{min(times) / first:10.2f} x")


def environment(module: object) -> dict[str, object]:
    """A program's functions in a peer's words."""
    return {name: getattr(module, name) for name in ("log", "exp", "sin", "cos", "sqrt", "erf") if hasattr(module, name)}


def built(text: str, names: list[str], words: dict[str, object]) -> Callable[..., object]:
    """One of our programs as a Python function."""
    *lines, last = text.splitlines()
    exec("\n    ".join([f"def f({', '.join(names)}):", *lines, f"return {last}"]), words)
    return words["f"]  # type: ignore[return-value]


def symbolic(text: str, names: list[str]) -> tuple[object, list[object]]:
    import sympy

    symbols = sympy.symbols(names, real=True)
    value = built(text, names, environment(sympy))(*symbols)
    return symbols, [value, *[sympy.diff(value, symbol) for symbol in symbols]]


# -- one point ---------------------------------------------------------------------------------------------------------------


def one_point(rounds: int) -> None:
    for title, (text, ranges) in ONE.items():
        source = random.Random(1)
        names, point = list(ranges), [source.uniform(*each) for each in ranges.values()]
        systems = dict(of_one_point(text, names, point))
        shown(f"{title}: value and gradient of one point", systems, rounds, 1, "call")


def of_one_point(text: str, names: list[str], point: list[float]) -> Iterator[tuple[str, Callable[[], object]]]:
    import sympy

    symbols, expressions = symbolic(text, names)
    by_sympy = sympy.lambdify(symbols, expressions, modules="math", cse=True)
    wanted = by_sympy(*point)
    yield "SymPy, lambdify with cse", lambda: by_sympy(*point)
    if there("casadi"):
        import casadi

        x = casadi.SX.sym("x", len(names))
        value = built(text, names, environment(casadi))(*[x[i] for i in range(len(names))])
        function = casadi.Function("g", [x], [casadi.densify(casadi.vertcat(value, casadi.gradient(value, x)))])
        buffer, run = function.buffer()
        given, found = np.zeros(len(names)), np.zeros(len(names) + 1)
        buffer.set_arg(0, memoryview(given))
        buffer.set_res(0, memoryview(found))

        def by_casadi(kept: object = (function, buffer)) -> object:
            given[:] = point
            run()
            return found

        yield "CasADi, buffer", by_casadi
    for backend in ("python", "llvm"):
        if backend == "python" or there("llvmlite"):
            kernel = diffcli.compile(text, wrt=names, backend=backend)
            ordered = [point[names.index(name)] for name in kernel.inputs]
            value, gradient = kernel(*ordered)
            assert np.allclose([value, *gradient], wanted, rtol=1e-9), title_of(backend)
            yield title_of(backend), lambda kernel=kernel, ordered=ordered: kernel(*ordered)  # type: ignore[misc]


def title_of(backend: str) -> str:
    return f"diffcli, {backend}"


# -- many points -------------------------------------------------------------------------------------------------------------


def many_points(counts: list[int], threads: int, rounds: int) -> None:
    library = compiled_c()
    for title, (text, ranges) in MANY.items():
        for count in counts:
            source = np.random.default_rng(3)
            columns = np.array([source.uniform(*each, count) for each in ranges.values()])
            systems = dict(of_many_points(title, text, list(ranges), columns, library, threads))
            shown(f"{title}: value and gradient of {count:,} points, {threads} threads", systems, rounds, count, "point")


def compiled_c() -> ctypes.CDLL | None:
    if shutil.which("gcc") is None:
        return None
    target = Path(tempfile.mkdtemp()) / "kernels.so"
    subprocess.run(["gcc", *C_FLAGS, str(Path(__file__).with_suffix("").parent / "kernels.c"), "-o", str(target), "-lm"], check=True)
    return ctypes.CDLL(str(target))


def of_many_points(
    title: str, text: str, names: list[str], columns: np.ndarray, library: ctypes.CDLL | None, threads: int
) -> Iterator[tuple[str, Callable[[], object]]]:
    count = columns.shape[1]
    wanted = np.empty((len(names) + 1, count))
    if library is not None:
        function = getattr(library, title)
        arguments = [ctypes.c_ssize_t(count), ctypes.c_void_p(columns.ctypes.data), ctypes.c_void_p(wanted.ctypes.data)]
        yield "C by hand, one thread", lambda kept=(columns, wanted): function(*arguments)  # type: ignore[misc]
        function(*arguments)
    for backend in ("llvm", "numpy"):
        if backend == "numpy" or there("llvmlite"):
            kernel = diffcli.compile(text, wrt=names, backend=backend)
            ordered = [columns[names.index(name)] for name in kernel.inputs]
            values, gradients = out = kernel(*ordered)
            if library is not None:
                assert np.allclose(np.array([values, *gradients]), wanted, rtol=1e-9, atol=1e-12), backend
            yield title_of(backend), lambda kernel=kernel, ordered=ordered, out=out: kernel(*ordered, out=out, threads=threads)  # type: ignore[misc]
            if backend == "llvm":
                yield "    in new arrays", lambda kernel=kernel, ordered=ordered: kernel(*ordered, threads=threads)  # type: ignore[misc]
    yield from peers(text, names, columns)


def peers(text: str, names: list[str], columns: np.ndarray) -> Iterator[tuple[str, Callable[[], object]]]:
    import sympy

    if there("scipy"):
        by_numpy = sympy.lambdify(*symbolic(text, names), modules=["scipy", "numpy"], cse=True)
        yield "SymPy, NumPy with cse", lambda: by_numpy(*columns)
    if there("numba"):
        yield "Numba on SymPy's cse, by hand", by_numba(text, names, columns)
    if there("jax"):
        import jax
        import jax.numpy as jnp

        words = environment(jnp) | {"erf": jax.scipy.special.erf}
        run = jax.jit(jax.vmap(jax.value_and_grad(built(text, names, words), tuple(range(len(names))))))
        given = [jax.device_put(column) for column in columns]
        yield "JAX, jit(vmap(value_and_grad))", lambda: jax.block_until_ready(run(*given))


def by_numba(text: str, names: list[str], columns: np.ndarray) -> Callable[[], object]:
    """The best that Numba does: one loop over SymPy's common subexpressions, with fast mathematics."""
    import numba
    import sympy

    common, expressions = sympy.cse(symbolic(text, names)[1])
    lines = [f"{name} = X[{k}, i]" for k, name in enumerate(names)]
    lines += [f"{name} = {sympy.pycode(part, fully_qualified_modules=False)}" for name, part in common]
    lines += [f"O[{k}, i] = {sympy.pycode(part, fully_qualified_modules=False)}" for k, part in enumerate(expressions)]
    words = environment(math) | {"pi": math.pi}
    exec("\n        ".join(["def f(X, O):\n    for i in range(X.shape[1]):", *lines]), words)
    function = numba.njit(words["f"], fastmath=True, error_model="numpy")
    found = np.empty((len(names) + 1, columns.shape[1]))
    return lambda: function(columns, found)


# -- long programs -----------------------------------------------------------------------------------------------------------


def long_programs() -> None:
    """What a kernel takes to be ready, by its length, and then for a point."""
    from diffcli.kernels.machine.backend import Machine
    from diffcli.methods.sweeps.transform import ReverseTransform
    from diffcli.tape import lower

    print("\nlong programs: machine code for many points, made ready and run")
    for count in (30, 100, 300, 1000, 3000, 10_000, 30_000):
        source = random.Random(count)
        lines = ["a0 = x + y", "a1 = x*y"]
        for k in range(2, count):
            one, other = source.randrange(max(0, k - 9), k), source.randrange(k)
            form = source.choice(("a{0}*0.5 + a{1}*0.25", "a{0} - a{1}*0.5", "a{0}*a{1}/(1 + a{1}*a{1})", "a{0}/(2 + a{1}*a{1})"))
            lines.append(f"a{k} = " + form.format(one, other))
        tape = lower(diffcli.parse("\n".join([*lines, f"a{count - 1} + a{count // 2}"])))
        tape = ReverseTransform(tape, [0, 1]).run().tape
        machine = Machine(tape, 0, frozenset())
        columns, results = [np.full(2000, 0.3), np.full(2000, 1.2)], [np.empty(2000) for _ in range(3)]
        start = time.process_time()
        machine.batch(columns, results)
        ready = time.process_time() - start
        times = by_turns({"": lambda: machine.batch(columns, results)}, 8)[""]  # noqa: B023
        rows = len(tape.operations)
        way = "loop" if machine.long else "code of its own"
        print(f"    {rows:8,} rows{1e3 * ready:10.0f} ms{1e3 * ready / rows:9.3f} ms a row{1e9 * min(times) / 2000 / rows:9.3f} ns a row and point, {way}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--points", type=float, nargs="+", default=[1e4, 1e5, 1e6])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", choices=("one", "many", "long"))
    options = parser.parse_args()
    if options.only in (None, "one"):
        one_point(options.rounds)
    if options.only in (None, "many"):
        many_points(list(map(int, options.points)), options.threads, options.rounds)
    if options.only in (None, "long"):
        long_programs()


if __name__ == "__main__":
    main()
