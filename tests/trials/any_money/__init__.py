"""The state machine behind `test_any_money.py`: money of an account with two orders, in any order of events.

Two orders of one account are paid at Stripe's stand-in, by transfer, on credit, on account and by promise; in parts, by
several payers, late, twice, too much and too little; they end, are given back, and their money goes back or is taken
back by a bank. The stand-in's messages come late, twice, in any order, or never.

`machine.py` puts the machine together, `frame.py` holds a step and the checks after it, `rules.py` the rules that hold
after each step. The other modules hold the steps, by area.
"""
