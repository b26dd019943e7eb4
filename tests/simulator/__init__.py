"""The stand-in outside world, over real HTTP: ServiceTitan tenants and a Flow Builder receiver.

The product never imports it.
"""
