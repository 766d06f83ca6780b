"""The rules of the market, pure: ids, intervals and grids, records and their columns.

Nothing here does I/O, reads a clock or knows a library that does.
"""
