"""Reconciliation: pure functions of the model, per engagement; one question each."""
