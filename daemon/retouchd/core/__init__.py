"""Ground floor: values and rules. No I/O, no clock, no randomness, no logging, no framework comes in here."""
