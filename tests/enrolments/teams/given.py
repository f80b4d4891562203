"""Given an account with an operator who is limited to a part of it, for tests."""

from django.urls import reverse
from django.utils import timezone

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.seats.models import Seat
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory


class World:
    """An account with one seat, person and session inside the part of Bob, and one outside of it."""

    def __init__(self):
        now = timezone.now()
        self.account = CustomerAccountFactory()
        self.alice = MembershipFactory(account=self.account).user
        self.membership = MembershipFactory(account=self.account, is_owner=False, is_operator=True)
        self.bob = self.membership.user
        self.safety, self.first_aid = CourseFactory(name_en="Safety"), CourseFactory(name_en="First aid")
        self.nantes = Team.objects.create(account=self.account, name="Nantes")
        self.brest = Team.objects.create(account=self.account, name="Brest")
        self.inside = given_pack(self.account, seats=3)
        self.outside = given_pack(self.account, seats=3)
        Seat.objects.filter(pk__in=[seat.pk for seat in self.inside]).update(team=self.nantes)
        Seat.objects.filter(pk__in=[seat.pk for seat in self.outside]).update(team=self.brest)
        assign(self.inside[0], self.safety, "ann@example.org", self.alice, now=now)
        assign(self.outside[0], self.first_aid, "zoe@example.org", self.alice, now=now)
        self.session_inside = given_session(self.safety, self.account, blanks=1, operator=self.alice, now=now).group
        self.session_outside = given_session(self.first_aid, self.account, blanks=1, operator=self.alice, now=now).group

    def limit(self, *, teams=(), orders=(), courses=()):
        limits = {"teams": list(teams), "orders": list(orders), "courses": list(courses)}
        Membership.objects.filter(pk=self.membership.pk).update(limits=limits)

    def limit_to(self, kind):
        self.limit(
            teams=[self.nantes.pk] if kind == "teams" else (),
            orders=[self.inside[0].batch.order_id] if kind == "orders" else (),
            courses=[self.safety.pk] if kind == "courses" else (),
        )

    def delegation(self, email):
        return Delegation.objects.get(account=self.account, email=email)

    def url(self, name, *args):
        return reverse(name, args=[self.account.pk, *args])
