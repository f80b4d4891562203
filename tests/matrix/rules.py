"""Permissions: every address of the site, and the outcome for each role that requests it.

The people. `owner`, `buyer`, `operator` and `accountant` are members of one customer account, each in that role alone;
`stranger` owns another account; `learner` has a seat of the first account and is no member; `visitor` has not signed
in. `staff` may sign in to the administration and has no permission there, `clerk` may view everything and change
nothing, `administrator` may do everything there; none of the three is a member of an account. Orders, seats, people and
the like named by an address belong to the first account. Forms are filled in right, so that rights decide.

The outcomes.
    page       the page is shown, and nothing has changed
    go         led to another page, and nothing has changed
    done       the request was obeyed: the shop's tables have changed
    refused    an answer 400, 409 or 422, and nothing has changed
    sign-in    led to the page for signing in
    403 404 405  forbidden · does not exist for this person · not by this method

A remark `own` says that people see or change their own things there, whatever the address names.

The columns. One named `customer` is tried as one of the six signed-in customers in turn: there they are all alike. A
line with one outcome holds for everybody, and is tried as visitor, one customer and administrator.
"""

CUSTOMERS = ("owner", "buyer", "operator", "accountant", "stranger", "learner")

# The storefront and the account area: buying, orders, seats and people.
SITE = """
                              visitor owner   buyer   operator accountant stranger learner staff   clerk   administrator
home                     GET  page
home                     POST 405
category                 GET  page
category                 POST 405
entry                    GET  page
entry                    POST done  # into one's own cart
picture                  GET  page
picture                  POST 405
legal                    GET  page
legal                    POST 405
media                    GET  page  # pictures of the catalogue
media                    POST page
security-txt             GET  page
security-txt             POST 405
metrics                  GET  404  # closed
metrics                  POST 405
policy-report            GET  405
policy-report            POST refused  # empty, and a browser's own
file-of-another-release  GET  404  # no file of any release
file-of-another-release  POST 405
set_language             GET  go
set_language             POST go  # a cookie

cart                     GET  page
cart                     POST go      done    done    done     done       done     done    done    done    done
checkout                 GET  go
checkout                 POST 405
checkout-units           GET  go  # no forms, no units
checkout-units           POST go
checkout-details         GET  go      page    page    page     page       page     page    page    page    page
checkout-details         POST go      done    done    go       go         go       go      go      go      go
checkout-review          GET  go  # to the details, which come first
checkout-review          POST go

checkout-proof           GET  go  # to the details, which come first
checkout-proof           POST go

order                    GET  sign-in page    page    404      page       404      404     404     page    page
order                    POST 405
order-state              GET  404     page    page    404      page       404      404     404     page    page
order-state              POST 405
order-pay                GET  405
order-pay                POST 404     done    done    404      done       404      404     404     404     404
order-card               GET  405
order-card               POST 404     go      go      404      go         404      404     404     404     404  # none
order-billing            GET  404     page    page    404      page       404      404     404     404     404
order-billing            POST 404     refused refused 404      refused    404      404     404     404     404  # issued
order-pro-forma          GET  405
order-pro-forma          POST 404     go      go      404      go         404      404     404     404     404
order-cancel             GET  405
order-cancel             POST 404     done    done    404      done       404      404     404     404     404
order-claim              GET  sign-in go      go      404      go         404      404     404     go      go
order-claim              POST sign-in go      go      404      go         404      404     404     go      go  # refused
order-mail               GET  405
order-mail               POST 404     go      go      404      go         404      404     404     go      go  # claimed
order-proof              GET  404     go      go      404      go         404      404     404     go      go  # claimed
order-proof              POST 404     go      go      404      go         404      404     404     go      go
order-withdraw           GET  404     404     404     404      404       404      404     404     404     404  # none
order-withdraw           POST 404     404     404     404      404       404      404     404     404     404
order-give-back          GET  sign-in 404     404     404      404        404      404     404     404     404
order-give-back          POST sign-in 404     404     404      404        404      404     404     404     404
order-paper              GET  404     page    page    404      page       404      404     404     404     404
order-paper              POST 405
order-papers-zip         GET  404     page    page    404      page       404      404     404     404     404
order-papers-zip         POST 405
order-move               GET  405
order-move               POST sign-in go      go      404      go         404      404     404     go      go  # refused

payment-return           GET  done  # see RETURN_PAGE
payment-return           POST 405
payment-webhook          GET  405
payment-webhook          POST refused  # see NOTIFICATION
pay-link                 GET  404   # no token of an order opens it, a mailed link alone
pay-link                 POST 404
pay-link-receipt         GET  404   # as above
pay-link-receipt         POST 405
phone-order              GET  page  # for whoever has the mailed link
phone-order              POST page  # the terms are not accepted
gocardless-page          GET  404   # no payment begun there has the key
gocardless-page          POST 405
lyra-pay                 GET  404   # no payment begun there has the key
lyra-pay                 POST 405
sandbox-pay              GET  page  # the bank's page, for whoever has its address
sandbox-pay              POST done

join                     GET  page
join                     POST go  # to the page of the code
join-done                GET  go  # nothing taken in this browser
join-done                POST 405
join-link                GET  page  # for whoever has the link or the code
join-link                POST done  # mails a code
join-code                GET  go  # nothing typed in this browser
join-code                POST go

wait                     GET  page  # for a full course
wait                     POST done  # mails a code, or joins
waiting-code             GET  go  # nothing typed in this browser
waiting-code             POST go
waiting-place            GET  page  # for whoever has the mailed address
waiting-place            POST done

account-home             GET  sign-in go      go      go      go         go       page    page    page    page
account-home             POST sign-in 405     405     405      405        405      405     405     405     405
account-profile          GET  sign-in page    page    page     page       page     page    page    page    page
account-profile          POST sign-in done    done    done     done       done     done    done    done    done  # own
account-data             GET  sign-in go      go      go       go         go       go      go      go      go  # a proof
account-data             POST sign-in 405     405     405      405        405      405     405     405     405
account-data-download    GET  sign-in 405     405     405      405        405      405     405     405     405
account-data-download    POST sign-in go      go      go       go         go       go      go      go      go  # a proof
account-erasure          GET  sign-in go      go      go       go         go       go      go      go      go  # a proof
account-erasure          POST sign-in go      go      go       go         go       go      go      go      go  # a proof
account-erasure-withdraw GET  sign-in 405     405     405      405        405      405     405     405     405
account-erasure-withdraw POST sign-in go      go      go       go         go       go      go      go      go  # none
account-browsers         GET  sign-in page    page    page     page       page     page    page    page    page
account-browsers         POST sign-in 405     405     405      405        405      405     405     405     405
account-browsers-end     GET  sign-in 405     405     405      405        405      405     405     405     405
account-browsers-end     POST sign-in  # their sessions are over
account-browser-end      GET  sign-in 405     405     405      405        405      405     405     405     405
account-browser-end      POST sign-in 404     404     404      404        404      404     404     404     404  # own
account-used-last        GET  sign-in go      go      go       go         go       go      go      go      go
account-used-last        POST sign-in go      go      go       go         go       go      go      go      go

account-overview         GET  sign-in page    page    page     page       404      404     404     404     404
account-overview         POST 405
account-orders           GET  sign-in page    page    404      page       404      404     404     404     404
account-orders           POST 405
account-money            GET  sign-in page    404     404      page       404      404     404     404     404
account-money            POST 405
account-documents        GET  sign-in page    page    404      page       404      404     404     404     404
account-documents        POST 405
account-documents-zip    GET  sign-in page    page    404      page       404      404     404     404     404
account-documents-zip    POST 405
account-details          GET  sign-in page    404     404      404        404      404     404     404     404
account-details          POST sign-in done    404     404      404        404      404     404     404     404
account-members          GET  sign-in page    404     404      404        404      404     404     404     404
account-members          POST sign-in done    404     404      404        404      404     404     404     404
account-history          GET  sign-in page    404     404      404        404      404     404     404     404
account-history          POST 405
account-notices          GET  sign-in page    page    page     page       404      404     404     404     404
account-notices          POST sign-in done    done    done     done       404      404     404     404     404
account-leave            GET  sign-in page    page    page     page       404      404     404     404     404
account-leave            POST sign-in go      done    done     done       404      404     404     404     404
account-member           GET  sign-in page    404     404      404        404      404     404     404     404
account-member           POST sign-in done    404     404      404        404      404     404     404     404
account-member-remove    GET  sign-in 405     404     404      404        404      404     404     404     404
account-member-remove    POST sign-in done    404     404      404        404      404     404     404     404
account-member-transfer  GET  sign-in 405     404     404      404        404      404     404     404     404
account-member-transfer  POST sign-in done    404     404      404        404      404     404     404     404
account-member-withdraw  GET  sign-in 405     404     404      404        404      404     404     404     404
account-member-withdraw  POST sign-in done    404     404      404        404      404     404     404     404

account-seats            GET  sign-in page    404     page     404        404      404     404     404     404
account-seats            POST 405
account-seat-counts      GET  sign-in page    404     page     404        404      404     404     404     404
account-seat-counts      POST 405
account-seats-many       GET  sign-in page    404     page     404        404      404     404     404     404
account-seats-many       POST sign-in done    404     done     404        404      404     404     404     404
account-runs             GET  sign-in page    404     page     404        404      404     404     404     404
account-runs             POST 405
account-run              GET  sign-in page    404     page     404        404      404     404     404     404
account-run              POST 405
account-run-state        GET  sign-in page    404     page     404        404      404     404     404     404
account-run-state        POST 405
account-run-result       GET  sign-in page    404     page     404        404      404     404     404     404
account-run-result       POST 405
account-people-chosen    GET  sign-in 405     404     405      404        404      404     404     404     404
account-people-chosen    POST sign-in go      404     go       404        404      404     404     404     404
account-people-many      GET  sign-in page    404     page     404        404      404     404     404     404
account-people-many      POST sign-in done    404     done     404        404      404     404     404     404
account-seat             GET  sign-in page    404     page     404        404      404     404     404     404
account-seat             POST sign-in done    404     done     404        404      404     404     404     404
account-seat-release     GET  sign-in page    404     page     404        404      404     404     404     404
account-seat-release     POST sign-in done    404     done     404        404      404     404     404     404
account-seat-move        GET  sign-in page    404     page     404        404      404     404     404     404
account-seat-move        POST sign-in done    404     done     404        404      404     404     404     404
account-seat-replace     GET  sign-in page    404     page     404        404      404     404     404     404
account-seat-replace     POST sign-in done    404     done     404        404      404     404     404     404
account-more             GET  sign-in page    page    page     404        404      404     404     404     404
account-more             POST sign-in done    done    done     404        404      404     404     404     404
account-from-list        GET  sign-in page    404     404      404        404      404     404     404     404
account-from-list        POST sign-in done    404     404      404        404      404     404     404     404
account-lists            GET  sign-in page    404     page     404        404      404     404     404     404
account-lists            POST 405
account-list-new         GET  sign-in page    404     page     404        404      404     404     404     404
account-list-new         POST sign-in done    404     done     404        404      404     404     404     404
account-list-template    GET  sign-in page    404     page     404        404      404     404     404     404
account-list-template    POST 405
account-list             GET  sign-in page    404     page     404        404      404     404     404     404
account-list             POST 405
account-list-state       GET  sign-in page    404     page     404        404      404     404     404     404
account-list-state       POST 405
account-list-result      GET  sign-in page    404     page     404        404      404     404     404     404
account-list-result      POST 405
account-list-row         GET  sign-in page    404     page     404        404      404     404     404     404
account-list-row         POST sign-in done    404     done     404        404      404     404     404     404
account-list-judge       GET  sign-in 405     404     405      404        404      404     404     404     404
account-list-judge       POST sign-in done    404     done     404        404      404     404     404     404
account-list-start       GET  sign-in 405     404     405      404        404      404     404     404     404
account-list-start       POST sign-in done    404     done     404        404      404     404     404     404
account-list-discard     GET  sign-in 405     404     405      404        404      404     404     404     404
account-list-discard     POST sign-in done    404     done     404        404      404     404     404     404
account-requests         GET  sign-in page    404     page     404        404      404     404     404     404
account-requests         POST 405
account-waiting          GET  sign-in page    404     page     404        404      404     404     404     404
account-waiting          POST sign-in done    404     done     404        404      404     404     404     404
account-request          GET  sign-in page    404     page     404        404      404     404     404     404
account-request          POST sign-in done    404     done     404        404      404     404     404     404
account-people           GET  sign-in page    404     page     404        404      404     404     404     404
account-people           POST 405
account-people-export    GET  sign-in page    404     page     404        404      404     404     404     404
account-people-export    POST 405
account-endings          GET  sign-in page    404     page     404        404      404     404     404     404
account-endings          POST 405
account-endings-export   GET  sign-in page    404     page     404        404      404     404     404     404
account-endings-export   POST 405
account-renew            GET  sign-in 405     405     404      404        404      404     404     404     404
account-renew            POST sign-in done    404     404      404        404      404     404     404     404
account-person           GET  sign-in page    404     page     404        404      404     404     404     404
account-person           POST sign-in done    404     done     404        404      404     404     404     404
account-person-mail      GET  sign-in 405     404     405      404        404      404     404     404     404
account-person-mail      POST sign-in done    404     done     404        404      404     404     404     404
account-person-detach    GET  sign-in 405     404     405      404        404      404     404     404     404
account-person-detach    POST sign-in go      404     go       404        404      404     404     404     404  # seated
account-people-team      GET  sign-in 405     404     405      404        404      404     404     404     404
account-people-team      POST sign-in done    404     done     404        404      404     404     404     404
account-member-limits    GET  sign-in page    404     404      404        404      404     404     404     404
account-member-limits    POST sign-in refused 404     404      404        404      404     404     404     404  # buyer
account-teams            GET  sign-in page    404     page     404        404      404     404     404     404
account-teams            POST sign-in done    404     done     404        404      404     404     404     404
account-team             GET  sign-in page    404     page     404        404      404     404     404     404
account-team             POST sign-in done    404     done     404        404      404     404     404     404
account-team-seats       GET  sign-in 405     404     405      404        404      404     404     404     404
account-team-seats       POST sign-in done    404     done     404        404      404     404     404     404
account-team-remove      GET  sign-in 405     404     405      404        404      404     404     404     404
account-team-remove      POST sign-in done    404     done     404        404      404     404     404     404
account-person-replace   GET  sign-in page    404     page     404        404      404     404     404     404
account-person-replace   POST sign-in done    404     done     404        404      404     404     404     404
account-sessions         GET  sign-in page    404     page     404        404      404     404     404     404
account-sessions         POST 405
account-join-links       GET  sign-in page    404     page     404        404      404     404     404     404
account-join-links       POST 405
account-join-link-new    GET  sign-in page    404     page     404        404      404     404     404     404
account-join-link-new    POST sign-in done    404     done     404        404      404     404     404     404
account-join-link        GET  sign-in page    404     page     404        404      404     404     404     404
account-join-link        POST 405
account-join-link-codes  GET  sign-in page    404     page     404        404      404     404     404     404
account-join-link-codes  POST 405
account-join-link-code   GET  sign-in 405     404     405      404        404      404     404     404     404
account-join-link-code   POST sign-in done    404     done     404        404      404     404     404     404
account-join-link-revoke GET  sign-in 405     404     405      404        404      404     404     404     404
account-join-link-revoke POST sign-in done    404     done     404        404      404     404     404     404
account-session          GET  sign-in page    404     page     404        404      404     404     404     404
account-session          POST 405
account-calendar         GET  sign-in page    404     page     404        404      404     404     404     404
account-calendar         POST 405
account-calendar-link    GET  sign-in 405     404     405      404        404      404     404     404     404
account-calendar-link    POST sign-in done    404     done     404        404      404     404     404     404
calendar-own             GET  sign-in page    page    page     page       page     page    page    page    page
calendar-own             POST sign-in done    done    done     done       done     done    done    done    done  # own
calendar-feed            GET  page  # whoever has the secret link
calendar-feed            POST 405

my-requests              GET  sign-in page    page    page     page       page     page    page    page    page
my-requests              POST sign-in refused refused refused refused refused done refused refused refused  # own

learn                    GET  sign-in page    page    page     page       page     page    page    page    page
learn                    POST 405
learn-course             GET  sign-in 404     404     page     404        404      page    404     404     404  # leads
learn-course             POST 405
learn-leave              GET  sign-in 404     404     page    404        404      page    404     404     404
learn-leave              POST sign-in 404     404     go      404        404      go      404     404     404
learn-enter              GET  sign-in 404     404     go       404        404      go      404     404     404
learn-enter              POST sign-in 404     404     done     404        404      done    404     404     404  # own
"""

