"""How fast the library is, beside its peers: ``python -m benchmarks [--quick] [--json FILE] [names...]``.

Every question is one module with a `run` function; its docstring says what is measured and how. Clients run in
processes of their own, pinned to one core, against a server on another core, and take turns within every round, so that
a machine that slows down slows all of them down. Figures are medians over the rounds; a ratio is the median of the
ratios within each round.
"""
