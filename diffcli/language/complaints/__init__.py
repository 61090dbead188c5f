"""What is wrong with a text, and what to write instead. Loaded only where there is something to say."""
