"""What the benchmark of priors needs besides convscope."""
