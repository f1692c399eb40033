"""How fast the stand-ins answer: one file a service with its `STAND_IN`, and the runner that they share."""
