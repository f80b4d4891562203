import pytest

from tests.documents.given import plain_template


@pytest.fixture(autouse=True)
def template():
    with plain_template():
        yield
