"""A stand-in of GitHub: REST and GraphQL over the state that a JSON document describes (see `sandbox.github.state`)."""
