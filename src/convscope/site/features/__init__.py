"""Idea 3 on the pages and in the report: what each unit answers to.

``documents/features.json`` is the document of the command, and for each layer of which units were
measured ``documents/features-NNNN.json`` holds everything found of each of them; NNNN is the
layer's place in the network's document, in four digits. From these come

``data/features.json``
    the document without its units, and where each layer's sheets of pictures are;
``data/features-samples.json``
    the samples that some unit shows;
``data/features-NNNN.json``
    what the grid of a layer needs, as columns: one value a unit;
``data/features-NNNN-KK.json``
    everything about units 32 KK to 32 KK + 31, in four digits; a kernel in 127ths of its own largest
    weight, as it is drawn.

So a page loads what it shows: the overview a few kilobytes, a grid its columns and one sheet, a
unit's page its part of 32.
"""
