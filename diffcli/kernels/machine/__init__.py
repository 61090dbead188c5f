"""Machine code: a tape as vector instructions of the processor at hand, made by LLVM."""
