"""Writes a site of many reports."""