# Signing in and one's own access, by allauth; and the links in mails. Nobody has a second factor here.
SIGN_IN = """
                                          visitor customer staff   administrator
account_login                        GET  page    go       go      go
account_login                        POST page    go       go      go  # the form is empty
account_signup                       GET  page    go       go      go
account_signup                       POST page    go       go      go
account_logout                       GET  go      page     page    page
account_logout                       POST go
account_inactive                     GET  page
account_inactive                     POST 405
account_request_login_code           GET  page    go       go      go
account_request_login_code           POST page    go       go      go
account_confirm_login_code           GET  go  # no code is awaited
account_confirm_login_code           POST go
account_reset_password               GET  page
account_reset_password               POST page
account_confirm_password_reset_code  GET  sign-in  # no code is awaited
account_confirm_password_reset_code  POST sign-in
account_complete_password_reset      GET  go
account_complete_password_reset      POST go
account_password_reset_completed     GET  page
account_password_reset_completed     POST 405
account_email_verification_sent      GET  sign-in go       go      go
account_email_verification_sent      POST sign-in go       go      go
account_reauthenticate               GET  sign-in page     page    page
account_reauthenticate               POST sign-in page     page    page
account_reauthenticate_by_code       GET  sign-in page     page    page
account_reauthenticate_by_code       POST sign-in page     page    page  # no code is awaited
account_email                        GET  sign-in page     page    page
account_email                        POST sign-in go       go      go
account_change_password              GET  sign-in page     page    page
account_change_password              POST sign-in page     page    page
account_set_password                 GET  sign-in go       go      go  # has one, may change it
account_set_password                 POST sign-in go       go      go
mfa_index                            GET  sign-in page     page    page
mfa_index                            POST sign-in 405      405     405
mfa_authenticate                     GET  sign-in go       go      go
mfa_authenticate                     POST sign-in go       go      go
mfa_reauthenticate                   GET  sign-in go       go      go
mfa_reauthenticate                   POST sign-in go       go      go
mfa_activate_totp                    GET  sign-in go       go      go  # to type the password again
mfa_activate_totp                    POST sign-in go       go      go
mfa_deactivate_totp                  GET  sign-in 404      404     404
mfa_deactivate_totp                  POST sign-in 404      404     404
mfa_view_recovery_codes              GET  sign-in 404      404     404
mfa_view_recovery_codes              POST sign-in 405      405     405
mfa_generate_recovery_codes          GET  sign-in go       go      go
mfa_generate_recovery_codes          POST sign-in go       go      go
mfa_download_recovery_codes          GET  sign-in 404      404     404
mfa_download_recovery_codes          POST sign-in 404      404     404
mfa_list_webauthn                    GET  sign-in page     page    page
mfa_list_webauthn                    POST sign-in 405      405     405
mfa_add_webauthn                     GET  sign-in go       go      go  # to type the password again
mfa_add_webauthn                     POST sign-in go       go      go
mfa_edit_webauthn                    GET  sign-in go       go      go
mfa_edit_webauthn                    POST sign-in go       go      go
mfa_remove_webauthn                  GET  sign-in go       go      go
mfa_remove_webauthn                  POST sign-in go       go      go
mfa_reauthenticate_webauthn          GET  sign-in go       go      go
mfa_reauthenticate_webauthn          POST sign-in go       go      go
mfa_login_webauthn                   GET  sign-in go       go      go
mfa_login_webauthn                   POST sign-in go       go      go  # no passkey is shown
notice-stop              GET  page  # for whoever has the mail
notice-stop              POST done
address-link                         GET  page    403      403     403  # somebody else's address
address-link                         POST done    403      403     403  # proves the address
address-link-again                   GET  405
address-link-again                   POST done  # mails the link's own address
accounts-welcome                     GET  sign-in page     page    page
accounts-welcome                     POST sign-in 405      405     405
accounts-second-factor               GET  sign-in page     page    page
accounts-second-factor               POST sign-in 405      405     405
"""

