"""The embedded run: Samspil in one process, for trying it out, for the demo and for journeys in the tests.

It may import everything; nothing may import it. Start reading at :mod:`embedded.host`.
"""
