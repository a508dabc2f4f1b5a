"""Demo data: a living workspace, a young one, and one of three parties. Never in production."""
