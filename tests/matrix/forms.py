"""Every form of the site that is posted: the object it was made from, and the state of the object that it showed.

The columns.
    made_from   the parameters of the address, or fields of the form, that name the object; several by commas
    shows       the fields that post back what the page showed of the object: its version, its state or its values; a
                change in between is then noticed and refused
A field ending in `*` stands for those that begin so: `quantity-*`. A `-` says that there is none, and the remark why.
A new address that takes a POST needs a line here, and a line without fields a reason.
"""

# The storefront, the account area, signing in, payments.
FORMS = """
                                     made_from                shows
entry                                code                     -  # adds to one's own cart, overwrites nothing
media                                path                     -  # answers as to a GET
policy-report                        -                        -  # a browser's report, no form
set_language                         -                        -  # a cookie of the browser
cart                                 quantity-*               seen-*
checkout-units                       line,unit-*              quantity,made-*
checkout-details                     -                        -  # the browser has one cart; the review shows all again
checkout-review                      cart                     version,gross,contents
checkout-proof                       -                        -  # one's own browser: the code names the address
order-proof                          token                    -  # only an order not proved yet takes the mailed code
order-pay                            token                    -  # chooses how to pay; only an unpaid order takes it
order-card                           token                    -  # one card lives for an order
order-billing                        token                    made_from
order-pro-forma                      token                    -  # what says the same is made once
order-cancel                         token                    -  # only an unpaid order is cancelled
order-give-back                      token                    -  # posts the amount that it showed
order-withdraw                       token                    -  # one withdrawal is received for an order
order-claim                          token                    -  # only an unclaimed order is claimed
order-mail                           token                    -  # mails the order's address, changes nothing
pay-link                             token                    -  # posts the amount that it showed; nothing else is paid
phone-order                          token                    version,gross,contents
order-move                           token,account            -  # only an order just claimed is moved
payment-webhook                      provider                 -  # a provider's signed message, no form
sandbox-pay                          token                    -  # the page of a bank that is none, in development

account-profile                      -                        made_from  # the person's own, signed in
account-data-download                -                        -  # the person's own, changes nothing
account-erasure                      -                        -  # one's own address, typed; asked for once at a time
account-erasure-withdraw             -                        -  # one's own open request; a decided one stays
account-browsers-end                 -                        -  # ends the person's own sessions
account-browser-end                  session_id               -  # ends one of them, overwrites nothing
account-used-last                    page                     -  # does nothing
account-details                      number                   made_from
account-calendar-link                number                   shown
calendar-own                         -                        shown
account-members                      number                   -  # invites, overwrites nothing
account-notices                      number                   -  # one's own: each button says what it turns on or off
account-leave                        number                   shown
account-member                       number,membership_id     shown
account-member-remove                number,membership_id     shown
account-member-transfer              number,membership_id     shown
account-member-withdraw              number,invitation_id     -  # an invitation sent anew is another one
account-seats-many                   number                   seen
account-people-chosen                number                   -  # leads on to the page about an act
account-people-many                  number                   seen
account-seat                         number,seat_id           -  # shown by free seats, obeyed by free seats
account-seat-release                 number,seat_id           seen
account-seat-move                    number,seat_id           seen
account-seat-replace                 number,seat_id           seats
account-person                       number,delegation_id         seen
account-person-mail                  number,delegation_id         email
account-people-team                  number                       people  # each person ticked
account-member-limits                number,membership_id         seen
account-teams                        number                       -  # makes a new team, overwrites nothing
account-team                         number,team_id               seen
account-team-seats                   number,team_id               -  # moves so many free seats, or none
account-team-remove                  number,team_id               -  # its people and seats stay
account-person-detach                number,delegation_id         -  # refused while anything of theirs stands
account-person-replace               number,delegation_id         seats
account-renew                        number                   -  # adds to one's own cart, overwrites nothing
account-list-new                     number,source,corrects   version
account-list-row                     number,list_id,line      version
account-list-judge                   number,list_id           -  # looks at a draft again, overwrites nothing typed
account-list-start                   number,list_id           version
account-list-discard                 number,list_id           version
account-from-list                    number,entry,people      seen
account-more                         number,code              -  # adds to one's own cart, or mails those who buy
account-join-link-new                number,source            -  # makes a link, overwrites nothing
account-join-link-code                number,link_id           -  # withdrawing again changes nothing
account-join-link-revoke             number,link_id           -  # withdrawing again changes nothing
wait                                 short_name               -  # joins, overwrites nothing
waiting-code                         -                        -  # one's own browser: the code names the address
waiting-place                        token                    -  # only an open place is left
account-waiting                      number                   -  # joins; only an open place is left
join                                 code                     -  # leads to the code's page, changes nothing
join-link                            token                    -  # mails a code, takes nothing
join-code                            token                    -  # only a link that is open takes the mailed code
account-request                      number,request_id        -  # only an open request is answered
my-requests                          -                        -  # adds a request, or withdraws one's own open one
learn-leave                          short_name               -  # posts the seats that it showed
learn-enter                          short_name               -  # entering again changes nothing

notice-stop                          token                    -  # turns off for good, a second time too
address-link                         token                    -  # used up by the first use
address-link-again                   token                    -  # mails a link, changes no object
account_login                        -                        -  # one's own access: whoever is signing in
account_signup                       -                        -  # one's own access
account_logout                       -                        -  # one's own access
account_request_login_code           -                        -  # one's own access
account_confirm_login_code           -                        -  # one's own access: the code names the sign-in
account_reset_password               -                        -  # one's own access
account_confirm_password_reset_code  -                        -  # one's own access: the code names the sign-in
account_complete_password_reset      -                        -  # one's own access
account_email_verification_sent      -                        -  # one's own access: the code names the address
account_reauthenticate               -                        -  # one's own access
account_reauthenticate_by_code       -                        -  # one's own access
account_email                        -                        -  # one's own access: counts once the address is proved
account_change_password              -                        -  # one's own access: the old password is typed
account_set_password                 -                        -  # one's own access
mfa_authenticate                     -                        -  # one's own access
mfa_reauthenticate                   -                        -  # one's own access
mfa_activate_totp                    -                        -  # one's own access: a code of the secret shown
mfa_deactivate_totp                  -                        -  # one's own access
mfa_generate_recovery_codes          -                        -  # one's own access
mfa_download_recovery_codes          -                        -  # answers as to a GET
mfa_add_webauthn                     -                        -  # one's own access
mfa_edit_webauthn                    pk                       -  # one's own access: a name, read by nobody else
mfa_remove_webauthn                  pk                       -  # one's own access
mfa_reauthenticate_webauthn          -                        -  # one's own access
mfa_login_webauthn                   -                        -  # one's own access
"""

