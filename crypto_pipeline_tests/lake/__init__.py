"""Tests of crypto_pipeline.lake."""
