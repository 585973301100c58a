"""One training: everything it depends on, and everything that is kept of it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import torch

from convscope.learning.twins import Twin

VERSION = 2
"""Of how a trial is trained: a change of it makes stored outcomes void."""


@dataclass(frozen=True)
class Trial:
    """What one training depends on, besides the task.

    Args:
        twin: the network.
        n: training samples.
        seed: fixes the subset, the batch order and the permutation, and with the net's name its first weights.
        condition: of the training samples.
        tested: conditions of the test that the trained network is asked under.
        lr: highest learning rate.
        weight_decay: of AdamW.
        steps: optimiser steps.
        batch: samples to a step, at most.
        threshold: the accuracy whose first passing is noted.
        on: what it is tested on: ``test``, or ``valid`` where a learning rate is being chosen.
        timeline: whether the network is kept as it was after 0, 1, 2, 4, ... steps.
    """

    twin: Twin
    n: int
    seed: int
    condition: str
    tested: tuple[str, ...]
    lr: float
    weight_decay: float
    steps: int
    batch: int
    threshold: float
    on: Literal["test", "valid"] = "test"
    timeline: bool = False

    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        facts = asdict(self)
        facts["twin"] = self.twin.described()
        return facts

    def key(self, task: str) -> str:
        """Return a hash of all that the outcome depends on.

        Args:
            task: the task's fingerprint.
        """
        whole = {
            "trial": self.facts(),
            "task": task,
            "version": VERSION,
            "torch": torch.__version__,
        }
        text = json.dumps(whole, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Answers:
    """What a trained network answers to the items of a test under one condition.

    Args:
        accuracy: share that is right.
        loss: mean cross-entropy, nats.
        steps_to_threshold: the first of 1, 2, 4, ... and all steps after which the threshold was passed on
            1,000 items, spread over the test; None where it never was.
        correct: for each item whether it is right.
    """

    accuracy: float
    loss: float
    steps_to_threshold: int | None
    correct: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True)
class Outcome:
    """What came of one trial.

    Args:
        train_accuracy: share of the training samples (2,048 of them at most) that are right in the end.
        parameters: of the network.
        answers: per condition of the test.
    """

    train_accuracy: float
    parameters: int
    answers: Mapping[str, Answers]

    def document(self) -> dict[str, Any]:
        """Return it as JSON can hold it; bits are packed, the first item highest, in base 64."""
        return {
            "train_accuracy": self.train_accuracy,
            "parameters": self.parameters,
            "answers": {
                condition: {
                    "accuracy": one.accuracy,
                    "loss": one.loss,
                    "steps_to_threshold": one.steps_to_threshold,
                    "items": len(one.correct),
                    "correct": base64.b64encode(np.packbits(one.correct).tobytes()).decode(),
                }
                for condition, one in self.answers.items()
            },
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Outcome":
        """Return what ``document`` gave."""
        answers = {}
        for condition, one in document["answers"].items():
            packed = np.frombuffer(base64.b64decode(one["correct"]), np.uint8)
            bits = np.unpackbits(packed, count=one["items"]).astype(bool)
            answers[condition] = Answers(
                one["accuracy"], one["loss"], one["steps_to_threshold"], bits
            )
        return cls(document["train_accuracy"], document["parameters"], answers)
