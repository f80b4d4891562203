"""Acts of the administration for which staff show their second factor again. Shared by every way of running.

One list: whoever adds an address that moves money, gives rights or hands data out adds its name here. One's own
factors, recovery codes and address are guarded by django-allauth's pages, under the same rule
(accounts/sign_in/step_up/proofs.py).
"""

# The age at which a proof no longer counts.
STEP_UP_MINUTES = 10

# Names of addresses, by POST; with a blank and a word, that action of a list alone.
STEP_UP_ACTS = {
    # Rights, and the factors of others
    "admin:accounts_user_change",
    "admin:accounts_user_changelist take_second_factor_away",
    "admin:auth_group_add",
    "admin:auth_group_change",
    "admin:auth_group_delete",
    "admin:auth_group_changelist delete_selected",
    # People who are gone for good
    "admin:accounts_erasurerequest_erase",
    "admin:accounts_erasurerequest_refuse",
    # Seats that somebody paid for
    "admin:enrolments_seatbatch_give",
    # What somebody else asked for
    "admin:accounts_approval_approve",
    # Money that came
    "admin:shop_order_payment",
    "admin:shop_order_promise",
    "admin:shop_order_plan",
    "admin:shop_order_payer",
    "admin:shop_order_together",
    "admin:shop_account_terms",
    "admin:shop_paymentevent_resolve",
    "admin:shop_paymentevent_reopen",
    "admin:shop_statementline_confirm",
    "admin:shop_statementline_sure",
    "admin:shop_statementline_payout",
    "admin:shop_statementline_keep",
    "admin:shop_statementline_fee",
    "admin:shop_statementline_aside",
    "admin:shop_paymentevent_apply",
    "admin:shop_paymentevent_credit",
    "admin:shop_paymentevent_send_back",
    "admin:shop_payment_charge_back",
    "admin:shop_payment_came_again",
    "admin:shop_paymentevent_changelist send_chosen_back",
    "admin:shop_secondchargerule_switch",
    # Money that goes back, and orders that end
    "admin:shop_order_cancel",
    "admin:shop_order_give_back",
    "admin:shop_order_give_back_all",
    "admin:shop_order_give_back_tutors",
    "admin:shop_order_pay_back",
    "admin:shop_order_send_back",
    "admin:shop_order_owed_again",
    "admin:shop_refund_changelist make_transfer_file",
    "admin:shop_account_send_credit",
    "admin:shop_refund_arrived",
    "admin:shop_refund_came_back",
    "admin:shop_transferfile_download",
    "admin:shop_transferfile_sent",
    "admin:shop_transferfile_discard",
    # Documents of many customers at once
    "admin:documents_document_changelist save_pdf",
    "admin:documents_document_changelist save_xml",
    "admin:documents_document_changelist save_ubl",
    # Documents that were wrong
    "admin:shop_order_correct_document",
    # Formats of their numbers
    "admin:documents_numberformats_change",
    # Books that nobody opens again, and their exports
    "admin:billing_closure_close",
    "admin:shop_bookexport_make",
    "admin:shop_bookexport_download",
    # The bank account that customers pay to
    "admin:shop_shopidentity_change",
    # The accounts at providers that customers pay to
    "admin:shop_providersettings_change",
    "admin:shop_providersettings_remove",
    "admin:shop_platformsettings_change",
    "admin:shop_platformsettings_remove",
}
