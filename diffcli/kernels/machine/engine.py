"""LLVM: a module of instructions as machine code of the processor at hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.binding as llvm

from diffcli._named import NamedTuple


class Processor(NamedTuple):
    """What machine code is made for."""

    triple: str
    name: str
    features: str
    width: int
    """How many doubles one register holds."""


@cache
def processor() -> Processor:
    """The processor at hand."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    width = 8 if features.get("avx512f") else 4 if features.get("avx2") else 2
    return Processor(llvm.get_process_triple(), llvm.get_host_cpu_name(), features.flatten(), width)


class Code:
    """A module as machine code. Whoever calls a function of it holds on to it: the code goes with it."""

    def __init__(self, source: str, effort: int) -> None:
        host = processor()
        machine = llvm.Target.from_triple(host.triple).create_target_machine(
            cpu=host.name, features=host.features, opt=effort, codemodel="small", reloc="pic"
        )
        module = llvm.parse_assembly(source)
        module.triple, module.data_layout = host.triple, str(machine.target_data)
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=0))
        builder.getModulePassManager().run(module, builder)  # puts in line what is to be
        self.engine: Any = llvm.create_mcjit_compiler(module, machine, use_lmm=True)
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self.engine.get_function_address(name))
