"""A first look at a network: what sharing its weights saves, and what each of its units can see.

python examples/first_look.py                      # the built-in network
python examples/first_look.py torchvision:resnet18 # any other
"""

import sys

import convscope as cs


def main(spec: str = "demo") -> None:
    """Print both findings of a network, and what they say about each convolution."""
    net = cs.load(spec)
    print(net, end="\n\n")

    cost = cs.sharing(net)
    print(cost, end="\n\n")

    fields = cs.receptive(net)
    print(fields, end="\n\n")

    print(f"{'layer':28} {'weights':>10} {'if dense':>16} {'sees':>10} {'every':>6}")
    for layer in net.layers:
        if layer.kind == "conv":
            row, field = cost[layer.name], fields[layer.name]
            sees = " × ".join(map(str, field.local_size))
            print(
                f"{layer.name:28} {row.weights:10,} {row.dense_weights:16,} "
                f"{sees:>10} {field.stride[0]!s:>6}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:2])
