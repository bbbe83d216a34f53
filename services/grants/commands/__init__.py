"""Use cases that change grants: by what they are about. Never commit, never see HTTP."""
