"""Use cases that change state, one module for each thing they are about. None of them commits."""
