"""Ways on which messages leave, and what is remembered of them."""
