"""Reads, one function for each purpose."""
