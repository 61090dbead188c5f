"""LLVM: a module of instructions as machine code of the processor at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

DOUBLE, BYTE, INTEGER, POINTER = ir.DoubleType(), ir.IntType(8), ir.IntType(64), ir.PointerType()

IN_LINE = 1500
"""The most instructions of functions in line."""


llvm.initialize_native_target()
llvm.initialize_native_asmprinter()
FEATURES = llvm.get_host_cpu_features()
FUSED = bool(FEATURES.get("fma") or FEATURES.get("neon"))
"""Whether a*b + c with one rounding is an instruction."""
WIDTH = 8 if FEATURES.get("avx512f") else 4 if FEATURES.get("avx2") else 2
"""How many doubles one register of the processor holds."""


class Code:
    """A module as machine code. Whoever calls a function of it holds on to it: the code goes with it."""

    def __init__(self, source: str, effort: int) -> None:
        machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=FEATURES.flatten(), opt=effort, codemodel="small", reloc="pic"
        )
        module = llvm.parse_assembly(source)
        module.triple, module.data_layout = machine.triple, str(machine.target_data)
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=0))
        builder.getModulePassManager().run(module, builder)  # puts in line what is to be
        self.engine: Any = llvm.create_mcjit_compiler(module, machine, use_lmm=True)
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self.engine.get_function_address(name))


@contextmanager
def repeated(builder: ir.IRBuilder, count: ir.Value) -> Iterator[tuple[ir.IRBuilder, ir.Value]]:
    """Instructions that are repeated ``count`` times, once at least, with an index from 0 on. ``builder`` goes on after them."""
    loop, after = ir.IRBuilder(builder.append_basic_block("loop")), builder.append_basic_block("after")
    index = loop.phi(INTEGER)
    index.add_incoming(INTEGER(0), builder.block)
    builder.branch(loop.block)
    yield loop, index
    # LLVM does not see what the next index is: it would look for pointers that move along with it, which takes it long
    following = loop.asm(ir.FunctionType(INTEGER, [INTEGER]), "", "=r,0", [loop.add(index, INTEGER(1))], side_effect=False)
    index.add_incoming(following, loop.block)
    loop.cbranch(loop.icmp_signed("<", following, count), index.parent, after)
    builder.position_at_end(after)


def settle(module: ir.Module) -> None:
    """Leave in line the functions of a module that are short for how often they are called, as many as `IN_LINE` allows.

    The others are called: a function that is put in line a hundred times takes LLVM seconds.
    """
    bodies = {made.name: [each for block in made.blocks for each in block.instructions] for made in module.functions}
    calls = {
        name: Counter(each.callee.name for each in body if each.opname == "call" and getattr(each.callee, "name", "") in bodies)
        for name, body in bodies.items()
    }
    used: Counter[str] = sum((calls[name] for name in bodies if module.get_global(name).linkage != "internal"), Counter())

    @cache
    def size(name: str) -> int:
        """The instructions of a function and of those that it calls."""
        return len(bodies[name]) + sum(count * size(other) for other, count in calls[name].items())

    total = 0
    for name in sorted(used, key=lambda name: used[name] * size(name)):
        total += used[name] * size(name)
        if total > IN_LINE:
            attributes = module.get_global(name).attributes
            attributes.discard("alwaysinline")
            attributes.add("noinline")
