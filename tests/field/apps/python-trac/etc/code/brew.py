def brew(minutes):
    """Wait for the tea."""
    return "tea" * minutes
