"""The atlas: what was found, on disk. A folder that can be read without convscope."""

from convscope.atlas.reader import Atlas
from convscope.atlas.schema import Entry, Manifest, fingerprint
from convscope.atlas.writer import AtlasWriter

__all__ = ["Atlas", "AtlasWriter", "Entry", "Manifest", "fingerprint"]
