"""The configuration: TOML, validated as a whole before anything runs."""
