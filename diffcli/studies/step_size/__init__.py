"""The error of a difference quotient against its step."""