# The administration's own pages, and its buttons. The pages of its models follow.
ADMIN = """
                                         visitor customer staff   clerk   administrator
admin:index                         GET  sign-in sign-in  page    page    page
admin:index                         POST sign-in sign-in  page    page    page
admin:login                         GET  sign-in 403      go      go      go
admin:login                         POST sign-in 403      go      go      go
admin:logout                        GET  go      go       page    page    page
admin:logout                        POST go
admin:password_change               GET  sign-in sign-in  go      go      go  # to the shop's own page
admin:password_change               POST sign-in sign-in  go      go      go
admin:password_change_done          GET  sign-in sign-in  go      go      go
admin:password_change_done          POST sign-in sign-in  go      go      go
admin:search                        GET  sign-in sign-in  page    page    page  # finds what one may view
admin:search                        POST sign-in sign-in  page    page    page
admin:autocomplete                  GET  sign-in sign-in  403     page    page
admin:autocomplete                  POST sign-in sign-in  405     405     405
admin:jsi18n                        GET  sign-in sign-in  page    page    page
admin:jsi18n                        POST sign-in sign-in  405     405     405
admin:view_on_site                  GET  sign-in sign-in  404     404     404
admin:view_on_site                  POST sign-in sign-in  404     404     404
admin:app_list                      GET  sign-in sign-in  404     page    page
admin:app_list                      POST sign-in sign-in  404     page    page
admin/(?P<url>.*)$                  GET  sign-in sign-in  404     404     404
admin/(?P<url>.*)$                  POST sign-in sign-in  404     404     404

admin:shop_order_payment            GET  sign-in sign-in  403     403     page
admin:shop_order_payment            POST sign-in sign-in  403     403     done
admin:shop_order_plan               GET  sign-in sign-in  403     403     page
admin:shop_order_plan               POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_payer              GET  sign-in sign-in  403     403     page
admin:shop_order_payer              POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_together           GET  sign-in sign-in  405     405     405
admin:shop_order_together           POST sign-in sign-in  403     403     go             # no sum is posted
admin:shop_order_promise            GET  sign-in sign-in  403     403     page
admin:shop_order_promise            POST sign-in sign-in  403     403     done
admin:shop_account_terms            GET  sign-in sign-in  405     405     405
admin:shop_account_terms            POST sign-in sign-in  403     403     go             # the limit is empty
admin:shop_order_cancel             GET  sign-in sign-in  403     403     page
admin:shop_order_cancel             POST sign-in sign-in  403     403     done
admin:shop_order_lift               GET  sign-in sign-in  403     403     page
admin:shop_order_lift               POST sign-in sign-in  403     403     go  # nobody withdrew
admin:shop_order_go_on              GET  sign-in sign-in  403     403     page
admin:shop_order_go_on              POST sign-in sign-in  403     403     go  # nothing is disputed
admin:shop_order_retry              GET  sign-in sign-in  405     405     405
admin:shop_order_retry              POST sign-in sign-in  403     403     go  # the line has not failed
admin:shop_order_give_back          GET  sign-in sign-in  403     403     page
admin:shop_order_give_back          POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_pay_back           GET  sign-in sign-in  403     403     page
admin:shop_order_pay_back           POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_give_back_all      GET  sign-in sign-in  403     403     page
admin:shop_order_give_back_all      POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_give_back_tutors   GET  sign-in sign-in  403     403     page
admin:shop_order_give_back_tutors   POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_send_back          GET  sign-in sign-in  403     403     page
admin:shop_order_send_back          POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_owed_again         GET  sign-in sign-in  405     405     405
admin:shop_order_owed_again         POST sign-in sign-in  403     403     go             # nothing was paid back
admin:shop_order_note               GET  sign-in sign-in  405     405     405
admin:shop_order_note               POST sign-in sign-in  403     403     go             # the note is empty
admin:shop_account_note             GET  sign-in sign-in  405     405     405
admin:shop_account_note             POST sign-in sign-in  403     403     go             # the note is empty
admin:shop_order_billing            GET  sign-in sign-in  403     403     page
admin:shop_order_billing            POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_missing_papers     GET  sign-in sign-in  405     405     405
admin:shop_order_missing_papers     POST sign-in sign-in  403     403     go             # nothing is missing
admin:shop_order_pro_forma          GET  sign-in sign-in  405     405     405
admin:shop_order_pro_forma          POST sign-in sign-in  403     403     go
admin:shop_order_correct_document   GET  sign-in sign-in  403     403     page
admin:shop_order_correct_document   POST sign-in sign-in  403     403     page           # the form is empty
admin:shop_order_units              GET  sign-in sign-in  403     page    page
admin:shop_order_units              POST sign-in sign-in  403     page    page
admin:shop_phoneorder_lines         GET  sign-in sign-in  405     405     405
admin:shop_phoneorder_lines         POST sign-in sign-in  403     403     go  # nothing is typed
admin:shop_phoneorder_customer      GET  sign-in sign-in  405     405     405
admin:shop_phoneorder_customer      POST sign-in sign-in  403     403     page  # another version was shown
admin:shop_phoneorder_send          GET  sign-in sign-in  405     405     405
admin:shop_phoneorder_send          POST sign-in sign-in  403     403     done
admin:shop_phoneorder_accepted      GET  sign-in sign-in  405     405     405
admin:shop_phoneorder_accepted      POST sign-in sign-in  403     403     page  # the form is empty
admin:shop_phoneorder_discard       GET  sign-in sign-in  405     405     405
admin:shop_phoneorder_discard       POST sign-in sign-in  403     403     done
admin:shop_phoneorder_units         GET  sign-in sign-in  403     403     404  # the entry asks nothing
admin:shop_phoneorder_units         POST sign-in sign-in  403     403     404
admin:shop_legaltext_publish        GET  sign-in sign-in  403     403     page
admin:shop_legaltext_publish        POST sign-in sign-in  403     403     done
admin:shop_platformsettings_check    GET  sign-in sign-in  405     405     405
admin:shop_platformsettings_check    POST sign-in sign-in  403     403     go  # there are no keys to try
admin:shop_platformsettings_remove   GET  sign-in sign-in  405     405     405
admin:shop_platformsettings_remove   POST sign-in sign-in  403     403     go  # no keys are saved
admin:shop_providersettings_check    GET  sign-in sign-in  405     405     405
admin:shop_providersettings_check    POST sign-in sign-in  403     403     go  # there are no keys to try
admin:shop_providersettings_remove   GET  sign-in sign-in  405     405     405
admin:shop_providersettings_remove   POST sign-in sign-in  403     403     go  # no keys are saved
admin:shop_legaltext_next           GET  sign-in sign-in  405     405     405
admin:shop_legaltext_next           POST sign-in sign-in  403     403     done
admin:shop_paymentevent_apply    GET  sign-in sign-in  405     405     405
admin:shop_paymentevent_apply    POST sign-in sign-in  403     403     go  # no order is named
admin:shop_payment_charge_back   GET  sign-in sign-in  403     403     page
admin:shop_payment_charge_back   POST sign-in sign-in  403     403     done
admin:shop_payment_came_again    GET  sign-in sign-in  405     405     405
admin:shop_payment_came_again    POST sign-in sign-in  403     403     404  # nothing was noted
admin:shop_paymentevent_credit   GET  sign-in sign-in  405     405     405
admin:shop_paymentevent_credit   POST sign-in sign-in  403     403     done
admin:shop_paymentevent_resolve  GET  sign-in sign-in  405     405     405
admin:shop_paymentevent_resolve  POST sign-in sign-in  403     403     done
admin:shop_paymentevent_send_back   GET  sign-in sign-in  405     405     405
admin:shop_paymentevent_send_back   POST sign-in sign-in  403     403     refused  # no amount is named
admin:shop_refund_arrived           GET  sign-in sign-in  405     405     405
admin:shop_refund_arrived           POST sign-in sign-in  403     403     done
admin:shop_refund_came_back         GET  sign-in sign-in  405     405     405
admin:shop_refund_came_back         POST sign-in sign-in  403     403     go  # stands in a file
admin:shop_secondchargerule_switch  GET  sign-in sign-in  405     405     405
admin:shop_secondchargerule_switch  POST sign-in sign-in  403     403     done
admin:shop_transferfile_download    GET  sign-in sign-in  405     405     405
admin:shop_transferfile_download    POST sign-in sign-in  403     403     go  # the seller has no IBAN
admin:shop_transferfile_sent        GET  sign-in sign-in  405     405     405
admin:shop_transferfile_sent        POST sign-in sign-in  403     403     done
admin:shop_transferfile_discard     GET  sign-in sign-in  405     405     405
admin:shop_transferfile_discard     POST sign-in sign-in  403     403     done
admin:shop_account_send_credit      GET  sign-in sign-in  405     405     405
admin:shop_account_send_credit      POST sign-in sign-in  403     403     go  # no amount is named
admin:shop_paymentevent_reopen   GET  sign-in sign-in  405     405     405
admin:shop_paymentevent_reopen   POST sign-in sign-in  403     403     go
admin:catalog_course_choices        GET  sign-in sign-in  403     403     page
admin:catalog_course_choices        POST sign-in sign-in  403     403     page
admin:catalog_entry_new             GET  sign-in sign-in  403     403     page
admin:catalog_entry_new             POST sign-in sign-in  403     403     page  # the form is empty
admin:catalog_entry_try             GET  sign-in sign-in  403     403     page
admin:catalog_entry_try             POST sign-in sign-in  403     403     page  # a trial leaves nothing behind
admin:catalog_entry_preview         GET  sign-in sign-in  403     page    page
admin:catalog_entry_preview         POST sign-in sign-in  403     page    page
admin:catalog_entry_duplicate       GET  sign-in sign-in  405     405     405
admin:catalog_entry_duplicate       POST sign-in sign-in  403     403     done
admin:enrolments_course_enrol       GET  sign-in sign-in  403     403     page
admin:enrolments_course_enrol       POST sign-in sign-in  403     403     done
admin:enrolments_course_end         GET  sign-in sign-in  405     405     405
admin:enrolments_course_end         POST sign-in sign-in  403     403     done
admin:enrolments_seatbatch_give     GET  sign-in sign-in  403     403     page
admin:enrolments_seatbatch_give     POST sign-in sign-in  403     403     done
admin:outbox_job_retry              GET  sign-in sign-in  405     405     405
admin:outbox_job_retry              POST sign-in sign-in  403     403     done
admin:enrolments_seatbatch_lift_move_limit GET  sign-in sign-in  405 405   405
admin:enrolments_seatbatch_lift_move_limit POST sign-in sign-in  403 403   go  # its people can be moved at any time
admin:outbox_job_dismiss            GET  sign-in sign-in  405     405     405
admin:outbox_job_dismiss            POST sign-in sign-in  403     403     go  # the job has not given up
admin:shop_bankstatement_send        GET  sign-in sign-in  403     403     page
admin:shop_bankstatement_send        POST sign-in sign-in  403     403     page  # no file
admin:shop_bankstatement_columns     GET  sign-in sign-in  403     403     page
admin:shop_bankstatement_columns     POST sign-in sign-in  403     403     page  # nothing is chosen
admin:shop_bankstatement_import      GET  sign-in sign-in  405     405     405
admin:shop_bankstatement_import      POST sign-in sign-in  403     403     done
admin:shop_bankstatement_discard     GET  sign-in sign-in  405     405     405
admin:shop_bankstatement_discard     POST sign-in sign-in  403     403     done
admin:shop_statementline_sure        GET  sign-in sign-in  405     405     405
admin:shop_statementline_sure        POST sign-in sign-in  403     403     go  # no line is sure
admin:shop_statementline_confirm     GET  sign-in sign-in  405     405     405
admin:shop_statementline_confirm     POST sign-in sign-in  403     403     go  # no order is named
admin:shop_statementline_payout      GET  sign-in sign-in  405     405     405
admin:shop_statementline_payout      POST sign-in sign-in  403     403     go  # nobody is named
admin:shop_statementline_keep        GET  sign-in sign-in  405     405     405
admin:shop_statementline_keep        POST sign-in sign-in  403     403     done
admin:shop_statementline_fee         GET  sign-in sign-in  405     405     405
admin:shop_statementline_fee         POST sign-in sign-in  403     403     done
admin:shop_statementline_aside       GET  sign-in sign-in  405     405     405
admin:shop_statementline_aside       POST sign-in sign-in  403     403     go  # no reason is given
admin:shop_duepart_pause             GET  sign-in sign-in  405     405     405
admin:shop_duepart_pause             POST sign-in sign-in  403     403     go  # no reason is given
admin:shop_duepart_resume            GET  sign-in sign-in  405     405     405
admin:shop_duepart_resume            POST sign-in sign-in  403     403     done
admin:shop_shopidentity_preview      GET  sign-in sign-in  403     page    page
admin:shop_shopidentity_preview      POST sign-in sign-in  403     page    page
admin:documents_document_file        GET  sign-in sign-in  403     page    page
admin:documents_document_file        POST sign-in sign-in  403     page    page
admin:billing_closure_close          GET  sign-in sign-in  403     403     page
admin:billing_closure_close          POST sign-in sign-in  403     403     page  # no day is named
admin:shop_bookexport_make           GET  sign-in sign-in  403     403     page
admin:shop_bookexport_make           POST sign-in sign-in  403     403     page  # no period is named
admin:shop_bookexport_download       GET  sign-in sign-in  405     405     405
admin:shop_bookexport_download       POST sign-in sign-in  403     403     go  # the file is not made yet
admin:accounts_erasurerequest_erase  GET  sign-in sign-in  403     403     page
admin:accounts_erasurerequest_erase  POST sign-in sign-in  403     403     done
admin:accounts_erasurerequest_refuse GET  sign-in sign-in  403     403     page
admin:accounts_erasurerequest_refuse POST sign-in sign-in  403     403     done
admin:accounts_erasurerequest_note   GET  sign-in sign-in  403     403     405
admin:accounts_erasurerequest_note   POST sign-in sign-in  403     403     done
admin:accounts_approval_approve     GET  sign-in sign-in  405     405     405
admin:accounts_approval_approve     POST sign-in sign-in  403     go      go  # it is the administrator's own
admin:accounts_approval_decline     GET  sign-in sign-in  405     405     405
admin:accounts_approval_decline     POST sign-in sign-in  403     go      done
admin:outbox_mail_body              GET  sign-in sign-in  403     page    page
admin:outbox_mail_body              POST sign-in sign-in  403     page    page
admin:outbox_mail_resend            GET  sign-in sign-in  405     405     405
admin:outbox_mail_resend            POST sign-in sign-in  403     403     done
admin:outbox_mail_dismiss           GET  sign-in sign-in  405     405     405
admin:outbox_mail_dismiss           POST sign-in sign-in  403     403     go  # the mail has no job that gave up
"""

