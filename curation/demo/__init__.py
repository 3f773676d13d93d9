"""The original demo script, its gold scenes and notes."""
