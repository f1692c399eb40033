"""Stand-ins of the outside tools over real HTTP, with a seeded portfolio; imports nothing of the product."""
