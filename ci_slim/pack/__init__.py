"""Packing: the kept programs and libraries of a slim image, made smaller by strip and UPX."""
