"""What an operator may do for the people his customer account looks after."""
