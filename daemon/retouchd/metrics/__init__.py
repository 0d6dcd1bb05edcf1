"""Numbers for Prometheus, beside the service: what is gathered, how it is told, and to whom."""
