"""Attention reports: a list of texts and a transformer in, one offline HTML file out."""

__version__ = "0.1.0"
