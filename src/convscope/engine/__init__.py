"""Where work runs: here, or in one process per core."""

from convscope.engine.jobs import cores, run_jobs

__all__ = ["cores", "run_jobs"]
