"""``python -m tests.stubs`` writes `blocking.pyi` after a public signature has changed."""

from tests.stubs.stub import STUB, Stub

if __name__ == "__main__":
    STUB.write_text(Stub().text())
