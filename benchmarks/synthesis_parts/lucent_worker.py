"""Make pictures with torch-lucent, in its own environment, one unit after the other as it is documented.

    python lucent_worker.py JOB.json

The objective is the unit at the middle position of its layer's map; picture, colours, transforms, optimiser
and step are Lucent's own defaults, but for the size: 224 pixels, which leaves out the upsampling of its 128.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from builders import SIZE, built
from lucent.optvis import objectives, param, render  # pyright: ignore[reportMissingImports]


def main() -> None:
    """Read the job, make the pictures, write them and the times."""
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    model = built(job["network"], job["weights"])
    layer = job["layer"].replace(".", "_")
    pictures, wall, busy = [], [], []
    for unit in job["units"]:
        torch.manual_seed(job["seed"])
        np.random.seed(job["seed"])  # noqa: NPY002 - what its transforms draw from
        began, used = time.perf_counter(), time.process_time()
        made = render.render_vis(
            model,
            objectives.neuron(layer, unit),
            param_f=lambda: param.image(SIZE),
            thresholds=(job["steps"],),
            progress=False,
            show_image=False,
        )
        wall.append(time.perf_counter() - began)
        busy.append(time.process_time() - used)
        pictures.append(made[-1][0].transpose(2, 0, 1))
    np.save(job["pictures"], np.stack(pictures).astype(np.float32))
    print(json.dumps({"wall_s": sum(wall), "busy_s": sum(busy), "made": len(job["units"])}))


if __name__ == "__main__":
    main()
