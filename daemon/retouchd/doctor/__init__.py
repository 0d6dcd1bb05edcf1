"""The doctor: looks at all that can keep photos from being edited. It changes nothing and sends no photo."""
