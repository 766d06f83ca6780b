"""A user's own files: read, held against the same rules as what exchanges send, and landed."""
