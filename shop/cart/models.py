"""Cart: the entries that a customer means to buy. Kept in the database, so that it survives a restart, a sign-in and a
closed tab."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.people.models import User


def new_token() -> str:
    """Return 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


class Cart(models.Model):
    """Cart, open until it is ordered. Found by the token in the visitor's session, or by its user."""

    token = models.CharField(max_length=43, default=new_token, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="carts")
    version = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Raised by every change; the review is bound to it."
    )
    details = models.JSONField(
        default=dict, db_default={}, help_text="What was typed at «your details», as it was typed."
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False,
        help_text="Member of the staff who fills the cart for a customer. No browser has its token.",
    )  # fmt: skip
    ordered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    changed_at = models.DateTimeField(db_default=Now(), help_text="Last change; carts left behind are deleted by it.")

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            models.UniqueConstraint(
                fields=("user",), condition=Q(ordered_at__isnull=True), name="shop_cart_one_open_per_user"
            ),
        ]
        indexes = [
            models.Index(fields=("changed_at",), condition=Q(ordered_at__isnull=True), name="shop_cart_left_behind"),
        ]

    def __str__(self) -> str:
        return f"Cart {self.pk}"


def _in_open_cart(token: str | None, user: User | None) -> tuple[str, list[int | str | None]]:
    """Return the SQL, from FROM on, and its parameters for the lines of the cart that `find_cart` finds."""
    lines = " FROM shop_cartline line JOIN shop_cart cart ON cart.id = line.cart_id WHERE cart.ordered_at IS NULL"
    if user is not None:
        return lines + " AND cart.user_id = %s", [user.pk]
    return lines + " AND cart.user_id IS NULL AND cart.token = %s", [token]


class CartLineManager(models.Manager["CartLine"]):
    """Lines of open carts, read in plain SQL: every page needs them or their number, and the ORM takes longer than
    Postgres.

    No query for a visitor without a token, who has no cart.
    """

    def in_open_cart(self, *, token: str | None, user: User | None) -> list[CartLine]:
        """Return the lines of a person's open cart, or of the visitor's open cart with this token if it belongs to no
        person; in order."""
        if user is None and token is None:
            return []
        lines, whose = _in_open_cart(token, user)
        return list(self.raw(f"SELECT line.*{lines} ORDER BY line.id", whose))

    def count_in_open_cart(self, *, token: str | None, user: User | None) -> int:
        """Return the number of the lines that `in_open_cart` returns."""
        if user is None and token is None:
            return 0
        lines, whose = _in_open_cart(token, user)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*){lines}", whose)
            return cursor.fetchone()[0]


class CartLine(models.Model):
    """Line of a cart: one entry and its quantity."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    units_confirmed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The customer has gone through the micro-forms of exactly this quantity.",
    )

    objects = CartLineManager()

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("cart", "entry"), name="shop_cartline_entry_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="shop_cartline_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.entry_id}"


class CartUnit(models.Model):
    """Raw answers to one micro-form. A unit never answered has no row; the row of a unit beyond the quantity is
    kept."""

    line = models.ForeignKey(CartLine, on_delete=models.CASCADE, related_name="units")
    index = models.PositiveIntegerField(help_text="From 0.")
    answers = models.JSONField(default=dict, db_default={}, help_text="What the handler asks.")
    fields = models.JSONField(default=dict, db_default={}, help_text="What the fields of the entry ask, by name.")

    class Meta:
        verbose_name = _("unit in a cart")
        verbose_name_plural = _("units in carts")
        ordering = ("index",)
        constraints = [models.UniqueConstraint(fields=("line", "index"), name="shop_cartunit_index_once")]

    def __str__(self) -> str:
        return f"{self.line_id}/{self.index}"
