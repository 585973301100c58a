"""Make the same pictures with convscope, many units at once as it is used.

python own_worker.py JOB.json
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from builders import MEAN, SIZE, STD, built

from convscope.data import open_source
from convscope.features.synthesis import Colours, synthesise
from convscope.network import Network
from convscope.receptive import receptive


def main() -> None:
    """Read the job, make the pictures, write them pasted on the mean colour, and the times."""
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    shape = (3, SIZE, SIZE)
    module = built(job["network"], job["weights"])
    net = Network(module, input=shape, mean=MEAN, std=STD, spec=job["network"])
    source = open_source(job["data"])
    colours = Colours.from_source(source, shape, seed=job["seed"])
    units = net.layer(job["layer"]).output[0]
    others = [unit for unit in range(units) if unit not in job["units"]]
    asked = [*job["units"], *others][: max(job["together"], len(job["units"]))]
    began, used = time.perf_counter(), time.process_time()
    made = synthesise(
        net,
        job["layer"],
        asked,
        colours=colours,
        natural_max=np.ones(units),
        steps=job["steps"],
        seed=job["seed"],
    )
    wall, busy = time.perf_counter() - began, time.process_time() - used
    canvas = colours.background.reshape(1, 3, 1, 1).float()
    pictures = canvas.expand(len(job["units"]), *shape).clone().numpy()
    for place, one in zip(pictures, made, strict=False):
        place[:, *(slice(first, end) for first, end in one.box)] = one.image
    np.save(job["pictures"], pictures)
    found = receptive(net)[net.layer(job["layer"]).name]
    field = max(found.local_size if any(found.is_global) else found.size)
    print(
        json.dumps(
            {
                "wall_s": wall,
                "busy_s": busy,
                "made": len(asked),
                "field": field,
                "steps": made[0].steps,
            }
        )
    )


if __name__ == "__main__":
    main()
