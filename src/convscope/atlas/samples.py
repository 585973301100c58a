"""The data as an atlas keeps them: what they are, and a few samples as the network sees them.

A sample is fitted to the network's input first, so that what a person looks at is what the network
was given. Images and volumes become WebP (lossless where a pixel is worth seeing), sound becomes
a ``.wav`` to play and raw float32 to draw.
"""

import io
from typing import Any

import numpy as np
from PIL import Image

from convscope.data import Source, fit, spread
from convscope.errors import SpecError, WorkError

SHOWN = 12
_LOSSLESS_BELOW = 65  # pixels on the shorter side
_QUALITY = 90
PLAYABLE = 16_000  # hertz, for sound whose rate nobody told us
TALLEST = 16_383
"""Pixels along the longer side of a WebP picture, at most."""


def data_facts(source: Source) -> dict[str, Any]:
    """Return what the manifest says about the data."""
    return {
        "spec": source.spec,
        "fingerprint": source.fingerprint,
        "kind": source.kind,
        "count": len(source),
        "shape": source.shape,
    }


def data_document(
    source: Source, shape: tuple[int, ...]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the document of a data set, and the files of the samples it shows.

    Args:
        source: the data.
        shape: what the network takes, ``(C, *S)``; samples are fitted to it.

    Returns:
        The document, and the contents of its pictures by name.

    Raises:
        SpecError: the data do not fit the network.
        WorkError: not one sample could be read.
    """
    pictures: dict[str, bytes] = {}
    samples = []
    for index in chosen(source):
        try:
            sample = source[index]
        except WorkError:
            continue  # counted and named in source.skipped
        shown = thinned(fit(sample.array, shape))
        files = sample_files(f"sample-{index:06d}", shown, source)
        pictures |= dict(files.values())
        label = None if sample.label is None else class_name(source, sample.label)
        samples.append(
            {
                "index": index,
                "name": sample.name,
                "label": label,
                "shape": shown.shape,
                "rate": source.rate,
                **dict.fromkeys(("picture", "waveform", "sound")),
                **{kind: f"pictures/{name}" for kind, (name, _) in files.items()},
            }
        )
    if not samples:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in source.skipped[:3])
        raise WorkError(
            f"None of the samples of {source.spec!r} could be read ({reasons}). "
            "Give a folder with pictures that open, or another data set."
        )
    document = {
        **data_facts(source),
        "classes": source.classes,
        "notes": source.notes,
        "skipped": source.skipped[:100],
        "skipped_count": len(source.skipped),
        "samples": samples,
    }
    return document, pictures


def chosen(source: Source) -> list[int]:
    """Return a few indices, spread over the classes where there are any, over the length otherwise."""
    if source.labels is None:
        return spread(len(source), SHOWN).tolist()
    classes = np.unique(source.labels)
    chosen = classes[spread(len(classes), SHOWN)]
    each = -(-SHOWN // len(chosen))
    members = [np.flatnonzero(source.labels == label) for label in chosen]
    rounds = [part[k] for k in range(each) for part in members if k < len(part)]
    return sorted(int(index) for index in rounds[:SHOWN])


def class_name(source: Source, label: int) -> str:
    """Return the name of a class; its number where it has none."""
    names = source.classes
    return names[label] if names is not None and 0 <= label < len(names) else str(label)


def thinned(array: np.ndarray) -> np.ndarray:
    """Return a volume with as many slices as fit into one picture, evenly spaced; others as they are."""
    if array.ndim != 4:
        return array
    return array[:, spread(array.shape[1], TALLEST // array.shape[2])]


def sample_files(name: str, array: np.ndarray, source: Source) -> dict[str, tuple[str, bytes]]:
    """Return the files that show a fitted sample: ``{role: (name, content)}``.

    Args:
        name: what the files are called, without an ending.
        array: the sample, ``(C, *S)``.
        source: where it is from, for the rate of sound.

    Raises:
        SpecError: it has more axes than can be shown.
    """
    if array.ndim == 2:
        wave = array.mean(axis=0)
        rate = source.rate or PLAYABLE
        return {
            "waveform": (f"{name}.f32", wave.astype("<f4").tobytes()),
            "sound": (f"{name}.wav", wav(wave, rate)),
        }
    if array.ndim == 4:  # slices stacked downwards
        array = array.reshape(array.shape[0], -1, array.shape[-1])
    if array.ndim != 3:
        raise SpecError(
            f"Samples with {array.ndim - 1} axes cannot be shown. Give sound, images or volumes."
        )
    return {"picture": (f"{name}.webp", webp(array))}


def webp(array: np.ndarray, *, lossless: bool | None = None) -> bytes:
    """Return a WebP picture of an array.

    Args:
        array: ``(C, H, W)`` in [0, 1]; three channels are colours, any other number becomes grey.
        lossless: whether every pixel is kept as it is; None keeps it so in small pictures.
    """
    if array.shape[0] != 3:
        array = array.mean(axis=0, keepdims=True)
    levels = np.clip(np.rint(array * 255), 0, 255).astype(np.uint8)
    picture = Image.fromarray(levels[0] if len(levels) == 1 else levels.transpose(1, 2, 0))
    if lossless is None:
        lossless = min(picture.size) < _LOSSLESS_BELOW
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=lossless, quality=_QUALITY)
    return buffer.getvalue()


def wav(wave: np.ndarray, rate: int) -> bytes:
    """Return 16-bit mono sound, which every browser plays."""
    import soundfile

    buffer = io.BytesIO()
    peak = max(1.0, float(np.abs(wave).max(initial=0)))
    soundfile.write(buffer, wave / peak, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()
