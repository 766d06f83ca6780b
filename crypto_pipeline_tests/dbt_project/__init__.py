"""Tests of the dbt project: real dbt processes on real lakes."""
