"""Connectors: each talks to one outside tool and knows nothing of the model or of the engine."""
