"""What is asked in the account area."""
