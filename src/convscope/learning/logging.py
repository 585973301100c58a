"""Runs of a study handed to a tracker that the user has: TensorBoard or MLflow."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from convscope.errors import SpecError
from convscope.learning.record import Run
from convscope.learning.study import Study


def tracker(to: str) -> Callable[[Study], Exception | None]:
    """Return what hands every run of a study to a tracker: asked for before hours of training, called after them.

    It returns what the tracker raised, if it did.

    Args:
        to: ``tensorboard:FOLDER`` or ``mlflow:URI`` (a folder, or the address of a server).

    Raises:
        SpecError: ``to`` is something else, or the tracker is not installed.
    """
    kind, _, place = to.partition(":")
    if kind not in _TRACKERS or not place:
        raise SpecError(
            f"Runs cannot be logged to {to!r}. Expected tensorboard:FOLDER or mlflow:URI."
        )
    module, package, log = _TRACKERS[kind]
    try:
        there = import_module(module)
    except ImportError as reason:
        raise SpecError(
            f"{kind} is not installed ({reason}). Type: pip install {package}"
        ) from reason
    return partial(_log, partial(log, there, place))


def _log(log: Callable[[Study, Run], None], done: Study) -> Exception | None:
    try:
        for run in done.runs:
            log(done, run)
    except Exception as reason:
        return reason
    return None


def _name(run: Run) -> str:
    return f"{run.net} {run.condition} n={run.n} seed={run.seed}"


def _settings(done: Study, run: Run) -> dict[str, Any]:
    names = ("net", "n", "seed", "condition", "lr", "weight_decay", "steps", "parameters")
    return {"task": done.task, **{name: getattr(run, name) for name in names}}


def _values(run: Run) -> dict[str, float]:
    values: dict[str, float] = {"accuracy": run.accuracy, "train_accuracy": run.train_accuracy}
    if run.steps_to_threshold is not None:
        values["steps_to_threshold"] = float(run.steps_to_threshold)
    return values


def _tensorboard(tracker: Any, place: str, done: Study, run: Run) -> None:
    with tracker.SummaryWriter(place) as writer:
        writer.add_hparams(
            _settings(done, run), _values(run), run_name=_name(run).replace(":", "-")
        )


def _mlflow(tracker: Any, place: str, done: Study, run: Run) -> None:
    tracker.set_tracking_uri(place)
    tracker.set_experiment(f"convscope {done.task}")
    with tracker.start_run(run_name=_name(run)):
        tracker.log_params(_settings(done, run))
        tracker.log_metrics(_values(run))


_TRACKERS = {
    "tensorboard": ("torch.utils.tensorboard", "tensorboard", _tensorboard),
    "mlflow": ("mlflow", "mlflow", _mlflow),
}
