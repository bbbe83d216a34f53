"""How services run: the microservice chassis.

The chassis knows no grant, meeting or association. It gives every service the same unit of work,
event log, relay, consumer, scheduler, web application, sign-in check, settings and telemetry. Start
reading at :mod:`chassis.service`.
"""
