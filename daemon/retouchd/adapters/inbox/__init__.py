"""The inbox: scanning, watching, and the evidence that a file has completely arrived."""
