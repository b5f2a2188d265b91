"""Discord: one feature, one file; a leading underscore marks a helper."""
