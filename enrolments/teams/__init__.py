"""Teams of an account at the desk: their pages, their people and seats, their quota."""
