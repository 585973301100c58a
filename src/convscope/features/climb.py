"""The hierarchy score alone, of a network at any moment of its training."""

from convscope.data import Source
from convscope.features.chosen import default_layers
from convscope.features.concepts import Hierarchy, hierarchy, label
from convscope.features.exemplars import harvest
from convscope.features.settings import Settings
from convscope.features.tuning import tune
from convscope.network import Network
from convscope.receptive import receptive


def climb(net: Network, source: Source, settings: Settings | None = None) -> Hierarchy:
    """Return how the level of units' labels goes with depth, as ``features`` measures it.

    Without the untrained control, and without what else ``features`` finds: a tenth of the time.

    Args:
        net: the network.
        source: what it looks at.
        settings: how it is measured.
    """
    settings = settings or Settings()
    names = [layer.name for layer in default_layers(net)]
    fields = receptive(net)
    seen = harvest(net, source, names, k=settings.exemplars, limit=settings.samples)
    tunings = tune(
        net,
        names,
        fields={name: fields[name] for name in names},
        natural_max={name: seen[name].maximum for name in names},
        rate=source.rate,
    )
    labels = label(
        net,
        source,
        names,
        harvest=seen.layers,
        tunings=tunings,
        fields=fields,
        samples=settings.labelled,
        seed=settings.seed,
    )
    return hierarchy(labels, seed=settings.seed)
