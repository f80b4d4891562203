"""The door: how much, and for how long, the web server takes in before a request costs anything."""
