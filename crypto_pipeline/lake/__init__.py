"""DuckLake: attach, tables and their migrations, writing, maintenance, querying.

Market rules live in `domain/`; what a venue sends is read in `venues/`.
"""
