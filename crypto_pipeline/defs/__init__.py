"""Dagster alone: assets, checks, dbt, schedules, sensors, resources.

Nothing here could be tested without Dagster: what could lives on a lower floor.
"""
