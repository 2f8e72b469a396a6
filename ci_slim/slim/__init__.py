"""From a fat image to a slim one: observe, close, write, replay."""
