"""Where work runs: here, or in one process per core."""

from convscope.engine.jobs import Workers, cores, run_jobs

__all__ = ["Workers", "cores", "run_jobs"]