# The pages that Django makes for each model of the administration, as an administrator sees them; a row's history is
# such a page too. People outside the staff are led to sign in; `staff` is refused everywhere; `clerk` sees list, row
# and history as an administrator does, and is refused the rest.
MODELS = """
                          list add  row  delete
accounts.addresslink      page 403  page 403
accounts.erasurerequest   page 403  page 403
accounts.approval         page 403  page 403
accounts.customeraccount  page page page 403
accounts.delegation       page 403  page 403
accounts.securityevent    page 403  page 403
accounts.user             page page page 403
auth.group                page page page page
billing.chartaccount      page page page page
billing.closure           page 403  page 403
billing.ledgerentry       page 403  page 403
catalog.category          page page page page
catalog.entry             page page page page
catalog.tax               page page page page
documents.document        page 403  page 403
documents.numberformats   go   403  page 403
enrolments.course         page page page 403
enrolments.coursegroup    page page page 403
enrolments.enrolment      page 403  page 403
enrolments.peoplelist     page 403  page 403
enrolments.joinlink       page 403  page 403
enrolments.role           page page page 403  # a standing role
enrolments.seat           page 403  page 403
enrolments.seatbatch      page 403  page 403
enrolments.waitingplace   page 403  page 403
handlers.brokenhook       page 403  page page
outbox.job                page 403  page 403
outbox.mail               page 403  page 403
shop.bankstatement        page 403  page 403
shop.bookexport           page 403  page 403
shop.duepart              page 403  page 403
shop.documentsending      page 403  page 403
shop.platformsettings     page 403  page 403
shop.statementline        page 403  page 403
shop.missingpaper         page 403  page 403
shop.legaltext            page page page page
shop.order                page 403  page 403
shop.payment              page 403  page 403
shop.paymentattempt       page 403  page 403
shop.paymentplan          page page page 403
shop.paymentevent         page 403  page 403
shop.phoneorder           page page page 403
shop.refund               page 403  page 403
shop.secondchargerule     page 403  page 403
shop.transferfile         page 403  page 403
shop.shopidentity         go   403  page 403
shop.providersettings     page 403  page 403
"""

# Routed in development and tests alone.
DEVELOPMENT = """
                           visitor customer administrator
outbox:dev_mails      GET  page
outbox:dev_mails      POST 405
outbox:dev_mail       GET  404  # no such mail
outbox:dev_mail       POST 405
outbox:dev_mail_html  GET  404
outbox:dev_mail_html  POST 405
"""

# The two addresses that change something without the CSRF token of one of our own forms.
# RETURN_PAGE: a provider's redirect cannot be a POST. The page settles only payments that the provider itself, asked by
#   the server, confirms, and believes no parameter.
# NOTIFICATION: the provider's signature stands for the token; a message without one is not taken.
RETURN_PAGE = "payment-return"
NOTIFICATION = "payment-webhook"
# A browser writes by itself what a page was kept from; it is only logged.
BROWSERS_REPORT = "policy-report"

DEVELOPMENT_ONLY = {"outbox:dev_mails", "outbox:dev_mail", "outbox:dev_mail_html", "sandbox-pay"}
