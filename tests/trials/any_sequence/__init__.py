"""The state machine behind `test_any_sequence.py`: what customers, merchants, banks and clocks do, in any order.

Everything goes through the real services; jobs run as a worker runs them, at the machine's own time. After each step
the rules of the shop hold, and a step that was refused has changed nothing.

`machine.py` puts it together, `frame.py` says what a step is and what is looked at after it, `world.py` where it takes
place, `choices.py` what is chosen from, and `rules.py` what has to hold. The others are the steps, by area.
"""
