"""The study of expression swell as a document."""
