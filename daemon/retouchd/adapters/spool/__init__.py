"""The spool: answers are made durable here, whatever they are, before anything else is done with them."""
