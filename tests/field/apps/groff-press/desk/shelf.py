def shelf(books):
    """The widest book first."""
    return sorted(books, key=lambda book: -book["width"])
