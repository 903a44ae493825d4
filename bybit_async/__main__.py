"""``python -m bybit_async``: the command line."""

from bybit_async.cli import main

if __name__ == "__main__":
    main()
