"""Reads of grants, one function per purpose."""
