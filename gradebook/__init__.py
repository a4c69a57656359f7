"""Gradebook: teachers enter scores, students see their grades, parents see them too and write to the teachers."""
