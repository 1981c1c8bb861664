"""Speed, memory and size of Clarinet beside its peers, on the same work in one run: ``python -m benchmarks``."""
