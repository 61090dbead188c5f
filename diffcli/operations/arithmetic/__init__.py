"""How the name of an operation is computed, one file per kind of number."""
