"""Second floor: the loop that decides, the workers that do, and what they need as Protocols."""
