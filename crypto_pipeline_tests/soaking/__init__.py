"""The parts of the long test: disturbed loads, the fault matrix, limits at full scale, kills."""
