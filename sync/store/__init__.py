"""The store: what syncline remembers, reached by a unit of work and named queries."""
