"""Machine code: a tape as LLVM IR over vectors, compiled for the processor that it runs on."""
