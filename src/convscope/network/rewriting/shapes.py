"""Where the axes of a tensor are after a reshape."""


def axes_after_view(
    before: tuple[int, ...], after: tuple[int, ...], axes: tuple[int | None, ...]
) -> tuple[int | None, ...] | None:
    """Return the new places of some axes; None if one of them was merged with others or cut.

    An axis of one position has no place of its own in a reshape, and becomes None.

    Args:
        before: the shape.
        after: the new shape, of as many elements.
        axes: places counted from the end; None stays None.

    >>> axes_after_view((1, 6, 8, 9), (1, 2, 3, 8, 9), (-2, -1))
    (-2, -1)
    >>> axes_after_view((1, 6, 8, 9), (1, 432), (-2, -1)) is None
    True
    >>> axes_after_view((1, 6, 1, 1), (1, 6), (-2, -1))
    (None, None)
    """
    place: dict[int, int] = {}
    i = j = 0
    while i < len(before) and j < len(after):
        if before[i] == after[j]:
            place[i] = j
            i, j = i + 1, j + 1
        elif before[i] == 1:
            i += 1
        elif after[j] == 1:
            j += 1
        else:
            left, right = before[i], after[j]
            while left != right:
                if left < right:
                    i += 1
                    left *= before[i]
                else:
                    j += 1
                    right *= after[j]
            i, j = i + 1, j + 1
    found: list[int | None] = []
    for axis in axes:
        old = None if axis is None else axis % len(before)
        if old is None or before[old] == 1:
            found.append(None)
        elif old not in place:
            return None
        else:
            found.append(place[old] - len(after))
    return tuple(found)
