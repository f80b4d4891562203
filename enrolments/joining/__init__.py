"""Join links and printed codes: seats of an account that people take themselves, once their address is proved."""
