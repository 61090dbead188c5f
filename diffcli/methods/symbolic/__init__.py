"""SymPy's derivatives, and proofs by algebra."""
