"""A tape as source in other languages: `languages` is their table, `writer` reads the tape, each language has its own file."""
