"""Replies on their way to people: read from a model, handed on, watched, stored."""
