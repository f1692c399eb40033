"""The long proofs (`benchmarks.soak`), the measurements (`python -m benchmarks`), and the figures in the README."""
