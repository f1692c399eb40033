"""The seeded portfolio: a truth written first, then rendered for the stand-ins; shares nothing with the product."""
