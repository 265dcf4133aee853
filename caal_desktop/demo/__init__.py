"""An OpenRouter-like server on loopback, for `--demo`, the tests and the benchmarks."""
