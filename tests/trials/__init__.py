"""Programs that try the library for as long as one likes; each has a test that runs it in short.

python -m tests.trials.chaos      # bursts, day, kill, soak
"""
