"""Figures drawn: on the terminal, as SVG, and through matplotlib as PNG and PDF; the scales they share are in `axes`."""
