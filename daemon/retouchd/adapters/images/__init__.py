"""Pictures: the structure walk over their files, and the darkroom."""
