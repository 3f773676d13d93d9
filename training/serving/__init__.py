"""The model server: the OpenAI chat protocol over the models this project has trained.

A process of its own that imports no Django. It answers before torch is imported, loads models
when they are first asked for, and decodes for all who wait in one batch.
"""
