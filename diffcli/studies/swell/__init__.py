"""Expression swell: how a derivative grows when it is written out."""
