"""Fetching a range of the past, writing it, judging what is there. Nothing here knows Dagster."""
