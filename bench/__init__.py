"""Measurements. `make bench` runs them; README.md holds the figures."""
