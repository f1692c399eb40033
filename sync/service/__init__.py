"""The program as a service: when to run, how to stop, and what it tells of itself."""
