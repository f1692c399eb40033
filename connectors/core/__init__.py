"""What every connector shares: the port, the errors, the one transport, the registry, the conformance suite."""
