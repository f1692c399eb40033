"""The command line: one file a group of commands. Only here do errors become sentences and exit codes."""
