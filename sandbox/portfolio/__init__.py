"""The seeded portfolio: a truth written first, by code that shares nothing with the product, then rendered into the stand-ins' states."""
