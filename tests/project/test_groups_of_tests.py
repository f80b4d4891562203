"""Tests of a group run in one process, so that their shop is started once."""

import pytest


@pytest.mark.xdist_group("together")
def test_a_tests_group_is_in_the_name_it_is_distributed_by(request):
    is_distributed = request.config.getoption("loadgroup", default=False)

    assert request.node.nodeid.endswith("@together") is is_distributed
