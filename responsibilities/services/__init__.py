"""Every write. Keyword-only functions that take `actor`, check, change and append one event."""
