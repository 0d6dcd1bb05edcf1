"""Its place alone matters: pytest lets every test import what stands beside it (durable.py)."""
