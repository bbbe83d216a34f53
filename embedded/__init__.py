"""The embedded run: Samspil in one process, to try it out, for the demo and for the journeys.

It may import everything; nothing may import it. Start reading at :mod:`embedded.host`.
"""
