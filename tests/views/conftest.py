"""Browsers that tests of views share."""

from __future__ import annotations

import pytest
from django.test import Client

from responsibilities.choices import Role
from tests.evidence import AsUser
from tests.world import World


@pytest.fixture
def engineer(world: World, as_user: AsUser) -> Client:
    """A contributor of the customer's side."""
    return as_user(world.user("party1", Role.CONTRIBUTOR))