# The administration's own pages and buttons.
ADMIN_FORMS = """
                                     made_from                shows
admin:index                          -                        -  # answers as to a GET
admin:login                          -                        -  # one's own access
admin:logout                         -                        -  # one's own access
admin:password_change                -                        -  # leads to the shop's own page
admin:password_change_done           -                        -  # leads to the shop's own page
admin:search                         -                        -  # answers as to a GET
admin:view_on_site                   object_id                -  # answers as to a GET
admin:app_list                       app_label                -  # answers as to a GET
admin/(?P<url>.*)$                   url                      -  # answers as to a GET
admin:shop_order_payment             order_id                 -  # the amount typed must be the one that is owed
admin:shop_order_plan                order_id                 -  # only what is wholly open is divided
admin:shop_order_payer               order_id                 -  # the amount typed must be one that is owed
admin:shop_order_together            order_id                 -  # the sum posted must be the one that waits
admin:shop_order_promise             order_id                 -  # only what is still open is covered
admin:shop_account_terms             account_id               -  # posts the terms that it showed
admin:shop_order_cancel              order_id                 -  # only an unpaid order is cancelled
admin:shop_order_lift                order_id                 -  # only an order withdrawn from goes on
admin:shop_order_go_on               order_id                 -  # only an order frozen for a dispute goes on
admin:shop_order_retry               order_id,line_id         -  # only a failed line is delivered again
admin:shop_order_give_back           order_id,line_id         -  # a unit is given back once
admin:shop_order_pay_back            order_id                 -  # posts the amount it showed as owed
admin:shop_order_give_back_all       order_id                 -  # posts the units that it showed
admin:shop_order_give_back_tutors    order_id                 -  # posts the units that it showed
admin:shop_order_send_back           order_id                 -  # posts the amount it showed as owed
admin:shop_order_owed_again          order_id                 -  # only what was noted as paid back
admin:shop_order_missing_papers      order_id                 made_from
admin:shop_order_pro_forma           order_id                 -  # what says the same is made once
admin:shop_order_correct_document    order_id,document_id     -  # posts the amount it showed as left
admin:shop_order_units               order_id,line_id         -  # answers as to a GET
admin:shop_legaltext_publish         text_id                  -  # the text as stored; its form carries its values
admin:shop_order_note                order_id                 -  # adds a note, overwrites nothing
admin:shop_account_note              account_id               -  # adds a note, overwrites nothing
admin:shop_order_billing             order_id                 made_from
admin:shop_phoneorder_lines          pk                       seen-*
admin:shop_phoneorder_units          pk,line_id               made-*
admin:shop_phoneorder_customer       pk                       seen
admin:shop_phoneorder_send           pk                       -  # mails the way to the order as it stands then
admin:shop_phoneorder_accepted       pk                       version,gross,contents
admin:shop_phoneorder_discard        pk                       -  # refused once it is placed
admin:shop_platformsettings_check    settings_id              -  # calls the platform, overwrites nothing
admin:shop_platformsettings_remove   settings_id              -  # keys saved since are not removed
admin:shop_providersettings_check    settings_id              -  # calls the provider, overwrites nothing
admin:shop_providersettings_remove   settings_id              -  # keys saved since are not removed
admin:shop_legaltext_next            text_id                  -  # makes a new version, overwrites nothing
admin:shop_paymentevent_resolve      event_id                 -  # only an open event is noted
admin:shop_paymentevent_apply        event_id                 -  # only money that is open is given to an order
admin:shop_payment_charge_back       payment_id               left
admin:shop_payment_came_again        payment_id,charge_back_id -  # money comes again once
admin:shop_paymentevent_credit       event_id                 -  # only money that is open is kept
admin:shop_paymentevent_send_back    event_id                 -  # posts the amount it showed as unallocated
admin:shop_refund_arrived            refund_id                -  # only a transfer that is under way
admin:shop_refund_came_back          refund_id                -  # only a transfer that did not fail yet
admin:shop_secondchargerule_switch     -                        -  # names the state that it wants
admin:shop_transferfile_download     file_id                  -  # reads, changes nothing
admin:shop_transferfile_sent         file_id                  -  # only a file that nobody gave to the bank
admin:shop_transferfile_discard      file_id                  -  # only a file that nobody gave to the bank
admin:shop_account_send_credit       account_id               -  # posts the amount, refused beyond the credit
admin:shop_paymentevent_reopen       event_id                 -  # only a noted event is opened again
admin:catalog_course_choices         -                        -  # looks up, changes nothing
admin:catalog_entry_new              -                        -  # makes a new entry, overwrites nothing
admin:catalog_entry_try              entry_id                 -  # a trial leaves nothing behind
admin:catalog_entry_preview          entry_id                 -  # answers as to a GET
admin:catalog_entry_duplicate        entry_id                 -  # makes a new entry, overwrites nothing
admin:enrolments_course_enrol        course_id                -  # enrols, overwrites nothing
admin:enrolments_course_end          course_id,enrolment_id   -  # only the merchant's own enrolment ends
admin:enrolments_seatbatch_give      batch_id                 seen
admin:outbox_job_retry               job_id                   -  # a job done already is refused
admin:enrolments_seatbatch_lift_move_limit batch_id           -  # the same, however often it is pressed
admin:outbox_job_dismiss             job_id                   -  # only a job that gave up is dismissed
admin:shop_bankstatement_send        -                        -  # keeps a file, overwrites nothing
admin:shop_bankstatement_columns     statement_id             -  # the last word about columns counts
admin:shop_bankstatement_import      statement_id             -  # a file is imported once
admin:shop_bankstatement_discard     statement_id             -  # only a file that is not imported is discarded
admin:shop_duepart_pause             part_id                  -  # what is paused is not paused again
admin:shop_duepart_resume            part_id,pause_id         -  # a pause ends once
admin:shop_statementline_sure        -                        -  # a line is decided once
admin:shop_statementline_confirm     statement_line_id        -  # a line is decided once
admin:shop_statementline_payout      statement_line_id        -  # a line is decided once
admin:shop_statementline_keep        statement_line_id        -  # a line is decided once
admin:shop_statementline_fee         statement_line_id        -  # a line is decided once
admin:shop_statementline_aside       statement_line_id        -  # a line is decided once
admin:shop_shopidentity_preview      language                 -  # answers as to a GET
admin:documents_document_file        document_id              -  # answers as to a GET
admin:billing_closure_close          -                        -  # a day is closed once
admin:shop_bookexport_make           -                        -  # a form makes one export, however often it is posted
admin:shop_bookexport_download       export_id                -  # reads, changes nothing
admin:accounts_erasurerequest_erase  erasure_id               -  # a request is decided once
admin:accounts_erasurerequest_refuse erasure_id               -  # a request is decided once
admin:accounts_erasurerequest_note   user_id                  -  # asked for once at a time
admin:accounts_approval_approve      approval_id              -  # an act is decided once
admin:accounts_approval_decline      approval_id              -  # an act is decided once
admin:outbox_mail_body               mail_id                  -  # answers as to a GET
admin:outbox_mail_resend             mail_id                  -  # sends the mail named
admin:outbox_mail_dismiss            mail_id                  -  # only an unsent mail is dismissed
"""

