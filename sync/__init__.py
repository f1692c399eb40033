"""Decides, does, remembers: the program itself."""
