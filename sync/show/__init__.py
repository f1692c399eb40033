"""Shows what the store holds: data for scripts, tables for people. Writes nothing."""
