"""Changes one line of the package at random, many times, and counts how many of the changes some test notices.

Record once which test runs which line, then sample::

    python -m tests.mutation record
    python -m tests.mutation sample --count 120 --seed 1

The recording takes about twice as long as the tests. Each change is made in a copy of the tree, and only the tests that
run the changed line are asked, those of its own room first.
"""
