"""Holds the offline verifier: one file that stands on its own and imports nothing of ours."""
