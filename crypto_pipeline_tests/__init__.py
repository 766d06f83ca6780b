"""Tests of crypto_pipeline, mirroring its packages; benchmarks, soak and foreign clients inside."""
