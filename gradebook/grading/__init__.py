"""How a grade is computed: pure functions over frozen values, standard library only."""
