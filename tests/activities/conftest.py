"""A world of fakes, and the environment that activities run in."""

import pytest
from temporalio.testing import ActivityEnvironment

from tests.fake_world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def env() -> ActivityEnvironment:
    return ActivityEnvironment()
