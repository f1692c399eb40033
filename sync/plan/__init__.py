"""Planning: model, findings and what the tools show now, turned into the writes that would be made. Pure."""
