"""The services: each owns its data, and none calls another."""
