"""The outbox and the filing folders: publishing without clobbering, moving without losing."""
