from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone

from accounts.members.models import CustomerAccount, Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User

PASSWORD = "correct horse battery"


class UserFactory(factory.django.DjangoModelFactory):
    """Person whose address is proved and whose password is PASSWORD.

    `UserFactory(is_address_proved=False)` for an unproved address, `UserFactory(password=None)` for a person without a
    password.
    """

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    first_name = "Marie"
    last_name = factory.Sequence(lambda n: f"Dupont {n}")
    language = "en"
    password = PASSWORD
    is_address_proved = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(*args, **kwargs)


class CustomerAccountFactory(factory.django.DjangoModelFactory):
    """Organisation without members: unclaimed until a MembershipFactory adds one."""

    class Meta:
        model = CustomerAccount

    kind = CustomerAccount.Kind.ORGANISATION
    name = factory.Sequence(lambda n: f"Ateliers Martin {n}")
    street = "12 rue des Lilas"
    postal_code = "69003"
    city = "Lyon"
    country = "FR"
    register_number = factory.LazyAttribute(
        lambda account: "" if account.kind == CustomerAccount.Kind.PERSON else "73282932000074"
    )


class MembershipFactory(factory.django.DjangoModelFactory):
    """Owner of an account; for other roles: `MembershipFactory(is_owner=False, is_operator=True)`."""

    class Meta:
        model = Membership

    account = factory.SubFactory(CustomerAccountFactory)
    user = factory.SubFactory(UserFactory)
    is_owner = True


class DelegationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Delegation

    account = factory.SubFactory(CustomerAccountFactory)
    operator = factory.SubFactory(UserFactory)
    person = factory.SubFactory(UserFactory)
    email = factory.SelfAttribute("person.email")
    first_name = factory.SelfAttribute("person.first_name")
    last_name = factory.SelfAttribute("person.last_name")
    created_at = factory.LazyFunction(timezone.now)
