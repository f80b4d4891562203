"""The state machine behind `test_any_sequence.py`: acts of customers, merchants, banks and clocks, in any order.

Everything goes through the real services; jobs run as a worker runs them, at the machine's own time. After each step
the rules of the shop hold, and a step that was refused has changed nothing.

`machine.py` puts the machine together, `frame.py` holds a step and the checks after it, `world.py` the things sold and
the people, `choices.py` the strategies, and `rules.py` the rules. The other modules hold the steps, by area.
"""
