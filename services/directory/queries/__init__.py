"""Reads, one function for each purpose, one module for each thing they are about."""
