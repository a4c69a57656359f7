"""Who may do what: every decision, nowhere else."""
