"""This engine beside the others, in one run: `make bench`; see README.md."""
