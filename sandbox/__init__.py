"""Stand-ins of the outside tools over real HTTP on loopback, with a seeded portfolio; imports nothing of the product."""
