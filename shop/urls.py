"""URLs of the shop for customers."""

from django.urls import path, re_path

from shop.cancelling.views import cancel
from shop.cart import views as cart
from shop.checkout.views import details, proof, review, units
from shop.from_list.views import from_list
from shop.more import views as more
from shop.orders import views as orders
from shop.orders.billing.views import billing
from shop.pages import pictures
from shop.pages import views as storefront
from shop.papers import views as papers
from shop.payments.receipts.views import pay_link_receipt
from shop.payments.requests import views as requests
from shop.payments.saved_cards.views import order_card
from shop.phone_orders import views as phone_orders
from shop.renewal.views import renew
from shop.withdrawal.views import withdraw

urlpatterns = [
    path("", storefront.home, name="home"),
    path("c/<slug:slug>/", storefront.category, name="category"),
    path("e/<str:code>/", storefront.entry, name="entry"),
    re_path(r"^pictures/(?P<hue>[1-6])-(?P<seed>[0-9a-f]{8})\.svg$", pictures.picture, name="picture"),
    path("legal/<slug:kind>/", storefront.legal, name="legal"),
    path("cart/", cart.cart, name="cart"),
    path("checkout/", details.start, name="checkout"),
    path("checkout/units/", units.units, name="checkout-units"),
    path("checkout/details/", details.details, name="checkout-details"),
    path("checkout/review/", review.review, name="checkout-review"),
    path("checkout/proof/", proof.proof, name="checkout-proof"),
    path("orders/<slug:token>/", orders.order, name="order"),
    path("orders/<slug:token>/state/", orders.order_state, name="order-state"),
    path("orders/<slug:token>/pay/", orders.order_pay, name="order-pay"),
    path("orders/<slug:token>/billing/", billing, name="order-billing"),
    path("orders/<slug:token>/card/", order_card, name="order-card"),
    path("orders/<slug:token>/cancel/", orders.order_cancel, name="order-cancel"),
    path("orders/<slug:token>/claim/", orders.order_claim, name="order-claim"),
    path("orders/<slug:token>/mail/", orders.order_mail, name="order-mail"),
    path("orders/<slug:token>/proof/", orders.order_proof, name="order-proof"),
    path("orders/<slug:token>/withdraw/", withdraw, name="order-withdraw"),
    path("orders/<slug:token>/documents/zip/<slug:form>/", papers.order_papers_zip, name="order-papers-zip"),
    path("orders/<slug:token>/pro-forma/", papers.pro_forma, name="order-pro-forma"),
    path("orders/<slug:token>/documents/<int:document_id>/<slug:form>/", papers.paper_file, name="order-paper"),
    path("orders/<slug:token>/give-back/", cancel, name="order-give-back"),
    path("orders/<slug:token>/move/", orders.order_move, name="order-move"),
    path("phone-orders/<slug:token>/", phone_orders.phone_order, name="phone-order"),
    path("account/<int:number>/orders/", orders.my_orders, name="account-orders"),
    path("pay/<slug:token>/", requests.pay_link, name="pay-link"),
    path("pay/<slug:token>/receipts/<int:receipt_id>/", pay_link_receipt, name="pay-link-receipt"),
    path("account/<int:number>/money/", requests.money, name="account-money"),
    path("account/<int:number>/documents/", papers.account_papers, name="account-documents"),
    path("account/<int:number>/documents/zip/<slug:form>/", papers.account_papers_zip, name="account-documents-zip"),
    path("account/<int:number>/endings/renew/", renew, name="account-renew"),
    path("account/<int:number>/from-list/", from_list, name="account-from-list"),
    path("account/<int:number>/more/<str:code>/", more.more, name="account-more"),
]