# The change pages of the administration's models. Pages that add make a new row; those that delete name the row in
# their address; actions on a list name each row that was ticked.
CHANGED_MODELS = """
                          shows
accounts.addresslink      -  # nothing to edit
accounts.securityevent    -  # nothing to edit
accounts.erasurerequest   -  # nothing to edit
accounts.approval         -  # nothing to edit
accounts.customeraccount  made_from
accounts.delegation       -  # nothing to edit
accounts.user             made_from
auth.group                made_from
billing.chartaccount      made_from
billing.closure           -  # nothing to edit
billing.ledgerentry       -  # nothing to edit
catalog.category          made_from
catalog.entry             version
catalog.tax               made_from
documents.numberformats   made_from
documents.document        -  # nothing to edit
enrolments.course         made_from
enrolments.coursegroup    made_from
enrolments.enrolment      -  # nothing to edit
enrolments.peoplelist     -  # nothing to edit
enrolments.joinlink       -  # nothing to edit
enrolments.role           made_from
enrolments.seat           -  # nothing to edit
enrolments.seatbatch      -  # nothing to edit
enrolments.waitingplace   -  # nothing to edit
handlers.brokenhook       -  # nothing to edit
outbox.job                -  # nothing to edit
outbox.mail               -  # nothing to edit
shop.bankstatement        -  # nothing to edit
shop.bookexport           -  # nothing to edit
shop.statementline        -  # nothing to edit
shop.refund               -  # nothing to edit
shop.secondchargerule     -  # nothing to edit
shop.transferfile         -  # nothing to edit
shop.legaltext            made_from
shop.order                -  # nothing to edit
shop.phoneorder           -  # nothing to edit
shop.payment              -  # nothing to edit
shop.missingpaper         -  # nothing to edit
shop.duepart              -  # nothing to edit
shop.documentsending      -  # nothing to edit
shop.platformsettings     made_from
shop.paymentattempt       -  # nothing to edit
shop.paymentplan          made_from
shop.paymentevent         -  # nothing to edit
shop.shopidentity         made_from
shop.providersettings     made_from
"""
