"""Idea 3 on the pages and in the report: what each unit answers to.

``documents/features.json`` is the document of the command. Of each layer it also holds ``index``
(the layer's place in the network's document), ``map``, ``field``, ``statuses`` (units by status),
``labels`` (``{"name", "level", "units"}``, most common first) and ``trust``; beside the layers it may
hold ``hierarchy``, ``precision`` (``{"mean", "labelled"}``), ``equivariant`` (``{"name", "layer",
"by", "units", "values"}``: units that differ in one parameter alone) and ``samples``, every sample
that some unit shows, by its index::

    {"name", "label", "shape": [C, *S], "picture": path | null, "waveform": path | null,
     "sound": path | null, "tile": [left, top, width, height] | null}

with ``tile`` the sample's place where the picture is a sheet of many.

``documents/features-NNNN.json``, for each layer of which units were looked at (NNNN is ``index`` in
four digits)::

    {"layer", "index", "units", "map", "field", "stride",
     "sheets": {"synthesis", "exemplars", "all", "maps"}, "detail": [unit, ..]}

A sheet is ``{"pictures": [path, ..], "per": tiles in one, "tile": [height, width], "columns"}`` or
null. ``synthesis`` and ``exemplars`` have a tile for each unit of ``detail``; ``all`` holds the
tiles that a unit's syntheses name, and ``maps`` those that its exemplars name: activation maps,
255 for the unit's natural maximum. A unit has the fields of the command's document, and ``deciles``,
``lows``, ``histogram`` (``edges``, ``share``), every synthesis, the curves of its tuning, the
kernels of its links, and ``group``, its place in ``equivariant``. Any of it may be null or absent.

From these come

``data/features.json``
    the document without its units, and where each layer's sheets are;
``data/features-samples.json``
    the samples;
``data/features-NNNN.json``
    what the grid of a layer needs, as columns: one value a unit;
``data/features-NNNN-KK.json``
    everything about units 32 KK to 32 KK + 31, in four digits; a kernel in 127ths of its own largest
    weight, as it is drawn.

So a page loads what it shows: the overview a few kilobytes, a grid its columns and one sheet, a
unit's page its part of 32.
"""
