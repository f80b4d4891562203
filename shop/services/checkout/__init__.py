from shop.services.checkout.details import OrderDetails
from shop.services.checkout.place import Shown, place_order

__all__ = ["OrderDetails", "Shown", "place_order"]
