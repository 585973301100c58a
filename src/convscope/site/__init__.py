"""How an atlas is shown: pages, charts, and the one-file report.

``build(atlas)`` writes ``index.html``, ``assets/`` and ``data/`` beside the atlas, so that
any web server can serve the folder; ``report(atlas, out)`` writes one self-contained file.
Neither measures anything: what is shown is read from the atlas, from these documents. All but
``network`` may be absent; a page that misses something says what would measure it.

``documents/network.json``, beside the head that every document has::

    {"input": [C, *S], "mean": [..] | null, "std": [..] | null, "dtype": "float32", "parameters": n,
     "classes": [name, ..] | null, "notes": [sentence, ..], "versions": {package: version},
     "device": "cpu", "command": what was typed | null,
     "layers": [every field of network.Layer but parameter_names, and "parameters"],
     "filters": null | {"layer": name, "shape": [C_out, C_in, *K], "shown": n, "values": base64}}

``layers`` are in the order in which they run. ``filters`` are those of the first convolution, where
its input is the network's own: the first ``shown`` (at most 64) of ``C_out``, little-endian float32
in C order.

``documents/data.json``::

    {"spec", "fingerprint", "kind": "image" | "sound" | "volume", "count": n,
     "shape": [C, *S] | null, "classes": [..] | null, "skipped": [[name, reason], ..],
     "skipped_count": n,
     "samples": [{"index", "name", "label": text | null, "shape": [C, *S],
                  "picture": path | null, "waveform": path | null, "sound": path | null,
                  "rate": hertz | null}]}

A sample is kept as the network sees it, at ``shape``. An image is a picture; a volume is a picture
too, its slices stacked downwards; a sound is a waveform (little-endian float32, one channel) and
the same as a ``.wav`` to play.

``documents/sharing.json`` and ``documents/receptive.json`` are those of the commands. In the
latter a layer's ``effective`` may also hold what its heat map needs::

    "unit": [index of the measured output, per axis],
    "start": [input coordinate of the map's first cell, per axis],
    "shape": [cells per axis], "picture": path

The picture is lossless and grey; its rows are the leading axes flattened (1-D: one row; 3-D: slices
stacked downwards); its brightness is ``255 * sqrt(energy / max)``, the gradient's magnitude. The
document may also hold ``"advice": [{"id", "title", "text", "layers": [name, ..], "macs"}]``.

``documents/features.json`` and those of its layers are described in ``convscope.site.features``.

Paths are relative to the atlas.
"""

from convscope.site.one_file import report
from convscope.site.pages import build

__all__ = ["build", "report"]
