"""What every test may ask for."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.stack", "tests.store_servers"]

# The first run of a checkout draws up tables of characters; a busy machine is slow. Neither is a mistake.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
