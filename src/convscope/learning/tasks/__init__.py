"""What is learned: planted signals, built tasks whose priors are known, and any labelled data."""

from convscope.learning.tasks.opening import TASKS, open_task, open_whole
from convscope.learning.tasks.task import Task, split

__all__ = ["TASKS", "Task", "open_task", "open_whole", "split"]
