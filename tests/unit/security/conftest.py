"""Keys that tests share: making an RSA pair takes long."""

import pytest

from farmdesk.security.user_keys import UserKeys


@pytest.fixture(scope="session")
def zhang() -> UserKeys:
    return UserKeys.make("zhang", 1)


@pytest.fixture(scope="session")
def wang() -> UserKeys:
    return UserKeys.make("wang", 1)
