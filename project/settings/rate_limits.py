"""How often one may do what costs others something. Shared by every way of running; tests and benchmarks lift ours.

"ip" is the network address a request comes from (see TRUST_PROXY), which an office or a school shares.
"""

# django-allauth's own pages, in its notation; "key" is the address typed, known or not. Unnamed ones keep its defaults:
# 30 sign-ins a minute and ip, 10 failed ones; 5 failed ones in five minutes and address.
ACCOUNT_RATE_LIMITS = {
    # Each of these mails a code to whatever address was typed.
    "signup": "20/m/ip,200/h/ip",
    "request_login_code": "20/m/ip,200/h/ip,3/m/key,10/h/key",
    "reset_password": "20/m/ip,200/h/ip,3/m/key,10/h/key",
    "confirm_email": "1/10s/key,10/h/key",
    "manage_email": "10/m/user,30/h/user",
}

HOUR = 60 * 60

# Ours: times and seconds, counted by accounts.rate_limits.services.
RATE_LIMITS: dict[str, tuple[tuple[int, int], ...]] = {
    # Opening and using links of mails; by ip.
    "link": ((60, 10 * 60),),
    # Placing orders: by person, else by ip. Each placed order is mailed, cancelled or not.
    "order": ((30, HOUR),),
    # The same by each address a visitor typed, and by a payer's address, whoever typed it.
    "order to address": ((10, HOUR),),
    # Choosing a way to pay, which mails instructions; by order.
    "payment method": ((20, HOUR),),
    # Invitations into an account; by account.
    "member invitation": ((40, HOUR),),
    # Notifications nobody signed; by ip.
    "bad notification": ((30, 60),),
}
