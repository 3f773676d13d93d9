"""The training process: reads a job directory, trains, writes events and a result.

It imports no Django and nothing of the project but itself. Other code talks to it through
``training.trainer.files`` and ``training.trainer.spec``, which need neither torch nor Django.
"""
