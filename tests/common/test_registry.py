"""The registry that every floor offers to those above."""

import gc

import pytest

from common.registry import Registry, Unregistered, same_function


@pytest.fixture
def fruit() -> Registry[int]:
    registry: Registry[int] = Registry("fruit")
    registry.register("pear", 1)
    registry.register("apple", 2)
    return registry


def test_things_are_found_by_name_and_kept_in_order(fruit):
    assert (fruit.get("apple"), list(fruit), fruit.names()) == (2, [1, 2], ["pear", "apple"])


def test_what_nobody_registered_is_said(fruit):
    assert fruit.find("plum") is None
    with pytest.raises(Unregistered, match="No fruit named 'plum' is registered"):
        fruit.get("plum")


def test_a_name_belongs_to_one_thing(fruit):
    fruit.register("pear", 1)
    with pytest.raises(ValueError, match="'pear'"):
        fruit.register("pear", 3)
    assert fruit.get("pear") == 1


def test_a_function_of_a_module_loaded_twice_is_one():
    def made():
        def follow() -> None: ...

        return follow

    registry = Registry("follower")
    registry.add(made())
    registry.add(made())
    assert len(list(registry)) == 1
    assert not same_function(made(), made)


def test_what_is_registered_for_a_test_is_gone_after_it(fruit):
    with fruit.temporarily("pear", 7), fruit.temporarily("plum", 8):
        assert list(fruit) == [7, 2, 8]
    with fruit.emptied():
        fruit.register("plum", 9)
        assert fruit.names() == ["plum"]
    assert list(fruit) == [1, 2]


def test_every_registry_of_the_house_says_what_it_holds():
    found = {id(each): each for each in gc.get_objects() if type(each) is Registry}

    assert len(found) > 5
    assert all(isinstance(each.what, str) and each.what for each in found.values())
