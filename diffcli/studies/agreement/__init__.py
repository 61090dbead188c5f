"""Every method side by side, with a verdict and a reason."""
