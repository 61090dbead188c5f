"""The study of step sizes as a document."""
