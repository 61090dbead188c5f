"""A language in each file: how it spells what the writer asks for."""
