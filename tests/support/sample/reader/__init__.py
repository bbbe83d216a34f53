"""The place of the sample service's migrations and command line."""
