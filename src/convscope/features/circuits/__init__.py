"""How units feed each other: effective kernels, ranked links, and a check by ablation."""
