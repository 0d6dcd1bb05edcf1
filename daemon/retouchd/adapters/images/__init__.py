"""Pictures: the structure walk over PNG, JPEG and WebP files."""
