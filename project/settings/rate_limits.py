"""Rate limits of acts that cost others something. Shared by every way of running; tests and benchmarks lift ours.

In django-allauth's notation: times / time / whom, several rates with a comma between them. "60/10m/ip" is sixty times
in ten minutes by one network address a request comes from (see TRUST_PROXY), which an office or a school shares; of
IPv6 a /64 counts as one address, and a whole /48 may do eight times as much. "user"
is a person signed in, "key" is explained by the comment.
"""

# django-allauth's own pages, counted by allauth; "key" is the address typed, known or not. Pages not named keep
# allauth's defaults: 30 sign-ins a minute and ip, 10 failed ones; 5 failed ones in five minutes and address.
ACCOUNT_RATE_LIMITS = {
    # Each of these acts mails a code to the address that was typed.
    "signup": "20/m/ip,200/h/ip",
    "request_login_code": "20/m/ip,200/h/ip,3/m/key,10/h/key",
    "reset_password": "20/m/ip,200/h/ip,3/m/key,10/h/key",
    "confirm_email": "1/10s/key,10/h/key",
    "manage_email": "10/m/user,30/h/user",
}

# Signing in by passkey, each time two requests: nothing can be guessed there, but signatures take time to check.
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}

# Ours, asked of accounts.rate_limits.services.
RATE_LIMITS = {
    # Guesses at a mailed code, counted before they are compared; key: the browser's session and the code.
    "guess of a code": "3/h/key",
    # Forms of the sign-in, by wide networks of IPv6 (/48) alone: allauth counts by /64. Eight times as many.
    "sign-in form": "60/m/ip",
    # New carts of visitors, each a row and a session; what is added to a cart is not counted.
    "new cart": "60/10m/ip,600/d/ip",
    # Opening and using links of mails.
    "link": "60/10m/ip",
    # New links in place of dead ones, and the link to an order once more; key: the address mailed.
    "mail of a link": "4/h/key",
    # Mailed codes that prove the mailbox again, and attempts with one of them; key: the person, the code.
    "code again": "3/m/key,10/h/key",
    "guess of a code again": "3/h/key",
    # Codes that a visitor has mailed to prove an address; key: the network of whoever asks, and the address. Then
    # guesses; key: the code.
    "address code": "30/h/ip",
    "address code to address": "10/h/key",
    "guess of an address code": "5/h/key",
    # Codes that people have mailed to take a seat by a join link; a whole class sits in one network. Key: the network,
    # the link; the address is counted as above. Then join links and printed codes that there are not.
    "join code": "200/h/ip,1000/d/ip",
    "join code by link": "300/h/key,2000/d/key",
    "unknown join link": "60/10m/ip",
    # Codes that visitors have mailed to wait for a place; key: the network. Places that people ask for; key: the
    # person. Then addresses of places that there are not.
    "waiting code": "30/h/ip",
    "waiting place": "20/h/key",
    "unknown waiting place": "60/10m/ip",
    # Placing orders; key: the person, else the network address. Each placed order is mailed, cancelled or not.
    "order": "30/h/key,200/d/key",
    # Placing orders, too; key: each address a visitor typed, and a payer's address, typed by anybody.
    "order to address": "10/h/key,20/d/key",
    # Withdrawals from a contract, which mail an address that anybody types; key: the order.
    "withdrawal": "10/h/key",
    "cancelling": "20/h/key",
    # VAT numbers that visitors type and that VIES is asked about before there is an order.
    "VAT number": "20/h/ip,100/d/ip",
    # Choosing a way to pay, which mails instructions; key: the order.
    "payment method": "20/h/key",
    "pro-forma invoice": "10/h/key",
    # Corrections of an order's billing details; key: the order.
    "billing details": "20/h/key",
    "pay link": "20/h/key",
    # Receipts, which are printed each time; key: the part that was paid.
    "pay link receipt": "30/h/key",
    # Pay links that there are not.
    "unknown pay link": "60/10m/ip",
    # Forged notifications. Signed ones are neither counted nor stopped.
    "bad notification": "30/m/ip",
    # Links to calendars that are none, or none any more: programs go on asking for those that were ended.
    "bad calendar link": "60/10m/ip",
    # Wrong tokens shown to /metrics.
    "bad metrics token": "30/m/ip",
    # Reports of browsers about the content security policy, each a line in the logs.
    "policy report": "30/m/ip",
    # Mails that people have the shop send to others, whatever the account; key: the person, the network they work from,
    # the address mailed.
    "mail to others by person": "40/h/user,100/d/user",
    "mail to others by network": "60/h/ip,200/d/ip",
    "mail to others": "5/h/key,10/d/key",
    # The same while the account has paid for nothing.
    "mail before payment by person": "3/d/user",
    "mail before payment by network": "10/d/ip",
    # Addresses that people type into an account for others (invited, assigned a seat, put in place of another address),
    # each of which may tell that an address is known; key: the person, the account, the network they work from.
    "address by person": "20/h/user,60/d/user",
    "address by account": "40/h/key,120/d/key",
    "address by network": "60/h/ip,200/d/ip",
    # The same on a seat that nobody had before, of an account that has paid.
    "address on a paid seat by person": "1200/h/user,6000/d/user",
    "address on a paid seat by account": "2400/h/key,12000/d/key",
    "address on a paid seat by network": "2400/h/ip,12000/d/ip",
    # Invitations into an account; key: the account. Then those to one address; key: the account and the address.
    "member invitation": "40/h/key",
    "member invitation again": "1/10m/key",
    # Mails of an account to a person, whatever the cause; key: the two. Then mails that a person asks for again.
    "mail to person": "5/d/key",
    "mail to person again": "1/10m/key",
    # Requests for courses; key: the person who asks. Then the mails about them to an account's operators, whom its
    # overview tells of the others; key: the account.
    "request for a course": "10/h/key,20/d/key",
    "mail of a request": "20/d/key",
    # Wishes of operators, mailed to those who buy for their account; key: the operator, the account.
    "wish to buy by person": "5/h/key,10/d/key",
    "wish to buy by account": "20/d/key",
}
