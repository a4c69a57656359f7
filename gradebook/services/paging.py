"""Long lists are shown a page at a time."""


def placed(page: int, total: int, size: int) -> tuple[int, int]:
    """Which page is shown where this one was asked for, and how many there are; at least one, also of nothing."""
    pages = max(1, -(-total // size))
    return min(max(1, page), pages), pages
