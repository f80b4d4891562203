"""Faults that no signal from outside can produce; an application that only the settings of these trials install."""
