"""The point at which to differentiate: read from text, from files, from mappings."""
